// What was asked for, in our own words, whichever door it came through.
#pragma once

#include <string>
#include <vector>

#include "base/asset_path.h"
#include "base/json.h"
#include "base/result.h"

namespace dray::pipeline {

// A picture that is made of every asset, where that makes sense.
struct DynamicRendition {
  std::string preset;  // an image preset's name; empty: what `query` says
  std::string query;   // Image Serving commands

  bool operator==(const DynamicRendition&) const = default;
};

struct DownloadOptions {
  bool originals = true;
  bool folder_per_asset = false;
  bool keep_structure = false;
  std::vector<std::string> renditions = {};  // static ones: names or patterns with * and ?
  bool exclude_default_renditions = false;   // of those that a pattern names
  std::vector<DynamicRendition> dynamic = {};
  bool all_smart_crops = false;
  std::vector<std::string> smart_crops = {};  // by name
  bool subassets = false;                     // the pages of documents

  bool wants_renditions() const {
    return !renditions.empty() || !dynamic.empty() || all_smart_crops || !smart_crops.empty();
  }
  bool operator==(const DownloadOptions&) const = default;
};

enum class ArchiveForm {
  as_needed,  // one file goes bare
  always,     // the caller asked for a ZIP
};

inline constexpr std::size_t kMostTargets = 10'000;  // of one request; more assets than that are named by their folder

struct DownloadRequest {
  std::vector<AssetPath> targets;  // folders (whole trees) and assets, each once, in the order asked
  DownloadOptions options;
  std::string archive_name;  // as typed; empty: derived from the selection
  ArchiveForm form = ArchiveForm::as_needed;
  bool may_be_cut = true;                  // into parts, where it is large
  std::vector<std::string> email = {};     // users, or their addresses, who get a mail with the links
  std::string message = {};                // to them
  std::vector<std::string> licences = {};  // that the caller has agreed to, by id
  // What else is in the download, with options of its own: what has the same archive name goes into the same archive,
  // laid out as the first of it says. They have no others themselves.
  std::vector<DownloadRequest> also = {};

  bool operator==(const DownloadRequest&) const = default;
};

// The body of POST /api/v1/downloads:
//   {"targets": [{"path": "/content/dam/x"}], "options": {"originals": true, ...}, "archiveName": "x",
//    "email": ["bob"], "message": "As promised", "licenses": ["0123456789abcdef0123456789abcdef"]}
// A dynamic rendition is {"preset": "Main"}, or fields of the panel: {"width": 10, "height": 15, "unit": "cm",
// "resolution": 300, "format": "tif", "colorSpace": "CMYK", "profile": "CoatedFogra39", "quality": 90, "modifiers":
// "op_invert=1"}, all of which may be left out.
// Code::invalid names the member that is wrong; unknown members are refused by name, since a misspelt option is not an
// option. An archive name asks for a ZIP even of one file.
Result<DownloadRequest> parse_download_request(const json::value& body);
// Limits that parse_download_request() keeps as well, for requests that come through other doors. Code::invalid,
// Code::too_large.
Result<void> check(const DownloadRequest& request);
json::object to_json(const DownloadRequest& request);
Result<DownloadRequest> download_request_from_json(const json::object& object);  // what to_json() has written

}  // namespace dray::pipeline
