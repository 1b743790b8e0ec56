#include "service/sharing/sharing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "lang/mail/address.h"
#include "service/accounts/passwords.h"
#include "service/sharing/link_mail.h"

namespace dray::service {
namespace {

using model::Caller;
using model::Privilege;
using model::Share;

constexpr std::size_t kLongestTitle = 500, kSecretLength = 43;  // 32 bytes in base64url
constexpr std::size_t kMostRecipients = 100, kLongestSubject = 500, kLongestMessage = 10'000;

bool has_expired(const model::Node& node, Seconds now) { return node.asset && node.asset->protection.has_expired(now); }

Error no_share(const std::string& id) { return {Code::not_found, "there is no shared link " + id}; }

// "0f1e...": 0f1e2d3c_..._...: a UUID with underscores, a dot, and 43 characters of base64url, as AEM writes it.
std::string format_token(const std::string& id, const std::string& secret) {
  return fmt::format("{}_{}_{}_{}_{}.{}", id.substr(0, 8), id.substr(8, 4), id.substr(12, 4), id.substr(16, 4),
                     id.substr(20), secret);
}

Result<void> check_text(std::string_view what, const std::string& text, std::size_t longest) {
  if (text.size() <= longest && is_valid_utf8(text)) return ok();
  return Error{Code::invalid, fmt::format("the {} must be a text of at most {} bytes", what, longest)};
}

Result<void> check(const ShareDraft& draft) {
  if (draft.paths.empty() || draft.paths.size() > kMostSharedItems)
    return Error{Code::invalid,
                 fmt::format("name at least one folder or asset to share, and at most {}", kMostSharedItems)};
  if (draft.recipients.size() > kMostRecipients)
    return Error{Code::invalid, fmt::format("name at most {} recipients", kMostRecipients)};
  RETURN_IF_ERROR(check_text("title", draft.title, kLongestTitle));
  RETURN_IF_ERROR(check_text("subject", draft.subject, kLongestSubject));
  return check_text("message", draft.message, kLongestMessage);
}

Result<bool> value_of(const model::LinkBox& box, std::optional<bool> wanted, std::string_view name) {
  if (!wanted || *wanted == box.value || box.behaviour == model::Behaviour::editable) return wanted.value_or(box.value);
  return Error{Code::invalid, fmt::format("\"{}\" is {} for all links: the administrator has set it", name, box.value)};
}

bool is_token(std::string_view token) {
  constexpr std::size_t kIdLength = 36;
  if (token.size() != kIdLength + 1 + kSecretLength || token[kIdLength] != '.') return false;
  return std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
           c == '.';
  });
}

struct Visitor {
  std::string share, id;
};

// Whom model::Caller::owner_id() means; nullopt: a user.
std::optional<Visitor> parse_visitor(std::string_view owner) {
  if (!owner.starts_with(model::kVisitorMark)) return std::nullopt;
  owner.remove_prefix(std::string_view(model::kVisitorMark).size());
  auto slash = std::min(owner.find('/'), owner.size());
  return Visitor{std::string(owner.substr(0, slash)), std::string(owner.substr(std::min(owner.size(), slash + 1)))};
}

}  // namespace

Result<model::SharedItem> Sharing::share_item(const AssetPath& path, const model::AccessRules& rules,
                                              const Caller& caller) const {
  ASSIGN_OR_RETURN(auto node, parts_.assets.find(path));
  if (!node || !rules.may(caller, Privilege::read, path))
    return Error{Code::not_found, "there is nothing at " + path.text()};
  if (!rules.may(caller, Privilege::share, path)) return Error{Code::denied, "you may not share " + path.text()};
  if (has_expired(*node, parts_.clock.now()))
    return Error{Code::denied, path.text() + " expired on " + format_utc(*node->asset->protection.expires)};
  return model::SharedItem{path, node->id};
}

Result<void> Sharing::check_expiry(Seconds expires, const model::LinkSettings& settings) const {
  auto now = parts_.clock.now();
  if (expires <= now) return Error{Code::invalid, "the link would have ended already: choose a later time"};
  if (expires > now + settings.longest)
    return Error{Code::invalid,
                 fmt::format("a link can be open until {} at the longest", format_utc(now + settings.longest))};
  return ok();
}

