// The server's download API, as a client sees it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "service/fetching/manifest.h"
#include "service/fetching/means.h"
#include "service/fetching/transfer.h"

namespace dray::fetching {

struct DownloadWish {
  std::vector<std::string> paths;  // "/content/dam/..."
  std::string archive_name;        // empty: the server chooses
  bool folder_per_asset = false;
  bool keep_structure = false;
};
std::string format_wish(const DownloadWish& wish);  // the JSON that is posted

struct Artifact {
  std::string name;  // as the server says it: see local_name
  RemoteFile file;
};

struct Skipped {
  std::string path, reason, message;
};

struct Download {
  std::string id;
  std::string status;  // "PROCESSING", "SUCCESSFUL", "PARTIALLY_SUCCESSFUL", "FAILED"
  bool is_complete = false;
  std::string message;
  std::vector<Artifact> artifacts;
  std::vector<Skipped> skipped;
};
// Code::corrupt: a member that is needed is missing or makes no sense. Members it does not know are skipped.
Result<Download> parse_download(std::string_view text, const Url& server);

// Asks for a download and waits until it is complete. The same wish makes the same bytes each time.
Result<Download> request_download(const Url& server, const DownloadWish& wish, const Means& means);

// What lies at an address: its identity and name (of Content-Disposition, or else the last segment). Code::invalid: it
// has no strong ETag or no ranges, without which nothing can be resumed.
Result<Artifact> look_at(const Url& url, const Means& means);

// nullopt: the server has none.
Result<std::optional<Manifest>> find_manifest(const RemoteFile& file, const Means& means);

}  // namespace dray::fetching
