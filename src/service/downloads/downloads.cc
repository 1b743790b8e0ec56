#include "service/downloads/downloads.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <unordered_set>

#include "base/log.h"
#include "base/scope_exit.h"
#include "base/text.h"
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

constexpr std::uint64_t kMostMadeAtOnce = 1000;  // while a client waits for its first byte

constexpr const char* kNothingToDo = "The selection contains no files, so no archive was created";

model::JobDraft announcement_of(const Download& download) {
  return {std::string(kAnnouncementJob), download.id, {}, download.owner};
}

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

}  // namespace

json::object to_json(const Explanation& explanation) {
  json::array layouts;
  for (const auto& layout : explanation.layouts) layouts.push_back(to_json(layout));
  return {{"request", to_json(explanation.request)},
          {"selection", to_json(explanation.selection)},
          {"plan", to_json(explanation.plan, explanation.selection)},
          {"layouts", std::move(layouts)}};
}

struct Downloads::Gathered {
  RenditionRules rules;
  Wishes wishes;
  pipeline::Selection selection;
};

Result<Downloads::Gathered> Downloads::gather(const pipeline::DownloadRequest& request, const Caller& caller,
                                              const pipeline::SelectionLimits& limits) const {
  Gathered gathered;
  ASSIGN_OR_RETURN(auto rules, parts_.access.list_rules());
  auto settings = parts_.renderer ? parts_.renderer->settings() : pipeline::ImageSettings();
  ASSIGN_OR_RETURN(gathered.rules, read_rules(parts_.processing_profiles, settings.static_renditions));
  ASSIGN_OR_RETURN(gathered.wishes, resolve_wishes(request, {parts_.presets, gathered.rules, parts_.smart_crops}));
  ASSIGN_OR_RETURN(gathered.selection, pipeline::select(request, caller, model::AccessRules(std::move(rules)),
                                                        parts_.assets, gathered.wishes.wanted(), limits));
  auto& skipped = gathered.selection.skipped;
  skipped.insert(skipped.end(), gathered.wishes.skipped.begin(), gathered.wishes.skipped.end());
  if (gathered.selection.to_be_made > pipeline::kMostToBeMade)
    return Error{Code::too_large, fmt::format("this download needs {} renditions made, and at most {} are: select less",
                                              gathered.selection.to_be_made, pipeline::kMostToBeMade)};
  return gathered;
}

Result<void> Downloads::make(Gathered& gathered, Preparation& preparation) const {
  auto& selection = gathered.selection;
  model::DownloadProgress totals;
  totals.assets = selection.asset_count;
  totals.bytes = selection.total_size;
  totals.renditions = selection.to_be_made;
  totals.begun = parts_.clock.now();
  preparation.begin(totals);
  if (gathered.wishes.wishes.empty()) return ok();
  if (!parts_.renderer) return Error{Code::unavailable, "renditions cannot be made here: ask a running server"};
  std::vector<model::ImageProfile> image_profiles;
  if (parts_.smart_crops) {
    ASSIGN_OR_RETURN(image_profiles, parts_.smart_crops->profiles());
  }
  return make_renditions(
      selection, gathered.wishes,
      {preparation, *parts_.renderer, parts_.smart_crops, parts_.assets, gathered.rules, std::move(image_profiles)},
      kAssetsAtOnce);
}

Result<Explanation> Downloads::plan(const pipeline::DownloadRequest& request, Gathered gathered,
                                    Preparation& preparation) const {
  RETURN_IF_ERROR(make(gathered, preparation));
  Explanation prepared;
  prepared.request = request;
  prepared.selection = std::move(gathered.selection);
  leave_out_missing_blobs(prepared.selection);
  prepared.plan = pipeline::make_plan(request, prepared.selection, config_.policy);
  for (const auto& archive : prepared.plan.archives) {
    ASSIGN_OR_RETURN(auto layout, pipeline::lay_out(archive, prepared.selection));
    prepared.layouts.push_back(std::move(layout));
  }
  return prepared;
}

