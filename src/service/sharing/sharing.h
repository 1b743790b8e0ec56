// Shared links: for people without an account, with the rights of whoever made the link.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "model/assets/asset_repository.h"
#include "model/events/events.h"
#include "model/people/access.h"
#include "model/people/people.h"
#include "model/shares/share_repository.h"

namespace dray::service {

struct ShareDraft {
  std::vector<AssetPath> paths;
  std::string title;
  std::optional<Seconds> expires;  // else after the usual time
  std::optional<bool> originals, renditions;
  std::string password;
  std::optional<std::uint64_t> download_limit;
};

struct NewShare {
  model::Share share;
  std::string token;  // known from now on to whoever has it, and not to us
};

// What a visitor finds behind a link.
struct OpenShare {
  model::Share share;
  model::Caller caller;            // with the owner's rights
  std::vector<model::Node> items;  // those that are still there and may be read
  std::size_t gone = 0;            // how many are not
};

struct SharingParts {
  model::ShareRepository& shares;
  model::AssetRepository& assets;
  model::AccessRepository& access;
  model::PeopleRepository& people;
  model::EventLog& events;
  const Clock& clock;
  Random& random;
};

struct SharingConfig {
  std::chrono::seconds life = std::chrono::days(7);
  std::chrono::seconds longest_life = std::chrono::days(365);
  bool originals = false, renditions = true;  // where the draft says neither
};

// Safe for use from any thread.
class Sharing {
 public:
  Sharing(SharingParts parts, SharingConfig config) : parts_(parts), config_(config) {}

  // Code::denied, Code::not_found: the caller may not share it; Code::invalid: nothing to share, nothing to be had, or
  // an end that has passed or is too far away.
  Result<NewShare> create(const ShareDraft& draft, const model::Caller& caller);
  // The caller's own; administrators may ask for everybody's.
  Result<std::vector<model::Share>> list(const model::Caller& caller, bool everybodys, const std::string& before,
                                         std::size_t limit) const;
  // Of the caller's own, or anyone's for administrators; else Code::not_found.
  Result<model::Share> get(const std::string& id, const model::Caller& caller) const;
  Result<model::Share> set_expiry(const std::string& id, Seconds expires, const model::Caller& caller);
  Result<model::Share> revoke(const std::string& id, const model::Caller& caller);

  // Code::not_found: there is no such link; Code::gone: its time is over, it was revoked, or its owner has gone.
  Result<OpenShare> open(std::string_view token, const std::string& visitor) const;
  Result<bool> count_download(const model::Share& share);  // whether one more is allowed
  // Who owns a download of that owner: a user, or the visitor of a link (model::Caller::owner_id()). As open(), also
  // Code::gone where the link is no longer open.
  Result<model::Caller> caller_of(const std::string& owner) const;

 private:
  Result<model::SharedItem> share_item(const AssetPath& path, const model::AccessRules& rules,
                                       const model::Caller& caller) const;
  Result<void> check_expiry(Seconds expires) const;
  Result<model::Caller> visitor_of(const model::Share& share, const std::string& visitor) const;
  Result<void> note(const char* type, const model::Share& share, const model::Caller& caller);

  const SharingParts parts_;
  const SharingConfig config_;
};

}  // namespace dray::service