Result<void> Sharing::fill(Share& share, const ShareDraft& draft, const model::LinkSettings& settings) const {
  ASSIGN_OR_RETURN(share.originals, value_of(settings.originals, draft.originals, "originals"));
  ASSIGN_OR_RETURN(share.renditions, value_of(settings.renditions, draft.renditions, "renditions"));
  if (!share.originals && !share.renditions)
    return Error{Code::invalid, "a link must allow originals or renditions, or both"};
  share.created = parts_.clock.now();
  share.expires = draft.expires.value_or(share.created + settings.validity);
  RETURN_IF_ERROR(check_expiry(share.expires, settings));
  share.title = draft.title.empty() ? std::string(draft.paths.front().name()) : draft.title;
  share.download_limit = draft.download_limit;
  for (const auto& text : draft.recipients) {
    ASSIGN_OR_RETURN(auto address, mail::parse_address(text));
    bool is_named = std::any_of(share.recipients.begin(), share.recipients.end(),
                                [&](const std::string& one) { return equal_ignoring_case(one, address); });
    if (!is_named) share.recipients.push_back(std::move(address));
  }
  return ok();
}

Result<NewShare> Sharing::create(const ShareDraft& draft, const Caller& caller) {
  RETURN_IF_ERROR(check(draft));
  if (!draft.recipients.empty() && !config_.can_mail)
    return Error{Code::invalid, "no mail can be sent from here: the administrator has not named a mail service"};
  ASSIGN_OR_RETURN(auto settings, parts_.shares.get_settings());
  if (!may_share(settings, caller)) return Error{Code::denied, "the administrator does not let you share links"};
  NewShare made;
  auto& share = made.share;
  RETURN_IF_ERROR(fill(share, draft, settings));
  ASSIGN_OR_RETURN(auto list, parts_.access.list_rules());
  model::AccessRules rules(std::move(list));
  for (const auto& path : draft.paths) {
    ASSIGN_OR_RETURN(auto item, share_item(path, rules, caller));
    if (std::find(share.items.begin(), share.items.end(), item) == share.items.end()) share.items.push_back(item);
  }
  share.id = random_hex(parts_.random, 16);
  made.token = format_token(share.id, random_base64url(parts_.random, 32));
  share.token_hash = sha256_of(bytes_of(made.token));
  share.owner = caller.user;
  if (!draft.password.empty()) share.password_hash = hash_password(draft.password);
  ASSIGN_OR_RETURN(auto mails, mails_of(made, draft));
  RETURN_IF_ERROR(parts_.shares.put(share, {std::move(mails), {event_of("LINK_CREATED", share, caller)}}));
  return made;
}

Result<std::vector<model::JobDraft>> Sharing::mails_of(const NewShare& made, const ShareDraft& draft) {
  const auto& share = made.share;
  std::vector<model::JobDraft> mails;
  auto count = static_cast<double>(share.recipients.size());
  if (!mails_.has_room(share.owner, parts_.clock.now(), count))
    return Error{Code::busy, "you have sent very many links by mail: wait some hours before you send more"};
  mails_.note(share.owner, parts_.clock.now(), count);
  for (const auto& address : share.recipients) {
    LinkMail mail{share.id, address, made.token, draft.subject, draft.message};
    mails.push_back(job_of(mail, share.owner, parts_.seal, parts_.random));
  }
  return mails;
}

model::Event Sharing::event_of(const char* type, const Share& share, const Caller& caller) const {
  return {0,
          parts_.clock.now(),
          type,
          caller.user,
          share.items.empty() ? "" : share.items.front().path.text(),
          {{"link", share.id}, {"expires", format_utc(share.expires)}}};
}

Result<std::vector<Share>> Sharing::list(const Caller& caller, bool everybodys, const std::string& before,
                                         std::size_t limit) const {
  if (everybodys && !caller.is_administrator())
    return Error{Code::denied, "only administrators may see everybody's shared links"};
  return parts_.shares.list(everybodys ? "" : caller.user, before, limit);
}

Result<Share> Sharing::get(const std::string& id, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto share, parts_.shares.find(id));
  if (!share || (share->owner != caller.user && !caller.is_administrator())) return no_share(id);
  return *std::move(share);
}