Result<Explanation> Downloads::explain(const pipeline::DownloadRequest& request, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto gathered, gather(request, caller, {}));
  Preparation preparation;
  if (gathered.wishes.wishes.empty()) return plan(request, std::move(gathered), preparation);
  Explanation explanation;  // no further: what is still to be made has no size
  explanation.request = request;
  explanation.selection = std::move(gathered.selection);
  return explanation;
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

Download Downloads::new_download(const pipeline::DownloadRequest& request, const Caller& caller) const {
  Download download;
  download.id = random_hex(parts_.random, 16);
  download.owner = caller.owner_id();
  download.created = parts_.clock.now();
  download.targets = request.targets;
  download.needed = pipeline::needed_privileges(request);
  download.request = to_json(request);
  return download;
}

Result<void> Downloads::fill(Download& download, Explanation prepared) {
  download.total_size = prepared.selection.total_size;
  download.total_count = prepared.selection.entries.size();
  download.targets = taken_targets(prepared.request, prepared.selection);
  download.turns = prepared.selection.turns;
  ASSIGN_OR_RETURN(download.artifacts, make_artifacts(prepared));
  download.skipped = std::move(prepared.selection.skipped);
  download.status = status_of(download);
  download.message.clear();
  if (download.status == DownloadStatus::successful && download.artifacts.empty()) download.message = kNothingToDo;
  if (download.status == DownloadStatus::failed) download.message = "Nothing could be downloaded; \"skipped\" says why";
  finish(download);
  return ok();
}

void Downloads::finish(Download& download) const {
  download.finished = parts_.clock.now();
  download.expires = *download.finished + config_.retention;
}

Result<void> Downloads::record(const Download& download) {
  parts_.completed.ring();
  return parts_.events.append({0,
                               *download.finished,
                               "DOWNLOAD_CREATED",
                               download.owner,
                               "",
                               {{"id", download.id},
                                {"status", model::name_of(download.status)},
                                {"files", download.total_count},
                                {"bytes", download.total_size}}});
}

Result<Download> Downloads::create(const pipeline::DownloadRequest& request, const Caller& caller, Wait wait) {
  ASSIGN_OR_RETURN(auto gathered, gather(request, caller, config_.now));
  auto download = new_download(request, caller);
  download.name = pipeline::make_archive_name(request.archive_name, gathered.selection.suggested_name);
  if (gathered.selection.is_cut) {
    RETURN_IF_ERROR(check_queue(caller));
    download.in_background = true;
    return enqueue(std::move(download), kDownloadJob);
  }
  if (!gathered.wishes.wishes.empty()) {
    RETURN_IF_ERROR(check_queue(caller));
    download.in_background = wait == Wait::no;
    ASSIGN_OR_RETURN(download, enqueue(std::move(download), kQuickDownloadJob));
    return download.in_background ? std::move(download) : wait_for(std::move(download));
  }
  Preparation preparation;
  ASSIGN_OR_RETURN(auto prepared, plan(request, std::move(gathered), preparation));
  RETURN_IF_ERROR(fill(download, std::move(prepared)));
  std::vector<model::JobDraft> jobs;
  if (!request.email.empty()) jobs.push_back(announcement_of(download));
  RETURN_IF_ERROR(parts_.downloads.put(download, jobs));
  RETURN_IF_ERROR(record(download));
  return download;
}

Result<void> Downloads::check_queue(const Caller& caller) const {
  std::uint64_t all = 0, own = 0;
  for (auto kind : {kQuickDownloadJob, kDownloadJob}) {
    ASSIGN_OR_RETURN(auto counts, parts_.jobs.count(kind));
    ASSIGN_OR_RETURN(auto of_caller, parts_.jobs.count_of(kind, caller.owner_id()));
    all += counts.waiting + counts.running;
    own += of_caller;
  }
  if (own >= config_.queued_of_user)
    return Error{Code::busy, fmt::format("{} of your downloads are being prepared: wait until some of them are", own)};
  if (all >= config_.queued) return Error{Code::busy, "many downloads are being prepared: try again in a minute"};
  return ok();
}

