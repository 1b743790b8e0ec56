// Every file that results from a request, and what is refused with its reason.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "model/assets/asset_repository.h"
#include "model/blobs/blob.h"
#include "model/downloads/download.h"
#include "model/people/access.h"
#include "pipeline/select/request.h"

namespace dray::pipeline {

struct SelectedEntry {
  std::int64_t asset_id = 0;
  AssetPath asset;
  std::string rendition = "original";
  std::size_t base = 0;  // asset.text() from here on is the path below the selection
  model::Blob content;
  std::string mime_type;
  Seconds modified{};

  std::string_view relative_path() const { return std::string_view(asset.text()).substr(base); }
};

struct SelectedFolder {
  AssetPath path;
  std::size_t base = 0;
  std::size_t before_entry = 0;  // its place among the entries

  std::string_view relative_path() const { return std::string_view(path.text()).substr(base); }
};

struct Selection {
  std::vector<SelectedEntry> entries;    // in archive order
  std::vector<SelectedFolder> folders;   // in archive order; only with keep_structure
  std::vector<model::Skipped> skipped;   // refused, by name
  std::vector<model::RightsTurn> turns;  // of the caller's rights below the targets
  std::uint64_t asset_count = 0;
  ByteCount total_size = 0;
  std::string suggested_name;  // of the archive: the folder's if the selection is one folder, else "assets"
};

// What a caller needs at an asset to get it with this request.
model::PrivilegeSet needed_privileges(const DownloadRequest& request);

// Resolves the request for the caller. Rights, sets and missing paths end in `skipped`; an Error is only a failing
// catalog.
Result<Selection> select(const DownloadRequest& request, const model::Caller& caller, const model::AccessRules& rules,
                         const model::AssetRepository& assets);
json::object to_json(const Selection& selection);

}  // namespace dray::pipeline
