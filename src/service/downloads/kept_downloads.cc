// Downloads that are there: who sees them, what is opened of them, when they go.
#include <algorithm>

#include "base/text.h"
#include "pipeline/bytes/blob_source.h"
#include "service/downloads/downloads.h"

namespace dray::service {
namespace {

using model::Artifact;
using model::Caller;
using model::Download;
using model::Privilege;

// Visitors of an administrator's link do not see what administrators see.
bool may_see_all(const Caller& caller) { return caller.visitor.empty() && caller.is_administrator(); }

Error no_asset(const AssetPath& path) { return {Code::not_found, "there is no asset " + path.text()}; }

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

Error Downloads::no_download(const std::string& id) { return {Code::not_found, "there is no download " + id}; }

Result<Caller> Downloads::caller_of(const std::string& owner) const {
  return parts_.caller_of ? parts_.caller_of(owner) : parts_.people.get_caller(owner);
}

Result<Download> Downloads::get(const std::string& id, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto download, get_to_read(id, caller));
  if (download.owner != caller.owner_id() && !may_see_all(caller)) return no_download(id);
  return download;
}

// Those who may not are told before anything of it is read: how long they wait says nothing.
Result<Download> Downloads::get_to_read(const std::string& id, const Caller& caller) const {
  if (!may_see_all(caller)) {
    ASSIGN_OR_RETURN(auto may_see, parts_.downloads.is_reader(id, caller.owner_id()));
    if (!may_see) return no_download(id);
  }
  ASSIGN_OR_RETURN(auto download, parts_.downloads.find(id));
  if (!download) return no_download(id);
  return std::move(*download);
}

Result<Recipients> Downloads::find_recipients(const pipeline::DownloadRequest& request) const {
  Recipients recipients;
  if (request.email.empty()) return recipients;
  if (!config_.can_mail)
    return Error{Code::invalid, "no mail can be sent from here: the administrator has not named a mail service"};
  ASSIGN_OR_RETURN(auto members, parts_.people.list_members(model::kDamUsers));
  std::vector<model::User> users;
  for (const auto& member : members) {
    ASSIGN_OR_RETURN(auto user, parts_.people.find_user(member));
    if (user && user->enabled && !user->email.empty()) users.push_back(*std::move(user));
  }
  for (const auto& named : request.email) {
    auto user = std::find_if(users.begin(), users.end(), [&](const model::User& one) { return one.id == named; });
    if (user == users.end())
      user = std::find_if(users.begin(), users.end(),
                          [&](const model::User& one) { return equal_ignoring_case(one.email, named); });
    if (user == users.end())
      recipients.refused.push_back(named);
    else if (std::find(recipients.users.begin(), recipients.users.end(), user->id) == recipients.users.end())
      recipients.users.push_back(user->id);
  }
  return recipients;
}

Result<std::vector<Download>> Downloads::list(const Caller& caller, const std::string& before, std::size_t limit,
                                              model::Listing listing) const {
  return parts_.downloads.list(caller.owner_id(), before, limit, listing);
}

Result<std::uint64_t> Downloads::count_unread(const Caller& caller) const {
  return parts_.downloads.count_unread(caller.owner_id());
}

Result<void> Downloads::set_notice(const std::string& id, model::Notice notice, const Caller& caller) {
  ASSIGN_OR_RETURN(auto download, get_to_read(id, caller));
  if (download.owner != caller.owner_id()) return no_download(id);
  if (!download.is_complete()) return Error{Code::conflict, "this download is still being prepared"};
  RETURN_IF_ERROR(parts_.downloads.set_notice(caller.owner_id(), id, notice));
  parts_.completed.ring();
  return ok();
}

// Time by the target and by the rule, not by the entry: what was readable then and is not now shows where the answer
// turns.
Result<void> Downloads::check_access(const Download& download, const Caller& caller) const {
  bool has_expired = download.assets_expire && *download.assets_expire <= parts_.clock.now();
  if (has_expired && !pipeline::may_have_expired(caller))
    return Error{Code::denied, "something in this download expired on " + format_utc(*download.assets_expire) +
                                   ": ask for it once more, and it is left out"};
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

Result<std::vector<std::string>> Downloads::list_names(const Artifact& artifact, std::size_t limit) {
  if (artifact.kind == model::ArtifactKind::file) return std::vector<std::string>{artifact.name};
  ASSIGN_OR_RETURN(auto open, open(artifact));
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < open.manifest->view().entry_count() && names.size() < limit; ++i) {
    ASSIGN_OR_RETURN(auto entry, open.manifest->view().entry(i));
    if (!entry.name.ends_with('/')) names.emplace_back(entry.name);
  }
  return names;
}

Result<void> Downloads::check_access(const std::string& id, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto download, get_to_read(id, caller));
  return check_access(download, caller);
}

