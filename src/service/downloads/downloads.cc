#include "service/downloads/downloads.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <unordered_set>

#include "pipeline/bytes/blob_source.h"
#include "pipeline/layout/manifest.h"

namespace dray::service {
namespace {

using model::Artifact;
using model::Caller;
using model::Download;
using model::DownloadStatus;
using model::Privilege;

constexpr unsigned kAssetsAtOnce = 4;  // of which renditions are made
constexpr int kPreparingAtOnce = 6;    // downloads with renditions: each holds a thread that others need too

// Counts itself while it lives.
class Preparing {
 public:
  explicit Preparing(std::atomic<int>& count) : count_(count), others_(count++) {}
  Preparing(const Preparing&) = delete;
  ~Preparing() { --count_; }
  int others() const { return others_; }

 private:
  std::atomic<int>& count_;
  const int others_;
};

constexpr const char* kNothingToDo = "The selection contains no files, so no archive was created";

Error no_download(const std::string& id) { return {Code::not_found, "there is no download " + id}; }

DownloadStatus status_of(const Download& download) {
  if (download.skipped.empty()) return DownloadStatus::successful;
  return download.artifacts.empty() ? DownloadStatus::failed : DownloadStatus::partially_successful;
}

Artifact archive_artifact(const pipeline::Layout& layout, const model::Blob& manifest) {
  return {
      layout.name, model::ArtifactKind::archive, "application/zip", layout.length, layout.end.entry_count, manifest.id,
      0,           layout.last_modified};
}

Artifact file_artifact(const pipeline::Plan& plan, const pipeline::SelectedEntry& entry) {
  return {plan.file_name,   model::ArtifactKind::file, entry.mime_type, entry.content.size, 1,
          entry.content.id, entry.content.crc32,       entry.modified};
}

// The targets that something was taken from; those refused as a whole do not count when rights are asked again.
std::vector<AssetPath> taken_targets(const pipeline::DownloadRequest& request, const pipeline::Selection& selection) {
  std::unordered_set<std::string_view> refused;
  for (const auto& item : selection.skipped) refused.insert(item.path);
  std::vector<AssetPath> taken;
  for (const auto& target : request.targets) {
    if (!refused.contains(target.text())) taken.push_back(target);
  }
  return taken;
}

// Whether the owner could read `path`, below a target, when the download was made: the nearest turn above it says so.
bool was_allowed(const Download& download, const AssetPath& path) {
  const model::RightsTurn* nearest = nullptr;
  for (const auto& turn : download.turns) {
    bool nearer = !nearest || turn.path.text().size() > nearest->path.text().size();
    if (path.is_within(turn.path) && nearer) nearest = &turn;
  }
  return !nearest || nearest->allowed;
}

}  // namespace

json::object to_json(const Explanation& explanation) {
  json::array layouts;
  for (const auto& layout : explanation.layouts) layouts.push_back(to_json(layout));
  return {{"request", to_json(explanation.request)},
          {"selection", to_json(explanation.selection)},
          {"plan", to_json(explanation.plan, explanation.selection)},
          {"layouts", std::move(layouts)}};
}

Result<Explanation> Downloads::prepare(const pipeline::DownloadRequest& request, const Caller& caller,
                                       Making making) const {
  ASSIGN_OR_RETURN(auto rules, parts_.access.list_rules());
  auto settings = parts_.renderer ? parts_.renderer->settings() : pipeline::ImageSettings();
  ASSIGN_OR_RETURN(auto rules_of_renditions, read_rules(parts_.processing_profiles, settings.static_renditions));
  ASSIGN_OR_RETURN(auto wishes, resolve_wishes(request, {parts_.presets, rules_of_renditions, parts_.smart_crops}));
  Explanation prepared;
  prepared.request = request;
  ASSIGN_OR_RETURN(prepared.selection, pipeline::select(request, caller, model::AccessRules(std::move(rules)),
                                                        parts_.assets, wishes.wanted()));
  auto& skipped = prepared.selection.skipped;
  skipped.insert(skipped.end(), wishes.skipped.begin(), wishes.skipped.end());
  if (prepared.selection.to_be_made > pipeline::kMostToBeMade)
    return Error{Code::too_large, fmt::format("this download needs {} renditions made, and at most {} are: select less",
                                              prepared.selection.to_be_made, pipeline::kMostToBeMade)};
  if (!wishes.wishes.empty() && making == Making::no) return prepared;
  if (!wishes.wishes.empty() && !parts_.renderer)
    return Error{Code::unavailable, "renditions cannot be made here: ask a running server"};
  Preparing preparing(preparing_);
  if (!wishes.wishes.empty() && preparing.others() >= kPreparingAtOnce)
    return Error{Code::busy, "many downloads with renditions are being prepared: try again in a moment"};
  if (!wishes.wishes.empty()) {
    std::vector<model::ImageProfile> image_profiles;
    if (parts_.smart_crops) {
      ASSIGN_OR_RETURN(image_profiles, parts_.smart_crops->profiles());
    }
    RETURN_IF_ERROR(make_renditions(
        prepared.selection, wishes,
        {*parts_.renderer, parts_.smart_crops, parts_.assets, rules_of_renditions, std::move(image_profiles)},
        kAssetsAtOnce));
  }
  leave_out_missing_blobs(prepared.selection);
  prepared.plan = pipeline::make_plan(request, prepared.selection, policy_);
  for (const auto& archive : prepared.plan.archives) {
    ASSIGN_OR_RETURN(auto layout, pipeline::lay_out(archive, prepared.selection));
    prepared.layouts.push_back(std::move(layout));
  }
  return prepared;
}

Result<Explanation> Downloads::explain(const pipeline::DownloadRequest& request, const Caller& caller) const {
  return prepare(request, caller, Making::no);
}

void Downloads::leave_out_missing_blobs(pipeline::Selection& selection) const {
  auto is_missing = [&](const pipeline::SelectedEntry& entry) {
    return parts_.blobs.find_size(entry.content.id) != entry.content.size;
  };
  auto first = std::find_if(selection.entries.begin(), selection.entries.end(), is_missing);
  if (first == selection.entries.end()) return;
  std::vector<pipeline::SelectedEntry> kept(std::make_move_iterator(selection.entries.begin()),
                                            std::make_move_iterator(first));
  for (auto entry = first; entry != selection.entries.end(); ++entry) {
    if (!is_missing(*entry)) {
      kept.push_back(std::move(*entry));
      continue;
    }
    selection.skipped.push_back(
        {entry->asset.text(), "missing", "its stored file is missing or damaged: tell the administrator"});
    selection.total_size -= entry->content.size;
    auto index = kept.size();
    for (auto& folder : selection.folders) folder.before_entry -= folder.before_entry > index ? 1 : 0;
  }
  selection.entries = std::move(kept);
}

Result<std::vector<Artifact>> Downloads::make_artifacts(const Explanation& prepared) {
  std::vector<Artifact> artifacts;
  if (prepared.plan.delivery == pipeline::Delivery::file) {
    artifacts.push_back(file_artifact(prepared.plan, prepared.selection.entries.front()));
    return artifacts;
  }
  auto batch = parts_.blobs.begin();
  for (const auto& layout : prepared.layouts) {
    auto manifest = pipeline::format_manifest(layout);
    model::BytesSource source(bytes_of(manifest));
    ASSIGN_OR_RETURN(auto blob, batch->put(source, manifest.size()));
    artifacts.push_back(archive_artifact(layout, blob));
  }
  RETURN_IF_ERROR(batch->commit());
  return artifacts;
}

Result<Download> Downloads::create(const pipeline::DownloadRequest& request, const Caller& caller) {
  ASSIGN_OR_RETURN(auto prepared, prepare(request, caller, Making::yes));
  Download download;
  download.id = random_hex(parts_.random, 16);
  download.owner = caller.user;
  download.created = parts_.clock.now();
  download.total_size = prepared.selection.total_size;
  download.total_count = prepared.selection.entries.size();
  download.targets = taken_targets(request, prepared.selection);
  download.turns = prepared.selection.turns;
  download.needed = pipeline::needed_privileges(request);
  ASSIGN_OR_RETURN(download.artifacts, make_artifacts(prepared));
  download.skipped = std::move(prepared.selection.skipped);
  download.status = status_of(download);
  if (download.status == DownloadStatus::successful && download.artifacts.empty()) download.message = kNothingToDo;
  if (download.status == DownloadStatus::failed) download.message = "Nothing could be downloaded; \"skipped\" says why";
  RETURN_IF_ERROR(parts_.downloads.put(download));
  RETURN_IF_ERROR(
      parts_.events.append({0,
                            download.created,
                            "DOWNLOAD_CREATED",
                            caller.user,
                            "",
                            {{"id", download.id}, {"files", download.total_count}, {"bytes", download.total_size}}}));
  return download;
}

Result<Download> Downloads::get(const std::string& id, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto download, parts_.downloads.find(id));
  if (!download || (download->owner != caller.user && !caller.is_administrator())) return no_download(id);
  return std::move(*download);
}

