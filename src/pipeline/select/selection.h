// Every file that results from a request, and what is refused with its reason.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/assets/asset_repository.h"
#include "model/blobs/blob.h"
#include "model/downloads/download.h"
#include "model/people/access.h"
#include "pipeline/select/obstacles.h"
#include "pipeline/select/request.h"

namespace dray::pipeline {

// What is made of every asset, beside its original.
struct WantedRendition {
  std::string name;   // cq5dam.web.1280.1280.jpeg, a preset's, or empty: its size in pixels stands in
  std::string query;  // of a dynamic one: Image Serving commands
  std::vector<std::string> mime_types = {};  // of the assets that may have it; none: all
  bool operator==(const WantedRendition&) const = default;
};

struct SelectedEntry {
  std::int64_t asset_id = 0;
  AssetPath asset;
  std::string rendition = "original";  // else what its file is called behind the asset's name: "Main.jpg"
  std::size_t base = 0;                // asset.text() from here on is the path below the selection
  model::Blob content;
  std::string mime_type;
  Seconds modified{};
  std::uint32_t wanted = 0;  // of Selection::wanted, from 1; 0: the original
  bool is_made = true;       // whether `content` is known: what is not must be made before anything is planned

  // The asset's name; of a rendition `beach (Main).jpg` for `beach.tif`.
  std::string file_name() const;
  std::string_view relative_path() const { return std::string_view(asset.text()).substr(base); }
};

struct SelectedFolder {
  AssetPath path;
  std::size_t base = 0;
  std::size_t before_entry = 0;  // its place among the entries

  std::string_view relative_path() const { return std::string_view(path.text()).substr(base); }
};

struct Selection {
  std::vector<SelectedEntry> entries;   // in archive order
  std::vector<WantedRendition> wanted;  // what some of them are
  std::vector<SelectedFolder> folders;  // in archive order; only with keep_structure
  std::vector<model::Skipped> skipped;  // refused, by name
  std::vector<SelectedLicence> licences;
  std::optional<Seconds> assets_expire;  // the first of the assets that do; it may have passed
  std::vector<model::RightsTurn> turns;  // of the caller's rights below the targets
  std::uint64_t asset_count = 0;
  std::uint64_t to_be_made = 0;  // renditions; beyond the limit they are counted only
  ByteCount total_size = 0;
  std::string suggested_name;  // of the archive: the folder's if the selection is one folder, else "assets"
  bool is_cut = false;         // it went beyond the limits, and is not whole
};

// Where a selection need not be known whole, only whether it is a large one. All of it may be passed by one asset.
struct SelectionLimits {
  std::uint64_t assets = std::numeric_limits<std::uint64_t>::max();
  ByteCount bytes = std::numeric_limits<ByteCount>::max();
  std::uint64_t renditions = std::numeric_limits<std::uint64_t>::max();  // that are to be made
};

// What a caller needs at an asset to get it with this request.
model::PrivilegeSet needed_privileges(const DownloadRequest& request);

// Resolves the request for the caller at a moment. Rights, sets, missing paths, assets that have expired and licences
// that have not been accepted end in `skipped`; an Error is only a failing catalog. `needed`: the rights that it takes,
// where that is more than needed_privileges().
// Of each asset come, as the request says, the original and the `wanted` renditions, which are still to be made.
Result<Selection> select(const DownloadRequest& request, const model::Caller& caller, const model::AccessRules& rules,
                         const Library& library, Seconds now, std::vector<WantedRendition> wanted = {},
                         const SelectionLimits& limits = {}, model::PrivilegeSet needed = 0);
// Puts what another selection of the same caller has behind the first one's, each thing once; the files of an asset lie
// together where there are no folders to keep.
void append(Selection& selection, Selection more);
json::object to_json(const Selection& selection);

}  // namespace dray::pipeline
