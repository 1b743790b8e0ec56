#include "service/fetching/fetch.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "service/fetching/extract.h"
#include "service/fetching/names.h"

namespace dray::fetching {
namespace {

constexpr int kMostRequests = 3;  // of one selection, whose downloads may expire while they are fetched

Result<UniqueFd> open_output(const std::string& path) {
  std::error_code ec;
  std::filesystem::create_directories(path, ec);  // an error shows below
  return open_file(path, O_RDONLY | O_DIRECTORY);
}

// A download that failed says by what it skipped what kind of failure that is.
Error failure_of(const Download& download) {
  auto all = [&](std::string_view reason) {
    return !download.skipped.empty() && std::all_of(download.skipped.begin(), download.skipped.end(),
                                                    [&](const auto& skipped) { return skipped.reason == reason; });
  };
  auto message = download.message.empty() ? "the download failed on the server" : printable(download.message);
  return {all("denied") ? Code::denied : all("not_found") ? Code::not_found : Code::conflict, message};
}

class Fetch {
 public:
  Fetch(const FetchRequest& request, const Means& means) : request_(request), means_(means) {}

  Report run() {
    auto done = open();
    if (done) done = request_.addresses.empty() ? fetch_selection() : fetch_addresses();
    if (!done) report_.error = done.error();
    return std::move(report_);
  }

 private:
  Result<void> open() {
    ASSIGN_OR_RETURN(output_, open_output(request_.output));
    return ok();
  }

  Result<void> fetch_addresses() {
    for (const auto& url : request_.addresses) {
      ASSIGN_OR_RETURN(auto artifact, look_at(url, means_));
      RETURN_IF_ERROR(fetch_artifact(artifact));
    }
    return ok();
  }

  // A download that is gone is asked for again: the same selection makes the same bytes, so that the work goes on.
  Result<void> fetch_selection() {
    for (int requests = 1;; ++requests) {
      ASSIGN_OR_RETURN(auto download, request_download(request_.server, request_.wish, means_));
      report_.skipped = download.skipped;
      report_.message = download.message;
      report_.incomplete = download.status == "PARTIALLY_SUCCESSFUL" || !download.skipped.empty();
      if (download.status == "FAILED") return failure_of(download);
      auto fetched = fetch_all(download);
      bool is_gone = !fetched && (fetched.error().code == Code::gone || fetched.error().code == Code::not_found);
      if (!is_gone || requests == kMostRequests) return fetched;
      means_.notice("the download is no longer on the server: asking for it again");
    }
  }

  Result<void> fetch_all(const Download& download) {
    for (const auto& artifact : download.artifacts) {
      if (!is_saved(artifact)) RETURN_IF_ERROR(fetch_artifact(artifact));
    }
    return ok();
  }

  bool is_saved(const Artifact& artifact) const {
    return std::any_of(report_.saved.begin(), report_.saved.end(), [&](const Saved& saved) {
      return saved.identity == artifact.file.identity && names_.contains(artifact.name);
    });
  }

  Result<void> fetch_artifact(const Artifact& artifact) {
    std::optional<Manifest> manifest;
    bool asked = false;
    auto get_manifest = [&]() -> Result<const Manifest*> {
      if (!asked) {
        ASSIGN_OR_RETURN(manifest, find_manifest(artifact.file, means_));
        asked = true;
      }
      return manifest ? &*manifest : nullptr;
    };
    ASSIGN_OR_RETURN(auto saved, fetch_in_form(artifact, get_manifest));
    report_.saved.push_back(std::move(saved));
    names_.insert(artifact.name);
    return ok();
  }

  Result<Saved> fetch_in_form(const Artifact& artifact, const GetManifest& get_manifest) {
    auto options = request_.save;
    if (request_.form == Form::extracted) {
      ASSIGN_OR_RETURN(const auto* manifest, get_manifest());
      if (!manifest)
        return Error{Code::invalid,
                     fmt::format("{} cannot be extracted: the server has no manifest of it", printable(artifact.name))};
      if (!manifest->is_bare()) {
        ASSIGN_OR_RETURN(auto name, claim(folder_name(artifact.name)));
        return extract_artifact(artifact.file, *manifest, output_.get(), request_.output, name, options, means_);
      }
      options.verify = Verify::yes;  // extracted files are always checked
    }
    ASSIGN_OR_RETURN(auto name, claim(local_name(artifact.name)));
    return save_artifact(artifact.file, output_.get(), request_.output, name, options, get_manifest, means_);
  }

  // Two artifacts under one name would replace each other.
  Result<std::string> claim(std::string name) const {
    for (const auto& saved : report_.saved) {
      if (saved.name == name)
        return Error{Code::conflict, fmt::format("the server sends two different files named {}", name)};
    }
    return name;
  }

  const FetchRequest& request_;
  const Means& means_;
  UniqueFd output_;
  std::set<std::string> names_;  // of the artifacts in report_.saved
  Report report_;
};

}  // namespace

Report fetch(const FetchRequest& request, const Means& means) { return Fetch(request, means).run(); }

}  // namespace dray::fetching
