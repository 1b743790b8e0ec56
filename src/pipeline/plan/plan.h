// What is delivered, in how many archives, under which names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "pipeline/select/selection.h"

namespace dray::pipeline {

struct Policy {
  ByteCount part_limit = 100'000'000'000;  // of a finished archive, headers included
};

inline constexpr std::uint32_t kDirectoryEntry = 0xFFFFFFFF;

struct PlannedEntry {
  std::string name;         // whole, as in the archive; a directory's ends in '/'
  std::uint32_t entry = 0;  // of Selection::entries, or kDirectoryEntry

  bool operator==(const PlannedEntry&) const = default;
};

struct PlannedArchive {
  std::string name;  // "shoot.zip", "shoot_2.zip"
  std::vector<PlannedEntry> entries;
};

struct Renamed {
  std::string from, to;

  bool operator==(const Renamed&) const = default;
};

enum class Delivery { nothing, file, archives };

struct Plan {
  Delivery delivery = Delivery::nothing;
  std::string file_name;                 // of the bare file; its content is the selection's only entry
  std::vector<PlannedArchive> archives;  // each complete in itself
  std::vector<Renamed> renamed;          // names that are not those of the assets
  std::vector<std::string> warnings;     // for people
};

// Pure. `selection` must outlive nothing: the plan refers to its entries by number.
Plan make_plan(const DownloadRequest& request, const Selection& selection, const Policy& policy);
json::object to_json(const Plan& plan, const Selection& selection);

// The archive's name without ".zip": as typed, without separators, control characters and a trailing ".zip"; where
// nothing is left, `fallback`, and "assets" as the last resort.
std::string make_archive_name(std::string_view typed, std::string_view fallback);

}  // namespace dray::pipeline
