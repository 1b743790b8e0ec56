// Manifests for tests, as text and as values.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/fetching/manifest.h"

namespace dray::fetching {

struct TestEntry {
  std::string name;  // as it stands in JSON
  ByteCount offset = 0, size = 0;
  std::string content = {};  // for its SHA-256
};

inline std::string entry_text(const TestEntry& entry) {
  return fmt::format(
      R"({{"name":"{}","offset":{},"size":{},"crc32":"0a1b2c3d","sha256":"{}","modified":"2024-05-06T07:08:10Z"}})",
      entry.name, entry.offset, entry.size, sha256_of(bytes_of(entry.content)).hex());
}

inline std::string manifest_text(ByteCount size, const std::vector<TestEntry>& entries) {
  std::string list;
  for (const auto& entry : entries) list += (list.empty() ? "" : ",") + entry_text(entry);
  return fmt::format(R"({{"name":"shoot.zip","size":{},"etag":"\"tag\"","entryCount":{},"entries":[{}]}})", size,
                     entries.size(), list);
}

inline Manifest make_manifest(ByteCount size, const std::vector<TestEntry>& entries) {
  ManifestReader reader;
  EXPECT_TRUE(reader.read(manifest_text(size, entries)));
  auto manifest = reader.finish();
  EXPECT_TRUE(manifest);
  return *std::move(manifest);
}

}  // namespace dray::fetching
