// Small archives in memory, for tests and fuzz targets.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "lang/zip/reader.h"
#include "lang/zip/records.h"

namespace dray::zip::testing {

// An archive in a string that outlives it.
class TextInput final : public Input {
 public:
  explicit TextInput(std::string_view text) : text_(text) {}
  ByteCount size() const override { return text_.size(); }
  Result<std::size_t> read_at(ByteCount offset, MutableBytes into) const override {
    if (offset >= text_.size()) return 0;
    auto length = std::min<std::size_t>(into.size(), text_.size() - offset);
    if (length) std::memcpy(into.data(), text_.data() + offset, length);
    return length;
  }

 private:
  std::string_view text_;
};

struct File {
  std::string name, content;
  Seconds modified{std::chrono::seconds(1'700'000'001)};
};

// An archive of stored files as our writer makes it.
inline std::string make_archive(const std::vector<File>& files) {
  std::string archive, directory;
  for (const auto& file : files) {
    Entry entry{file.name,           Method::stored,      crc32_of(bytes_of(file.content)),
                file.content.size(), file.content.size(), file.modified,
                archive.size()};
    append_local_header(entry, archive);
    archive += file.content;
    append_central_record(entry, directory);
  }
  EndOfArchive end{files.size(), archive.size(), directory.size()};
  archive += directory;
  append_end_records(end, archive);
  return archive;
}

}  // namespace dray::zip::testing