Result<Download> Downloads::enqueue(Download download, std::string_view kind) {
  RETURN_IF_ERROR(parts_.downloads.put(download, {{std::string(kind), download.id, {}, download.owner}}));
  parts_.queued.ring();
  return download;
}

// nullopt: it was removed meanwhile.
Result<std::optional<Download>> Downloads::wait_until_complete(const std::string& id, std::chrono::seconds patience) {
  constexpr std::chrono::milliseconds kLook{1000};  // another node may complete it, whose bell is not heard here
  auto others = waiting_++;
  ScopeExit leave([&] { --waiting_; });
  auto until = std::chrono::steady_clock::now() + (others < config_.waiting ? patience : std::chrono::seconds(0));
  for (;;) {
    auto heard = parts_.completed.times_rung();
    ASSIGN_OR_RETURN(auto found, parts_.downloads.find(id));
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (!found || found->is_complete() || left.count() <= 0 || stops_) return found;
    parts_.completed.wait(heard, std::min(left, kLook));
  }
}

Result<Download> Downloads::wait(const std::string& id, const Caller& caller, std::chrono::seconds patience) {
  RETURN_IF_ERROR(get_to_read(id, caller));
  ASSIGN_OR_RETURN(auto found, wait_until_complete(id, patience));
  return found ? Result<Download>(*std::move(found)) : no_download(id);
}

// Who waits too long, or with too many others, gets a download that is still being processed.
Result<Download> Downloads::wait_for(Download download) {
  ASSIGN_OR_RETURN(auto found, wait_until_complete(download.id, config_.now_time));
  if (found && found->is_complete()) return *std::move(found);
  RETURN_IF_ERROR(parts_.downloads.send_to_background(download.id));
  ASSIGN_OR_RETURN(found, parts_.downloads.find(download.id));
  return found ? Result<Download>(*std::move(found)) : no_download(download.id);
}

Result<Downloads::Opened> Downloads::open_now(pipeline::DownloadRequest request, const Caller& caller) {
  request.may_be_cut = false;
  ASSIGN_OR_RETURN(auto gathered, gather(request, caller, {}));
  bool is_made = !gathered.wishes.wishes.empty();
  auto others = is_made ? waiting_++ : 0;
  ScopeExit leave([&] { waiting_ -= is_made ? 1 : 0; });
  if (others >= config_.waiting)
    return Error{Code::busy, "many downloads with renditions are being prepared: try again in a minute"};
  if (gathered.selection.to_be_made > kMostMadeAtOnce)
    return Error{Code::too_large,
                 fmt::format("{} renditions are to be made, and at most {} are at this address: start a "
                             "download at /content/dam.downloadbinaries.json",
                             gathered.selection.to_be_made, kMostMadeAtOnce)};
  Preparation preparation;
  {
    std::lock_guard lock(mutex_);
    waited_for_.insert(&preparation);
    if (stops_) preparation.stop();
  }
  ScopeExit forget([&] {
    std::lock_guard lock(mutex_);
    waited_for_.erase(&preparation);
  });
  ASSIGN_OR_RETURN(auto prepared, plan(request, std::move(gathered), preparation));
  ASSIGN_OR_RETURN(auto artifacts, make_artifacts(prepared));
  Opened opened{std::nullopt, std::move(prepared.selection.skipped), ""};
  if (artifacts.empty() && opened.skipped.empty()) opened.message = kNothingToDo;
  if (artifacts.empty()) return opened;
  RETURN_IF_ERROR(parts_.events.append({0,
                                        parts_.clock.now(),
                                        "DOWNLOAD_OPENED",
                                        caller.user,
                                        request.targets.empty() ? "" : request.targets.front().text(),
                                        {{"name", artifacts[0].name}, {"bytes", artifacts[0].size}}}));
  ASSIGN_OR_RETURN(opened.artifact, open(artifacts[0]));
  return opened;
}