Result<std::vector<Download>> Downloads::list(const Caller& caller, const std::string& before,
                                              std::size_t limit) const {
  return parts_.downloads.list(caller.user, before, limit);
}

Result<void> Downloads::remove(const std::string& id, const Caller& caller) {
  ASSIGN_OR_RETURN([[maybe_unused]] auto own, get(id, caller));
  RETURN_IF_ERROR(parts_.downloads.remove(id));
  return parts_.events.append({0, parts_.clock.now(), "DOWNLOAD_REMOVED", caller.user, "", {{"id", id}}});
}

// Time by the target and by the rule, not by the entry: what was readable then and is not now shows where the answer
// turns.
Result<void> Downloads::check_rights(const Download& download, const Caller& caller) const {
  if (caller.is_administrator()) return ok();
  ASSIGN_OR_RETURN(auto list, parts_.access.list_rules());
  model::AccessRules rules(std::move(list));
  auto needed = download.needed;
  Error withdrawn{Code::denied, "a right that this download needs has been withdrawn"};
  if (!rules.may(caller, Privilege::read, model::download_right_path())) return withdrawn;
  for (const auto& turn : download.turns) {
    if (turn.allowed && !rules.may_all(caller, needed, turn.path)) return withdrawn;
  }
  for (const auto& target : download.targets) {
    if (!rules.may_all(caller, needed, target)) return withdrawn;
    for (const auto& turn : rules.turns_below(caller, needed, target)) {
      if (!turn.allowed && was_allowed(download, turn.path)) return withdrawn;
    }
  }
  return ok();
}

