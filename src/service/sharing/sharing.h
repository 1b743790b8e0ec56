// Shared links: for people without an account, with the rights of whoever made the link.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/rate_limit.h"
#include "model/assets/asset_repository.h"
#include "model/events/events.h"
#include "model/people/access.h"
#include "model/people/people.h"
#include "model/shares/share_repository.h"
#include "service/accounts/seal.h"

namespace dray::service {

inline constexpr std::size_t kMostSharedItems = 1000;  // of one link

struct ShareDraft {
  std::vector<AssetPath> paths;
  std::string title;
  std::optional<Seconds> expires;  // else after the usual time
  std::optional<bool> originals, renditions;
  std::string password;
  std::optional<std::uint64_t> download_limit;
  std::vector<std::string> recipients;  // mail addresses, of anybody
  std::string subject, message;         // of their mails
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
  const Seal& seal;
};

struct SharingConfig {
  bool can_mail = false;  // there is a mail service
};

// Safe for use from any thread.
class Sharing {
 public:
  Sharing(SharingParts parts, SharingConfig config) : parts_(parts), config_(config) {}

  // Code::denied, Code::not_found: the caller may not share it; Code::invalid: nothing to share, nothing to be had, an
  // end that has passed or is too far away, or not what the administrator allows; Code::busy: too many mails. Mails to
  // the recipients are sent as jobs.
  Result<NewShare> create(const ShareDraft& draft, const model::Caller& caller);
  // The caller's own; administrators may ask for everybody's.
  Result<std::vector<model::Share>> list(const model::Caller& caller, bool everybodys, const std::string& before,
                                         std::size_t limit) const;
  // Of the caller's own, or anyone's for administrators; else Code::not_found.
  Result<model::Share> get(const std::string& id, const model::Caller& caller) const;
  Result<model::Share> set_expiry(const std::string& id, Seconds expires, const model::Caller& caller);
  Result<model::Share> revoke(const std::string& id, const model::Caller& caller);

  Result<model::LinkSettings> get_settings() const { return parts_.shares.get_settings(); }
  Result<void> put_settings(const model::LinkSettings& settings, const model::Caller& caller);  // administrators

  // Code::not_found: there is no such link; Code::gone: its time is over, it was revoked, or its owner has gone;
  // Code::busy: too many links that are none were tried from that address.
  Result<OpenShare> open(std::string_view token, const std::string& visitor, const std::string& from);
  // Whether a password may be tried, of that link from that address: else Code::busy.
  Result<void> check_patience(const model::Share& share, const std::string& from);
  void note_wrong_password(const model::Share& share, const std::string& from);
  Result<bool> count_download(const model::Share& share);  // whether one more is allowed
  // One that was counted came to nothing: a download of that owner (model::Caller::owner_id()), who may be a user.
  Result<void> uncount_download(const std::string& owner);
  // Who owns a download of that owner: a user, or the visitor of a link (model::Caller::owner_id()). As open(), also
  // Code::gone where the link is no longer open.
  Result<model::Caller> caller_of(const std::string& owner) const;

 private:
  Result<model::SharedItem> share_item(const AssetPath& path, const model::AccessRules& rules,
                                       const model::Caller& caller) const;
  Result<void> check_expiry(Seconds expires, const model::LinkSettings& settings) const;
  Result<void> fill(model::Share& share, const ShareDraft& draft, const model::LinkSettings& settings) const;
  Result<std::vector<model::JobDraft>> mails_of(const NewShare& made, const ShareDraft& draft);
  Result<model::Caller> visitor_of(const model::Share& share, const std::string& visitor) const;
  model::Event event_of(const char* type, const model::Share& share, const model::Caller& caller) const;

  const SharingParts parts_;
  const SharingConfig config_;
  RateLimit unknown_links_{30, std::chrono::seconds(2)};             // by address
  RateLimit wrong_passwords_{10, std::chrono::minutes(1)};           // by link and address
  RateLimit wrong_passwords_of_all_{100, std::chrono::seconds(10)};  // by link
  RateLimit mails_{500, std::chrono::minutes(3)};                    // by sender
};

}  // namespace dray::service
