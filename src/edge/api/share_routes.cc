// Shared links for those who make them: /api/v1/shares.
#include <fmt/format.h>

#include "base/text.h"
#include "edge/api/routes.h"
#include "service/sharing/sharing.h"

namespace dray::api {
namespace {

using model::Share;
using server::Response;

constexpr std::string_view kShares = "/api/v1/shares";

json::object to_json(const Share& share, Seconds now) {
  json::array paths, recipients;
  for (const auto& address : share.recipients) recipients.emplace_back(address);
  for (const auto& item : share.items) paths.emplace_back(item.path.text());
  json::object object{{"id", share.id},
                      {"owner", share.owner},
                      {"title", share.title},
                      {"paths", std::move(paths)},
                      {"created", format_utc(share.created)},
                      {"expires", format_utc(share.expires)},
                      {"status", share.revoked         ? "revoked"
                                 : now < share.expires ? "open"
                                                       : "expired"},
                      {"originals", share.originals},
                      {"renditions", share.renditions},
                      {"hasPassword", !share.password_hash.empty()},
                      {"downloads", share.downloads},
                      {"recipients", std::move(recipients)}};
  if (share.download_limit) object["downloadLimit"] = *share.download_limit;
  if (share.revoked) object["revoked"] = format_utc(*share.revoked);
  return object;
}

Result<Seconds> parse_time(const json::value& value) {
  auto time = value.is_string() ? parse_utc(std::string_view(value.get_string())) : std::nullopt;
  if (!time) return wrong_value("expires", "a time like 2026-12-24T18:00:00Z");
  return *time;
}

std::string* text_member(std::string_view name, service::ShareDraft& draft) {
  if (name == "title") return &draft.title;
  if (name == "password") return &draft.password;
  if (name == "subject") return &draft.subject;
  return name == "message" ? &draft.message : nullptr;
}

Result<void> read_member(std::string_view name, const json::value& value, service::ShareDraft& draft) {
  if (name == "paths") {
    if (!value.is_array()) return wrong_value(name, "a list of paths");
    for (const auto& item : value.get_array()) {
      if (!item.is_string()) return wrong_value(name, "a list of paths");
      ASSIGN_OR_RETURN(auto path, AssetPath::parse(std::string_view(item.get_string())));
      draft.paths.push_back(std::move(path));
    }
  } else if (name == "recipients") {
    if (!value.is_array()) return wrong_value(name, "a list of mail addresses");
    for (const auto& item : value.get_array()) {
      if (!item.is_string()) return wrong_value(name, "a list of mail addresses");
      draft.recipients.emplace_back(item.get_string());
    }
  } else if (auto* text = text_member(name, draft)) {
    if (!value.is_string()) return wrong_value(name, "a text");
    *text = std::string(value.get_string());
  } else if (name == "expires") {
    ASSIGN_OR_RETURN(draft.expires, parse_time(value));
  } else if (name == "originals" || name == "renditions") {
    if (!value.is_bool()) return wrong_value(name, "true or false");
    (name == "originals" ? draft.originals : draft.renditions) = value.get_bool();
  } else if (name == "downloadLimit") {
    if (!value.is_int64() || value.get_int64() < 1) return wrong_value(name, "a number from 1 on");
    draft.download_limit = static_cast<std::uint64_t>(value.get_int64());
  } else {
    return Error{Code::invalid, fmt::format("there is no member \"{}\"; known are paths, title, expires, originals, "
                                            "renditions, password, downloadLimit, recipients, subject and message",
                                            name)};
  }
  return ok();
}

Result<service::ShareDraft> parse_draft(const server::Request& request) {
  ASSIGN_OR_RETURN(auto body, parse_json_body(request));
  if (!body.is_object()) return Error{Code::invalid, "the body must be an object with \"paths\""};
  service::ShareDraft draft;
  for (const auto& member : body.get_object()) RETURN_IF_ERROR(read_member(member.key(), member.value(), draft));
  return draft;
}

Response answer(const Call& call, int status, const Result<Share>& share) {
  return share ? server::make_json_response(status, to_json(*share, call.parts.clock.now()))
               : server::make_error_response(share.error());
}

}  // namespace

Response create_share(const Call& call) {
  auto draft = parse_draft(call.request);
  if (!draft) return server::make_error_response(draft.error());
  auto made = call.parts.sharing.create(*draft, call.caller);
  if (!made) return server::make_error_response(made.error());
  auto object = to_json(made->share, call.parts.clock.now());
  object["url"] = fmt::format("{}/linkshare.html?sh={}", call.parts.config.address, made->token);
  auto response = server::make_json_response(201, object);
  response.fields.push_back({"Location", fmt::format("{}/{}", kShares, made->share.id)});
  return response;
}

Response list_shares(const Call& call) {
  auto limit = parse_limit(call.request.target, 50, 500);
  if (!limit) return server::make_error_response(limit.error());
  std::string before(call.request.target.find("before").value_or(""));
  bool everybodys = call.request.target.find("all") == "true";
  auto page = call.parts.sharing.list(call.caller, everybodys, before, *limit);
  if (!page) return server::make_error_response(page.error());
  json::array items;
  for (const auto& share : *page) items.push_back(to_json(share, call.parts.clock.now()));
  json::object object{{"items", std::move(items)}};
  object["next"] = page->size() == *limit ? json::value(page->back().id) : json::value(nullptr);
  return server::make_json_response(200, object);
}

Response get_share(const Call& call) {
  return answer(call, 200, call.parts.sharing.get(std::string(call.rest), call.caller));
}

Response change_share(const Call& call) {
  auto body = parse_json_body(call.request);
  if (!body) return server::make_error_response(body.error());
  const auto* object = body->if_object();
  const auto* expires = object && object->size() == 1 ? object->if_contains("expires") : nullptr;
  if (!expires) return server::make_error_response(400, "the body must be {\"expires\": \"2026-12-24T18:00:00Z\"}");
  auto time = parse_time(*expires);
  if (!time) return server::make_error_response(time.error());
  return answer(call, 200, call.parts.sharing.set_expiry(std::string(call.rest), *time, call.caller));
}

// The link stays in the list, as revoked.
Response revoke_share(const Call& call) {
  return answer(call, 200, call.parts.sharing.revoke(std::string(call.rest), call.caller));
}

Response get_share_settings(const Call& call) {
  auto settings = call.parts.sharing.get_settings();
  if (!settings) return server::make_error_response(settings.error());
  auto object = to_json(*settings);
  object["mayShare"] = may_share(*settings, call.caller);
  return server::make_json_response(200, object);
}

Response put_share_settings(const Call& call) {
  auto body = parse_json_body(call.request);
  if (!body) return server::make_error_response(body.error());
  auto settings = model::link_settings_from_json(*body);
  if (!settings) return server::make_error_response(settings.error());
  auto put = call.parts.sharing.put_settings(*settings, call.caller);
  return put ? get_share_settings(call) : server::make_error_response(put.error());
}

}  // namespace dray::api