Result<OpenArtifact> Downloads::open_artifact(const std::string& id, const std::string& name, const Caller& caller) {
  ASSIGN_OR_RETURN(auto download, get_to_read(id, caller));
  if (download.is_expired || (download.expires && *download.expires <= parts_.clock.now()))
    return Error{Code::gone,
                 "this download was kept until " + format_utc(*download.expires) + ": ask for it once more"};
  auto artifact =
      std::find_if(download.artifacts.begin(), download.artifacts.end(), [&](const auto& a) { return a.name == name; });
  if (artifact == download.artifacts.end())
    return Error{Code::not_found, "the download " + id + " has no artifact " + name};
  RETURN_IF_ERROR(check_access(download, caller));
  return open(*artifact);
}

Result<OpenArtifact> Downloads::open(const Artifact& artifact) {
  OpenArtifact open{artifact, nullptr, nullptr};
  if (artifact.kind == model::ArtifactKind::file) {
    open.source = pipeline::make_blob_source(parts_.blobs, artifact.content, artifact.size);
    return open;
  }
  auto manifest = manifests_.open(artifact.content);
  if (!manifest && manifest.error().code == Code::not_found)
    return Error{Code::gone, "this archive is no longer kept", manifest.error().message};
  if (!manifest) return std::move(manifest).error();
  open.manifest = *std::move(manifest);
  open.source = pipeline::make_archive_source(open.manifest, parts_.blobs);
  return open;
}

Result<void> Downloads::check_original(const AssetPath& path, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto list, parts_.access.list_rules());
  model::AccessRules rules(std::move(list));
  if (!rules.may(caller, Privilege::read, path)) return no_asset(path);
  if (!rules.may(caller, Privilege::original, path))
    return Error{Code::denied, "you may not read the original of " + path.text()};
  return ok();
}

Result<OpenOriginal> Downloads::open_original(const AssetPath& path, const Caller& caller) const {
  auto allowed = check_original(path, caller);
  if (!allowed && allowed.error().code != Code::denied) return std::move(allowed).error();
  ASSIGN_OR_RETURN(auto node, parts_.assets.find(path));
  if (!node) return no_asset(path);
  if (node->is_folder())
    return Error{Code::not_found,
                 path.text() + " is a folder: download it, or list it at /api/v1/assets" + path.text()};
  if (!allowed) return std::move(allowed).error();
  if (node->asset->set != model::SetKind::none) return Error{Code::denied, "sets cannot be downloaded"};
  ASSIGN_OR_RETURN(auto obstacle, pipeline::find_obstacle(*node, caller, library(), parts_.clock.now()));
  if (obstacle) return Error{Code::denied, obstacle->path + ": " + obstacle->message};
  auto source = pipeline::make_blob_source(parts_.blobs, node->asset->original.id, node->asset->original.size);
  return OpenOriginal{std::move(*node), std::move(source)};
}

Result<void> Downloads::clear_up() {
  constexpr std::size_t kAtOnce = 1000;
  auto now = parts_.clock.now();
  std::size_t count = kAtOnce;
  while (count == kAtOnce) {
    ASSIGN_OR_RETURN(count, parts_.downloads.expire(now, kAtOnce));
  }
  do {
    ASSIGN_OR_RETURN(count, parts_.downloads.remove_expired(now - config_.retention, kAtOnce));
  } while (count == kAtOnce);
  return ok();
}

}  // namespace dray::service
