// The place of every byte of one archive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "lang/zip/records.h"
#include "model/blobs/blob.h"
#include "pipeline/plan/plan.h"

namespace dray::pipeline {

struct PlacedEntry {
  std::string name;
  model::Blob content;  // nothing for a directory
  Seconds modified{};
  ByteCount local_offset = 0;
  ByteCount central_offset = 0;

  zip::Entry record() const {
    return {name, zip::Method::stored, content.crc32, content.size, content.size, modified, local_offset};
  }
  ByteCount data_offset() const { return local_offset + zip::local_header_size(record()); }
};

struct Layout {
  std::string name;
  std::vector<PlacedEntry> entries;
  zip::EndOfArchive end;
  ByteCount length = 0;
  Seconds last_modified{};  // of the newest file, and of every directory: the same entries give the same archive
};

// Pure. Code::invalid for an entry name beyond 65,535 bytes.
Result<Layout> lay_out(const PlannedArchive& archive, const Selection& selection);
json::object to_json(const Layout& layout);

}  // namespace dray::pipeline
