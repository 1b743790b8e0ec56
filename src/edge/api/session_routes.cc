#include <fmt/format.h>

#include "edge/api/routes.h"
#include "lang/http/authorization.h"

namespace dray::api {
namespace {

using server::Response;

Result<std::pair<std::string, std::string>> parse_sign_in(const server::Request& request) {
  ASSIGN_OR_RETURN(auto body, parse_json_body(request));
  const auto* object = body.if_object();
  const auto* user = object ? object->if_contains("user") : nullptr;
  const auto* password = object ? object->if_contains("password") : nullptr;
  if (!user || !password || !user->is_string() || !password->is_string()) {
    return Error{Code::invalid, "the body must be {\"user\": \"...\", \"password\": \"...\"}"};
  }
  return std::pair(std::string(user->get_string()), std::string(password->get_string()));
}

json::object caller_json(const model::Caller& caller) {
  json::array groups;
  for (const auto& group : caller.groups) groups.emplace_back(group);
  return {{"user", caller.user}, {"groups", std::move(groups)}};
}

http::Secure is_behind_tls(const server::Request& request) {
  return request.head.find("X-Forwarded-Proto") == "https" ? http::Secure::yes : http::Secure::no;
}

}  // namespace

Response open_session(const Call& call) {
  auto sign_in = parse_sign_in(call.request);
  if (!sign_in) return server::make_error_response(sign_in.error());
  auto caller = call.parts.accounts.check_password(sign_in->first, sign_in->second);
  if (!caller) return server::make_error_response(caller.error());
  auto session = call.parts.accounts.open_session(*caller);
  if (!session) return server::make_error_response(session.error());
  auto object = caller_json(*caller);
  object["csrfToken"] = session->csrf_token;
  auto response = server::make_json_response(200, object);
  response.fields.push_back({"Set-Cookie", http::format_set_cookie(kSessionCookie, session->secret, "/", std::nullopt,
                                                                   is_behind_tls(call.request))});
  return response;
}

Response get_session(const Call& call) { return server::make_json_response(200, caller_json(call.caller)); }

Response close_session(const Call& call) {
  if (!call.session_secret.empty()) call.parts.accounts.close_session(call.session_secret);
  Response response{204, {}, std::string()};
  response.fields.push_back({"Set-Cookie", http::format_set_cookie(kSessionCookie, "", "/", std::chrono::seconds(0),
                                                                   is_behind_tls(call.request))});
  return response;
}

// AEM's clients ask for it before every change. Callers with a password or token need none and get an empty answer, as
// from AEM.
Response get_csrf_token(const Call& call) {
  if (call.session_secret.empty()) return server::make_json_response(200, json::object());
  return server::make_json_response(200,
                                    json::object{{"token", service::Accounts::csrf_token_of(call.session_secret)}});
}

}  // namespace dray::api