Result<OpenArtifact> Downloads::open_artifact(const std::string& id, const std::string& name, const Caller& caller) {
  ASSIGN_OR_RETURN(auto download, get(id, caller));
  auto artifact =
      std::find_if(download.artifacts.begin(), download.artifacts.end(), [&](const auto& a) { return a.name == name; });
  if (artifact == download.artifacts.end())
    return Error{Code::not_found, "the download " + id + " has no artifact " + name};
  RETURN_IF_ERROR(check_rights(download, caller));
  OpenArtifact open{*artifact, nullptr, nullptr};
  if (artifact->kind == model::ArtifactKind::file) {
    open.source = pipeline::make_blob_source(parts_.blobs, artifact->content, artifact->size);
    return open;
  }
  auto manifest = manifests_.open(artifact->content);
  if (!manifest && manifest.error().code == Code::not_found)
    return Error{Code::gone, "this archive is no longer kept", manifest.error().message};
  if (!manifest) return std::move(manifest).error();
  open.manifest = *std::move(manifest);
  open.source = pipeline::make_archive_source(open.manifest, parts_.blobs);
  return open;
}

Result<OpenOriginal> Downloads::open_original(const AssetPath& path, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto list, parts_.access.list_rules());
  model::AccessRules rules(std::move(list));
  Error absent{Code::not_found, "there is no asset " + path.text()};
  if (!rules.may(caller, Privilege::read, path)) return absent;
  ASSIGN_OR_RETURN(auto node, parts_.assets.find(path));
  if (!node) return absent;
  if (node->is_folder())
    return Error{Code::not_found,
                 path.text() + " is a folder: download it, or list it at /api/v1/assets" + path.text()};
  if (!rules.may(caller, Privilege::original, path))
    return Error{Code::denied, "you may not read the original of " + path.text()};
  if (node->asset->set != model::SetKind::none) return Error{Code::denied, "sets cannot be downloaded"};
  auto source = pipeline::make_blob_source(parts_.blobs, node->asset->original.id, node->asset->original.size);
  return OpenOriginal{std::move(*node), std::move(source)};
}

}  // namespace dray::service
