#include "pipeline/layout/layout.h"

#include <fmt/format.h>

#include <algorithm>

namespace dray::pipeline {

Result<Layout> lay_out(const PlannedArchive& archive, const Selection& selection) {
  Layout layout;
  layout.name = archive.name;
  layout.entries.reserve(archive.entries.size());
  ByteCount offset = 0;
  for (const auto& planned : archive.entries) {
    if (planned.name.size() > 0xFFFF) {
      return Error{Code::invalid, fmt::format("the entry name {}... has {} bytes; a ZIP file takes 65535",
                                              planned.name.substr(0, 60), planned.name.size())};
    }
    PlacedEntry entry{planned.name, {}, {}, offset, 0};
    if (planned.entry != kDirectoryEntry) {
      const auto& selected = selection.entries[planned.entry];
      entry.content = selected.content;
      entry.modified = selected.modified;
    }
    offset += zip::local_header_size(entry.record()) + entry.content.size;
    layout.last_modified = std::max(layout.last_modified, entry.modified);
    layout.entries.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i < layout.entries.size(); ++i) {  // the time has no influence on any length
    if (archive.entries[i].entry == kDirectoryEntry) layout.entries[i].modified = layout.last_modified;
  }
  layout.end.central_offset = offset;
  for (auto& entry : layout.entries) {
    entry.central_offset = offset;
    offset += zip::central_record_size(entry.record());
  }
  layout.end.entry_count = layout.entries.size();
  layout.end.central_size = offset - layout.end.central_offset;
  layout.length = offset + zip::end_records_size(layout.end);
  return layout;
}

json::object to_json(const Layout& layout) {
  json::array entries;
  for (const auto& entry : layout.entries) {
    entries.push_back(json::object{{"name", entry.name},
                                   {"localOffset", entry.local_offset},
                                   {"dataOffset", entry.data_offset()},
                                   {"size", entry.content.size},
                                   {"crc32", fmt::format("{:08x}", entry.content.crc32)},
                                   {"sha256", entry.content.id.hex()},
                                   {"modified", format_utc(entry.modified)},
                                   {"centralOffset", entry.central_offset}});
  }
  return {{"name", layout.name},
          {"length", layout.length},
          {"entryCount", layout.end.entry_count},
          {"centralOffset", layout.end.central_offset},
          {"centralSize", layout.end.central_size},
          {"lastModified", format_utc(layout.last_modified)},
          {"entries", std::move(entries)}};
}

}  // namespace dray::pipeline