Result<void> Downloads::carry_out(const std::string& id, Preparation& preparation, bool is_last) {
  ASSIGN_OR_RETURN(auto download, parts_.downloads.find(id));
  if (!download || download->is_complete()) return ok();
  auto done = [&]() -> Result<void> {
    ASSIGN_OR_RETURN(auto caller, caller_of(download->owner));
    ASSIGN_OR_RETURN(auto request, pipeline::download_request_from_json(download->request));
    ASSIGN_OR_RETURN(auto gathered, gather(request, caller, {}));
    ASSIGN_OR_RETURN(auto prepared, plan(request, std::move(gathered), preparation));
    return fill(*download, std::move(prepared));
  }();
  if (preparation.is_stopped()) return Error{Code::gone, "the download was stopped"};
  bool may_pass = !done && (done.error().code == Code::busy || done.error().code == Code::unavailable ||
                            done.error().code == Code::full || done.error().code == Code::conflict);
  if (may_pass && !is_last) return done;
  if (!done) {
    if (!done.error().detail.empty()) log::warn("download {}: {}: {}", id, done.error().message, done.error().detail);
    download->status = DownloadStatus::failed;
    download->message = done.error().message;
    finish(*download);
  }
  download->progress = preparation.progress();
  ASSIGN_OR_RETURN(auto is_ours, parts_.downloads.complete(*download, {announcement_of(*download)}));
  return is_ours ? record(*download) : ok();
}

void Downloads::look_after(const std::string& id, Preparation& preparation) {
  auto download = parts_.downloads.find(id);
  if (!download) return;  // the next look may tell
  if (!*download || (*download)->is_complete()) return preparation.stop();
  auto progress = preparation.progress();
  if (progress == (*download)->progress) return;
  auto noted = parts_.downloads.note_progress(id, progress);
  if (!noted) log::warn("download {}: {}", id, noted.error().message);
}

void Downloads::send_to_background(const std::string& id) {
  auto sent = parts_.downloads.send_to_background(id);
  if (!sent) log::warn("download {}: {}", id, sent.error().message);
}

void Downloads::stop_waiting() {
  stops_ = true;
  {
    std::lock_guard lock(mutex_);
    for (auto* preparation : waited_for_) preparation->stop();
  }
  parts_.completed.ring();
}

Result<Download> Downloads::retry(const std::string& id, const Caller& caller) {
  ASSIGN_OR_RETURN(auto download, get(id, caller));
  if (!download.is_complete()) return Error{Code::conflict, "this download is being prepared already"};
  if (download.request.empty())
    return Error{Code::conflict, "what this download asked for is no longer known: select it once more"};
  ASSIGN_OR_RETURN(auto owner, caller_of(download.owner));
  ASSIGN_OR_RETURN(auto request, pipeline::download_request_from_json(download.request));
  ASSIGN_OR_RETURN(auto again, create(request, owner));
  if (download.artifacts.empty()) {
    RETURN_IF_ERROR(parts_.downloads.set_notice(download.owner, id, model::Notice::dismissed));
  }
  return again;
}

Result<void> Downloads::remove(const std::string& id, const Caller& caller) {
  ASSIGN_OR_RETURN(auto download, get(id, caller));
  auto now = parts_.clock.now();
  if (!download.is_complete()) {
    download.status = DownloadStatus::failed;
    download.message = caller.visitor.empty() ? "cancelled by " + caller.user : "cancelled";
    finish(download);
    std::vector<model::JobDraft> jobs;
    bool is_own = caller.owner_id() == download.owner;  // who need not be told
    if (!is_own) jobs.push_back(announcement_of(download));
    ASSIGN_OR_RETURN(auto is_cancelled, parts_.downloads.complete(download, jobs));
    if (is_cancelled) {
      parts_.completed.ring();
      if (is_own) {
        RETURN_IF_ERROR(parts_.downloads.set_notice(download.owner, id, model::Notice::read));
      }
      return parts_.events.append({0, now, "DOWNLOAD_CANCELLED", caller.owner_id(), "", {{"id", id}}});
    }
  }
  RETURN_IF_ERROR(parts_.downloads.remove(id));
  return parts_.events.append({0, now, "DOWNLOAD_REMOVED", caller.owner_id(), "", {{"id", id}}});
}

}  // namespace dray::service