Result<Share> Sharing::set_expiry(const std::string& id, Seconds expires, const Caller& caller) {
  ASSIGN_OR_RETURN(auto share, get(id, caller));
  ASSIGN_OR_RETURN(auto settings, parts_.shares.get_settings());
  RETURN_IF_ERROR(check_expiry(expires, settings));
  share.expires = expires;
  ASSIGN_OR_RETURN(auto changed,
                   parts_.shares.set_expiry(id, expires, {{}, {event_of("LINK_CHANGED", share, caller)}}));
  if (!changed) return Error{Code::conflict, "this link was revoked, and stays so: make another"};
  return get(id, caller);
}

Result<Share> Sharing::revoke(const std::string& id, const Caller& caller) {
  ASSIGN_OR_RETURN(auto share, get(id, caller));
  RETURN_IF_ERROR(parts_.shares.revoke(id, parts_.clock.now(), {{}, {event_of("LINK_REVOKED", share, caller)}}));
  return get(id, caller);
}

Result<Caller> Sharing::visitor_of(const Share& share, const std::string& visitor) const {
  Error closed{Code::gone, "this link is no longer open"};
  if (share.revoked) return Error{Code::gone, "this link was withdrawn"};
  if (!share.is_open(parts_.clock.now())) return Error{Code::gone, "this link has expired"};
  auto caller = parts_.people.get_caller(share.owner);
  if (!caller && (caller.error().code == Code::not_found || caller.error().code == Code::denied)) return closed;
  if (caller) caller->visitor = share.id + "/" + visitor;
  return caller;
}

Result<OpenShare> Sharing::open(std::string_view token, const std::string& visitor, const std::string& from) {
  auto now = parts_.clock.now();
  std::optional<Share> share;
  if (is_token(token)) {
    ASSIGN_OR_RETURN(share, parts_.shares.find_by_token(sha256_of(bytes_of(token))));
  }
  if (!share && !unknown_links_.has_room(from, now))
    return Error{Code::busy, "many links that do not exist were opened from your address: wait a minute"};
  if (!share) {
    unknown_links_.note(from, now);
    return Error{Code::not_found, "there is no such link"};
  }
  OpenShare open;
  ASSIGN_OR_RETURN(open.caller, visitor_of(*share, visitor));
  ASSIGN_OR_RETURN(auto list, parts_.access.list_rules());
  model::AccessRules rules(std::move(list));
  for (const auto& item : share->items) {
    ASSIGN_OR_RETURN(auto node, parts_.assets.find(item.path));
    bool is_shared = node && node->id == item.node && !has_expired(*node, now) &&
                     rules.may(open.caller, Privilege::read, item.path) &&
                     rules.may(open.caller, Privilege::share, item.path);
    if (is_shared)
      open.items.push_back(*std::move(node));
    else
      ++open.gone;
  }
  open.share = *std::move(share);
  return open;
}

Result<void> Sharing::check_patience(const Share& share, const std::string& from) {
  auto now = parts_.clock.now();
  if (wrong_passwords_.has_room(share.id + from, now) && wrong_passwords_of_all_.has_room(share.id, now)) return ok();
  return Error{Code::busy, "a wrong password was given many times: wait a minute before you try again"};
}

void Sharing::note_wrong_password(const Share& share, const std::string& from) {
  wrong_passwords_.note(share.id + from, parts_.clock.now());
  wrong_passwords_of_all_.note(share.id, parts_.clock.now());
}

Result<void> Sharing::put_settings(const model::LinkSettings& settings, const Caller& caller) {
  if (!caller.is_administrator()) return Error{Code::denied, "only administrators may change this"};
  RETURN_IF_ERROR(parts_.shares.put_settings(settings));
  return parts_.events.append(
      {0, parts_.clock.now(), "LINK_SETTINGS_CHANGED", caller.user, "", {{"settings", to_json(settings)}}});
}

Result<bool> Sharing::count_download(const Share& share) { return parts_.shares.count_download(share.id); }

Result<void> Sharing::uncount_download(const std::string& owner) {
  auto visitor = parse_visitor(owner);
  return visitor ? parts_.shares.uncount_download(visitor->share) : ok();
}

Result<Caller> Sharing::caller_of(const std::string& owner) const {
  auto visitor = parse_visitor(owner);
  if (!visitor) return parts_.people.get_caller(owner);
  ASSIGN_OR_RETURN(auto share, parts_.shares.find(visitor->share));
  if (!share) return no_share(visitor->share);
  return visitor_of(*share, visitor->id);
}

}  // namespace dray::service
