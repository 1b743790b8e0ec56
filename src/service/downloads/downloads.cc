#include "service/downloads/downloads.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <unordered_set>

#include "base/log.h"
#include "base/scope_exit.h"
#include "base/text.h"
#include "service/downloads/gathered.h"

namespace dray::service {
namespace {

using model::Artifact;
using model::Caller;
using model::Download;
using model::DownloadStatus;
using model::Privilege;

Error crowded() {
  return {Code::busy,
          "many large downloads are being opened here: try again in a minute, or start one at "
          "/content/dam.downloadbinaries.json"};
}

constexpr const char* kNothingToDo = "The selection contains no files, so no archive was created";

model::JobDraft announcement_of(const Download& download) {
  return {std::string(kAnnouncementJob), download.id, {}, model::crowd_of(download.owner)};
}

model::Event completion_of(const Download& download) {
  return {0,
          *download.finished,
          "DOWNLOAD_CREATED",
          download.owner,
          "",
          {{"id", download.id},
           {"status", model::name_of(download.status)},
           {"files", download.total_count},
           {"bytes", download.total_size}}};
}

// What is wrong with the request is told; what went wrong here stands in the log, with the names of files.
std::string message_for_people(const Error& error) {
  bool is_ours = error.code == Code::corrupt || error.code == Code::full || error.code == Code::unavailable;
  return is_ours ? "something went wrong here: try again, and tell the administrator if it stays so" : error.message;
}

// As far as questions about a selection go that somebody waits for; what lies behind shows when it comes to it.
constexpr pipeline::SelectionLimits kFar{100'000};

DownloadStatus status_of(const Download& download) {
  if (download.skipped.empty()) return DownloadStatus::successful;
  return download.artifacts.empty() ? DownloadStatus::failed : DownloadStatus::partially_successful;
}

std::vector<AssetPath> targets_of(const pipeline::DownloadRequest& request) {
  auto targets = request.targets;
  for (const auto& other : request.also) {
    for (const auto& target : other.targets) {
      if (std::find(targets.begin(), targets.end(), target) == targets.end()) targets.push_back(target);
    }
  }
  return targets;
}

// The targets that something may have been taken from. Those refused as a whole, wherever they were named, do not count
// when rights are asked again.
std::vector<AssetPath> taken_targets(const std::vector<Explanation>& prepared, const std::vector<AssetPath>& targets) {
  std::unordered_set<std::string_view> refused;
  for (const auto& one : prepared) {
    for (const auto& item : one.selection.skipped) {
      if (item.reason == "denied" || item.reason == "not_found") refused.insert(item.path);
    }
  }
  if (refused.empty()) return targets;
  for (const auto& one : prepared) {
    for (const auto& entry : one.selection.entries) refused.erase(entry.asset.text());
  }
  std::vector<AssetPath> taken;
  for (const auto& target : targets) {
    if (!refused.contains(target.text())) taken.push_back(target);
  }
  return taken;
}

}  // namespace

Download Downloads::new_download(const pipeline::DownloadRequest& request, const Caller& caller) const {
  Download download;
  download.id = random_hex(parts_.random, 16);
  download.owner = caller.owner_id();
  download.created = parts_.clock.now();
  download.targets = targets_of(request);
  download.needed = pipeline::needed_privileges(request);
  download.request = to_json(request);
  return download;
}

// Answers what is to be noted about it: who agreed to what, and that it is there.
Result<std::vector<model::Event>> Downloads::fill(Download& download, std::vector<Explanation> prepared) const {
  ASSIGN_OR_RETURN(download.artifacts, make_artifacts(prepared));
  download.targets = taken_targets(prepared, download.targets);
  std::vector<pipeline::SelectedLicence> licences;
  download.turns.clear();
  download.skipped.clear();
  for (auto& one : prepared) {
    auto& selection = one.selection;
    pipeline::merge(licences, std::move(selection.licences));
    download.total_size += selection.total_size;
    download.total_count += selection.entries.size();
    download.turns.insert(download.turns.end(), selection.turns.begin(), selection.turns.end());
    std::move(selection.skipped.begin(), selection.skipped.end(), std::back_inserter(download.skipped));
    if (selection.assets_expire && (!download.assets_expire || *selection.assets_expire < *download.assets_expire))
      download.assets_expire = selection.assets_expire;
  }
  download.status = status_of(download);
  download.message.clear();
  if (download.status == DownloadStatus::successful && download.artifacts.empty()) download.message = kNothingToDo;
  if (download.status == DownloadStatus::failed) download.message = "Nothing could be downloaded";
  finish(download);
  auto events = acceptances(licences, download);
  events.push_back(completion_of(download));
  return events;
}

void Downloads::finish(Download& download) const {
  download.finished = parts_.clock.now();
  download.expires = *download.finished + config_.retention;
}

// Written before anything is delivered: who agreed to what, when, for which assets. An event names some, so that none
// grows without end.
std::vector<model::Event> Downloads::acceptances(const std::vector<pipeline::SelectedLicence>& licences,
                                                 const Download& download) {
  constexpr std::size_t kNamedByEvent = 1000;
  std::vector<model::Event> events;
  for (const auto& licence : licences) {
    if (!licence.is_accepted) continue;
    for (std::size_t first = 0; first < licence.assets.size(); first += kNamedByEvent) {
      json::array assets;
      auto end = std::min(licence.assets.size(), first + kNamedByEvent);
      for (auto i = first; i < end; ++i) assets.emplace_back(licence.assets[i].text());
      events.push_back({0,
                        download.created,
                        "ACCEPTED",
                        download.owner,
                        licence.page,
                        {{"license", licence.id},
                         {"download", download.id},
                         {"assetCount", licence.asset_count},
                         {"assets", std::move(assets)}}});
    }
  }
  return events;
}

Result<Downloads::FoundLicences> Downloads::find_licences(pipeline::DownloadRequest request, const Caller& caller,
                                                          std::size_t most, Reach reach) {
  auto needed = pipeline::needed_privileges(request);
  request.options = {};
  request.options.originals = false;  // no entries are needed
  ASSIGN_OR_RETURN(auto list, parts_.access.list_rules());
  model::AccessRules rules(std::move(list));
  auto select = [&](const pipeline::SelectionLimits& limits) {
    return pipeline::select(request, caller, rules, library(), parts_.clock.now(), {}, limits, needed);
  };
  ASSIGN_OR_RETURN(auto selection, select(kFar));
  if (selection.is_cut && reach == Reach::whole) {
    auto place = opening_.take(model::crowd_of(caller.owner_id()));
    if (!place) return crowded();
    ASSIGN_OR_RETURN(selection, select({}));
  }
  FoundLicences found{std::move(selection.licences), 0, 0, std::move(selection.skipped)};
  auto& licences = found.licences;
  found.count = licences.size();
  auto accepted =
      std::stable_partition(licences.begin(), licences.end(), [](const auto& one) { return !one.is_accepted; });
  found.not_accepted = static_cast<std::uint64_t>(accepted - licences.begin());
  if (licences.size() > most) licences.resize(most);
  for (auto& licence : licences) {
    if (!licence.page.empty()) continue;
    auto metadata = parts_.assets.get_metadata(licence.assets.front());
    if (!metadata && metadata.error().code != Code::not_found) return std::move(metadata).error();
    std::string text(metadata ? model::restrictions_of(*metadata) : "");  // it may have gone a moment ago
    licence.html = std::make_shared<const std::string>(std::move(text));
  }
  return found;
}

Result<void> Downloads::check_size(ByteCount size, const Caller& caller) const {
  if (caller.visitor.empty() || !config_.link_limit || size <= *config_.link_limit) return ok();
  return Error{Code::too_large,
               fmt::format("The selected content has {} bytes; the limit is {} bytes", size, *config_.link_limit)};
}

Result<Download> Downloads::create(const pipeline::DownloadRequest& request, const Caller& caller, Wait wait,
                                   const StopFlag& gone) {
  if (!caller.visitor.empty() && config_.link_limit) {  // told before anything is queued, where it shows so soon
    RETURN_IF_ERROR(check_queue(caller));
    ByteCount size = 0;
    ASSIGN_OR_RETURN(auto all, gather_all(request, caller, kFar));
    for (const auto& one : all) size += one.selection.total_size;
    RETURN_IF_ERROR(check_size(size, caller));
  }
  ASSIGN_OR_RETURN(auto gathered, gather_all(request, caller, config_.now));
  auto download = new_download(request, caller);
  download.name = pipeline::make_archive_name(request.archive_name, gathered.front().selection.suggested_name);
  if (gathered.back().selection.is_cut) {
    RETURN_IF_ERROR(check_queue(caller));
    download.in_background = true;
    return enqueue(std::move(download), kDownloadJob);
  }
  bool has_wishes = std::any_of(gathered.begin(), gathered.end(), [](const Gathered& one) { return one.has_wishes(); });
  if (has_wishes) {
    RETURN_IF_ERROR(check_queue(caller));
    download.in_background = wait == Wait::no;
    ASSIGN_OR_RETURN(download, enqueue(std::move(download), kQuickDownloadJob));
    return download.in_background ? std::move(download)
                                  : wait_for(std::move(download), request.email.empty() ? gone : nullptr);
  }
  Preparation preparation;
  ASSIGN_OR_RETURN(auto prepared, plan(std::move(gathered), preparation));
  model::Along along;
  ASSIGN_OR_RETURN(along.events, fill(download, std::move(prepared)));
  download.progress = preparation.progress();
  if (!request.email.empty()) along.jobs.push_back(announcement_of(download));
  RETURN_IF_ERROR(parts_.downloads.put(download, along));
  if (!along.jobs.empty()) parts_.completed.ring();
  return download;
}

Result<void> Downloads::check_queue(const Caller& caller) const {
  std::uint64_t all = 0, own = 0;
  for (auto kind : {kQuickDownloadJob, kDownloadJob}) {
    ASSIGN_OR_RETURN(auto counts, parts_.jobs.count(kind));
    ASSIGN_OR_RETURN(auto of_caller, parts_.jobs.count_of(kind, model::crowd_of(caller.owner_id())));
    all += counts.waiting + counts.running;
    own += of_caller;
  }
  if (own >= config_.queued_of_user)
    return Error{Code::busy, fmt::format("{} of your downloads are being prepared: wait until some of them are", own)};
  if (all >= config_.queued) return Error{Code::busy, "many downloads are being prepared: try again in a minute"};
  return ok();
}

Result<Download> Downloads::enqueue(Download download, std::string_view kind) {
  RETURN_IF_ERROR(
      parts_.downloads.put(download, {{{std::string(kind), download.id, {}, model::crowd_of(download.owner)}}, {}}));
  parts_.queued.ring();
  return download;
}

// nullopt: it was removed meanwhile.
Result<std::optional<Download>> Downloads::wait_until_complete(const std::string& id, std::chrono::seconds patience,
                                                               const StopFlag& gone) {
  constexpr std::chrono::milliseconds kLook{1000};  // another node may complete it, whose bell is not heard here
  auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto heard = parts_.completed.times_rung();
    ASSIGN_OR_RETURN(auto found, parts_.downloads.find(id));
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    bool is_over = left.count() <= 0 || stops_ || (gone && *gone);
    if (!found || found->is_complete() || is_over) return found;
    parts_.completed.wait(heard, std::min(left, kLook));
  }
}

Result<Download> Downloads::wait(const std::string& id, const Caller& caller, std::chrono::seconds patience,
                                 const StopFlag& gone) {
  RETURN_IF_ERROR(get_to_read(id, caller));
  auto place = asking_.take(model::crowd_of(caller.owner_id()));
  ASSIGN_OR_RETURN(auto found, wait_until_complete(id, place ? patience : std::chrono::seconds(0), gone));
  return found ? Result<Download>(*std::move(found)) : no_download(id);
}

// Who waits too long, or with too many others, gets a download that is still being processed. Who goes wanted it at
// once or not at all.
Result<Download> Downloads::wait_for(Download download, const StopFlag& gone) {
  auto place = starting_.take(model::crowd_of(download.owner));
  auto patience = place ? config_.now_time : std::chrono::seconds(0);
  ASSIGN_OR_RETURN(auto found, wait_until_complete(download.id, patience, gone));
  if (found && found->is_complete()) return *std::move(found);
  if (found && !found->in_background && gone && *gone) {
    ASSIGN_OR_RETURN(auto caller, caller_of(download.owner));
    RETURN_IF_ERROR(cancel(*std::move(found), "cancelled: whoever asked for it did not wait", caller));
  }
  RETURN_IF_ERROR(parts_.downloads.send_to_background(download.id));
  ASSIGN_OR_RETURN(found, parts_.downloads.find(download.id));
  return found ? Result<Download>(*std::move(found)) : no_download(download.id);
}

model::Event Downloads::opening_of(const Download& download, const Artifact& artifact) const {
  return {0,
          parts_.clock.now(),
          "DOWNLOAD_OPENED",
          download.owner,
          download.targets.empty() ? "" : download.targets.front().text(),
          {{"name", artifact.name}, {"bytes", artifact.size}}};
}

// What the caller opened a moment ago, if it may still be read.
std::optional<Downloads::Opened> Downloads::open_again(const Sha256& key, const Caller& caller) {
  auto entry = opened_.find(key, std::chrono::steady_clock::now());
  if (!entry || !check_access(entry->kept, caller)) return std::nullopt;
  auto artifact = open(entry->artifact);
  if (!artifact) return std::nullopt;  // then it is planned anew, which tells what is wrong
  Opened opened;
  opened.artifact = *std::move(artifact);
  opened.kept = std::move(entry->kept);
  opened.events.push_back(opening_of(opened.kept, entry->artifact));
  return opened;
}

Result<Downloads::Opened> Downloads::open_now(pipeline::DownloadRequest request, const Caller& caller,
                                              Unagreed unagreed, Part part, const StopFlag& gone) {
  constexpr std::chrono::minutes kLongest{10};
  request.may_be_cut = false;
  auto key = sha256_of(bytes_of(caller.owner_id() + "\n" + json::serialize(to_json(request))));
  if (part == Part::later) {
    if (auto opened = open_again(key, caller)) return *std::move(opened);
  }
  ASSIGN_OR_RETURN(auto gathered, gather_all(request, caller, config_.now));
  bool takes_long = gathered.front().selection.is_cut || gathered.front().has_wishes();
  auto place = takes_long ? opening_.take(model::crowd_of(caller.owner_id())) : std::nullopt;
  if (takes_long && !place) return crowded();
  if (gathered.front().selection.is_cut) {
    ASSIGN_OR_RETURN(gathered, gather_all(request, caller, {}));
  }
  auto is_unagreed = [](const pipeline::SelectedLicence& one) { return !one.is_accepted; };
  const auto& licences = gathered.front().selection.licences;
  if (unagreed == Unagreed::stop && std::any_of(licences.begin(), licences.end(), is_unagreed)) {
    Opened opened;
    opened.skipped = std::move(gathered.front().selection.skipped);
    opened.is_unagreed = true;
    return opened;
  }
  Preparation preparation(gone, std::chrono::steady_clock::now() + kLongest);
  {
    std::lock_guard lock(mutex_);
    waited_for_.insert(&preparation);
    if (stops_) preparation.stop();
  }
  ScopeExit forget([&] {
    std::lock_guard lock(mutex_);
    waited_for_.erase(&preparation);
  });
  auto planned = plan(std::move(gathered), preparation);
  bool is_broken_off = !planned && planned.error().code == Code::gone;
  if (is_broken_off && stops_) return Error{Code::busy, "the server is being stopped: ask once more in a moment"};
  if (is_broken_off && !preparation.is_stopped()) {
    auto progress = preparation.progress();
    return Error{Code::busy, fmt::format("{} of {} renditions have been made: ask once more, and the others are",
                                         progress.renditions_done, progress.renditions)};
  }
  ASSIGN_OR_RETURN(auto prepared, std::move(planned));
  ASSIGN_OR_RETURN(auto artifacts, make_artifacts(prepared));
  auto& selection = prepared.front().selection;
  Opened opened;
  auto& kept = opened.kept;
  kept = new_download(request, caller);
  kept.id.clear();  // it is not kept
  kept.targets = taken_targets(prepared, kept.targets);
  kept.turns = selection.turns;
  kept.assets_expire = selection.assets_expire;
  opened.skipped = std::move(selection.skipped);
  if (artifacts.empty() && opened.skipped.empty()) opened.message = kNothingToDo;
  if (artifacts.empty()) return opened;
  opened.events = acceptances(selection.licences, kept);
  opened.events.push_back(opening_of(kept, artifacts[0]));
  ASSIGN_OR_RETURN(opened.artifact, open(artifacts[0]));
  bool is_refused = kept.targets.size() < request.targets.size();  // something named is not there
  kept.request = {};
  if (part != Part::alone && !is_refused) opened_.put(key, {artifacts[0], kept}, std::chrono::steady_clock::now());
  return opened;
}

Result<void> Downloads::carry_out(const std::string& id, Preparation& preparation, bool is_last) {
  ASSIGN_OR_RETURN(auto download, parts_.downloads.find(id));
  if (!download || download->is_complete()) return ok();
  model::Along along{{announcement_of(*download)}, {}};
  auto done = [&]() -> Result<void> {
    ASSIGN_OR_RETURN(auto caller, caller_of(download->owner));
    ASSIGN_OR_RETURN(auto request, pipeline::download_request_from_json(download->request));
    ASSIGN_OR_RETURN(auto gathered, gather_all(request, caller, {}));
    ASSIGN_OR_RETURN(auto prepared, plan(std::move(gathered), preparation));
    std::uint64_t assets = 0;
    ByteCount size = 0;
    for (const auto& one : prepared) {
      assets += one.selection.asset_count;
      size += one.selection.total_size;
    }
    RETURN_IF_ERROR(check_size(size, caller));
    download->in_background |= assets > config_.now.assets || size > config_.now.bytes;  // renditions count as well
    ASSIGN_OR_RETURN(along.events, fill(*download, std::move(prepared)));
    return ok();
  }();
  if (preparation.is_stopped()) return Error{Code::gone, "the download was stopped"};
  bool may_pass = !done && (done.error().code == Code::busy || done.error().code == Code::unavailable ||
                            done.error().code == Code::full || done.error().code == Code::conflict);
  if (may_pass && !is_last) return done;
  if (!done) {
    log::warn("download {}: {}: {}", id, done.error().message, done.error().detail);
    download->status = DownloadStatus::failed;
    download->message = message_for_people(done.error());
    finish(*download);
    along.events = {completion_of(*download)};
  }
  download->progress = preparation.progress();
  ASSIGN_OR_RETURN(auto is_ours, parts_.downloads.complete(*download, along));
  if (!is_ours) return ok();
  parts_.completed.ring();
  if (download->artifacts.empty() && parts_.came_to_nothing) parts_.came_to_nothing(download->owner);
  return ok();
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
  if (!owner.visitor.empty())
    return Error{Code::conflict,
                 "this was asked for through a shared link: whoever has it can queue it once more there"};
  ASSIGN_OR_RETURN(auto request, pipeline::download_request_from_json(download.request));
  request.licences.clear();  // they are asked for anew
  for (auto& other : request.also) other.licences.clear();
  ASSIGN_OR_RETURN(auto again, create(request, owner));
  if (download.artifacts.empty()) {
    RETURN_IF_ERROR(parts_.downloads.set_notice(download.owner, id, model::Notice::dismissed));
  }
  return again;
}

// Whether it was; else it is complete.
Result<bool> Downloads::cancel(Download download, std::string message, const Caller& caller) {
  download.status = DownloadStatus::failed;
  download.message = std::move(message);
  finish(download);
  model::Along along;
  along.events = {{0, parts_.clock.now(), "DOWNLOAD_CANCELLED", caller.owner_id(), "", {{"id", download.id}}}};
  bool is_own = caller.owner_id() == download.owner;  // who need not be told
  if (!is_own) along.jobs.push_back(announcement_of(download));
  ASSIGN_OR_RETURN(auto is_cancelled, parts_.downloads.complete(download, along));
  if (!is_cancelled) return false;
  parts_.completed.ring();
  if (parts_.came_to_nothing) parts_.came_to_nothing(download.owner);
  if (is_own) {
    RETURN_IF_ERROR(parts_.downloads.set_notice(download.owner, download.id, model::Notice::read));
  }
  return true;
}

Result<void> Downloads::remove(const std::string& id, const Caller& caller) {
  ASSIGN_OR_RETURN(auto download, get(id, caller));
  if (!download.is_complete()) {
    auto message = caller.visitor.empty() ? "cancelled by " + caller.user : "cancelled";
    ASSIGN_OR_RETURN(auto is_cancelled, cancel(std::move(download), std::move(message), caller));
    if (is_cancelled) return ok();
  }
  model::Event event{0, parts_.clock.now(), "DOWNLOAD_REMOVED", caller.owner_id(), "", {{"id", id}}};
  return parts_.downloads.remove(id, {{}, {std::move(event)}});
}

}  // namespace dray::service
