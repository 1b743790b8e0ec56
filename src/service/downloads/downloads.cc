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

constexpr std::uint64_t kMostMadeAtOnce = 1000;  // while a client waits for its first byte

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
  if (download.status == DownloadStatus::failed) download.message = "Nothing could be downloaded; \"skipped\" says why";
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
                                                          std::size_t most) const {
  auto needed = pipeline::needed_privileges(request);
  request.options = {};
  request.options.originals = false;  // no entries are needed
  ASSIGN_OR_RETURN(auto rules, parts_.access.list_rules());
  ASSIGN_OR_RETURN(auto selection, pipeline::select(request, caller, model::AccessRules(std::move(rules)), library(),
                                                    parts_.clock.now(), {}, kFar, needed));
  FoundLicences found{std::move(selection.licences), 0, 0, std::move(selection.skipped)};
  auto& licences = found.licences;
  found.count = licences.size();
  auto accepted =
      std::stable_partition(licences.begin(), licences.end(), [](const auto& one) { return !one.is_accepted; });
  found.not_accepted = static_cast<std::uint64_t>(accepted - licences.begin());
  if (licences.size() > most) licences.resize(most);
  for (auto& licence : licences) {
    if (!licence.page.empty()) continue;
    ASSIGN_OR_RETURN(auto metadata, parts_.assets.get_metadata(licence.assets.front()));
    const auto* html = metadata.if_contains("adobe_dam:restrictions");
    bool is_text = html && html->is_string();
    licence.html = std::make_shared<const std::string>(is_text ? std::string_view(html->get_string()) : "");
  }
  return found;
}

Result<void> Downloads::check_size(ByteCount size, const Caller& caller) const {
  if (caller.visitor.empty() || !config_.link_limit || size <= *config_.link_limit) return ok();
  return Error{Code::too_large,
               fmt::format("The selected content has {} bytes; the limit is {} bytes", size, *config_.link_limit)};
}

Result<Download> Downloads::create(const pipeline::DownloadRequest& request, const Caller& caller, Wait wait) {
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
  bool has_wishes =
      std::any_of(gathered.begin(), gathered.end(), [](const Gathered& one) { return !one.wishes.wishes.empty(); });
  if (has_wishes) {
    RETURN_IF_ERROR(check_queue(caller));
    download.in_background = wait == Wait::no;
    ASSIGN_OR_RETURN(download, enqueue(std::move(download), kQuickDownloadJob));
    return download.in_background ? std::move(download) : wait_for(std::move(download));
  }
  Preparation preparation;
  ASSIGN_OR_RETURN(auto prepared, plan(std::move(gathered), preparation));
  model::Along along;
  ASSIGN_OR_RETURN(along.events, fill(download, std::move(prepared)));
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

Result<Downloads::Opened> Downloads::open_now(pipeline::DownloadRequest request, const Caller& caller, Note note,
                                              Unagreed unagreed) {
  request.may_be_cut = false;
  ASSIGN_OR_RETURN(auto gathered, gather_all(request, caller, {}));
  auto is_unagreed = [](const pipeline::SelectedLicence& one) { return !one.is_accepted; };
  const auto& licences = gathered.front().selection.licences;
  if (unagreed == Unagreed::stop && std::any_of(licences.begin(), licences.end(), is_unagreed))
    return Opened{std::nullopt, std::move(gathered.front().selection.skipped), "", {}, true};
  bool is_made = !gathered.front().wishes.wishes.empty();
  auto others = is_made ? waiting_++ : 0;
  ScopeExit leave([&] { waiting_ -= is_made ? 1 : 0; });
  if (others >= config_.waiting)
    return Error{Code::busy, "many downloads with renditions are being prepared: try again in a minute"};
  auto to_be_made = gathered.front().selection.to_be_made;
  if (to_be_made > kMostMadeAtOnce)
    return Error{Code::too_large,
                 fmt::format("{} renditions are to be made, and at most {} are at this address: start a "
                             "download at /content/dam.downloadbinaries.json",
                             to_be_made, kMostMadeAtOnce)};
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
  ASSIGN_OR_RETURN(auto prepared, plan(std::move(gathered), preparation));
  ASSIGN_OR_RETURN(auto artifacts, make_artifacts(prepared));
  auto& selection = prepared.front().selection;
  Opened opened;
  auto& kept = opened.kept;
  kept = new_download(request, caller);
  kept.targets = taken_targets(prepared, kept.targets);
  kept.turns = selection.turns;
  kept.assets_expire = selection.assets_expire;
  opened.skipped = std::move(selection.skipped);
  if (artifacts.empty() && opened.skipped.empty()) opened.message = kNothingToDo;
  if (artifacts.empty()) return opened;
  if (note == Note::yes) {
    kept.id.clear();  // it is not kept
    auto events = acceptances(selection.licences, kept);
    events.push_back({0,
                      parts_.clock.now(),
                      "DOWNLOAD_OPENED",
                      caller.user,
                      request.targets.empty() ? "" : request.targets.front().text(),
                      {{"name", artifacts[0].name}, {"bytes", artifacts[0].size}}});
    RETURN_IF_ERROR(parts_.events.append_all(events));
  }
  ASSIGN_OR_RETURN(opened.artifact, open(artifacts[0]));
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
    ByteCount size = 0;
    for (const auto& one : prepared) size += one.selection.total_size;
    RETURN_IF_ERROR(check_size(size, caller));
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
  if (is_ours) parts_.completed.ring();
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
  ASSIGN_OR_RETURN(auto request, pipeline::download_request_from_json(download.request));
  request.licences.clear();  // they are asked for anew
  for (auto& other : request.also) other.licences.clear();
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
    model::Along along;
    along.events = {{0, now, "DOWNLOAD_CANCELLED", caller.owner_id(), "", {{"id", id}}}};
    bool is_own = caller.owner_id() == download.owner;  // who need not be told
    if (!is_own) along.jobs.push_back(announcement_of(download));
    ASSIGN_OR_RETURN(auto is_cancelled, parts_.downloads.complete(download, along));
    if (is_cancelled) {
      parts_.completed.ring();
      if (is_own) {
        RETURN_IF_ERROR(parts_.downloads.set_notice(download.owner, id, model::Notice::read));
      }
      return ok();
    }
  }
  return parts_.downloads.remove(id, {{}, {{0, now, "DOWNLOAD_REMOVED", caller.owner_id(), "", {{"id", id}}}}});
}

}  // namespace dray::service
