#include "edge/api/link_visit.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "edge/api/html.h"
#include "lang/http/authorization.h"

namespace dray::api {
namespace {

using server::Response;

constexpr std::string_view kCookiePath = "/";  // of all pages; the name says which link it is for
constexpr std::chrono::hours kVisit{24 * 365};

// The address that a request comes from. A proxy on this machine names the one that it passes on; of IPv6 the first
// half counts, since the second is the client's to choose.
std::string address_of(const server::Request& request) {
  auto address = request.peer;
  bool is_local = address == "127.0.0.1" || address == "::1" || address == "::ffff:127.0.0.1";
  if (auto passed_on = is_local ? request.head.find("X-Forwarded-For") : std::nullopt) {
    auto comma = passed_on->rfind(',');
    address = std::string(trim(comma == passed_on->npos ? *passed_on : passed_on->substr(comma + 1)));
  }
  in6_addr bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return address;
  return fmt::format("{:02x}", fmt::join(bytes.s6_addr, bytes.s6_addr + 8, ""));
}

http::Secure is_behind_tls(const server::Request& request) {
  return request.head.find("X-Forwarded-Proto") == "https" ? http::Secure::yes : http::Secure::no;
}

bool is_visitor(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

Response ended_page(std::string_view what) {
  auto heading = escape_html(what);
  if (heading.front() >= 'a' && heading.front() <= 'z')
    heading.front() = static_cast<char>(heading.front() - 'a' + 'A');
  return make_page_response(410, "Link ended",
                            fmt::format("<h1>{}</h1>\n<p>Ask whoever sent it for another.</p>", heading));
}

Response unknown_page() {
  return make_page_response(404, "No such link",
                            "<h1>There is no such link</h1>\n<p>Was it copied whole? Links are long: the last letter "
                            "matters.</p>");
}

Response error_page(const Error& error) {
  if (error.code == Code::gone) return ended_page(error.message);
  if (error.code == Code::not_found) return unknown_page();
  auto response = server::make_error_response(error);
  bool of_machine = response.status >= 500 && error.code != Code::busy;
  auto page = make_page_response(
      response.status, "That did not work",
      fmt::format("<h1>That did not work</h1>\n<p>{}</p>",
                  of_machine ? "Something went wrong here. Try again in a moment." : escape_html(error.message)));
  if (error.code == Code::busy) page.fields.push_back({"Retry-After", "60"});
  return page;
}

Response refused_page(const Error& error) {
  auto page = error_page(error);
  if (error.code == Code::busy) page.status = 429;
  return page;
}

Response with_cookie(const Visit& visit, Response response) {
  if (visit.is_new)
    response.fields.push_back({"Set-Cookie", http::format_set_cookie(visit.cookie(), visit.visitor, kCookiePath, kVisit,
                                                                     is_behind_tls(visit.call.request))});
  return response;
}

Result<Visit> open_visit(const Call& call) {
  Visit visit{call, std::string(call.request.target.find("sh").value_or("")), {}, "", false};
  ASSIGN_OR_RETURN(visit.open, call.parts.sharing.open(visit.token, "", address_of(call.request)));
  auto cookie = http::find_cookie(call.request.head, visit.cookie());
  visit.is_new = !cookie || !is_visitor(*cookie);
  visit.visitor = visit.is_new ? random_hex(call.parts.random, 16) : *cookie;
  visit.open.caller.visitor = visit.open.share.id + "/" + visit.visitor;
  return visit;
}

bool needs_password(const Visit& visit) {
  if (visit.open.share.password_hash.empty()) return false;
  auto shown = http::find_cookie(visit.call.request.head, visit.cookie() + "-password");
  auto proof = shown ? parse_sha256(*shown) : std::nullopt;
  return !proof || !are_equal(*proof, visit.proof());
}

Response password_page(const Visit& visit, std::string_view word) {
  auto body = fmt::format(
      "<h1>{}</h1>\n<p>{}</p>\n<form method=\"post\" action=\"{}\"><div class=\"actions\"><label>Password <input "
      "type=\"password\" name=\"password\" required autofocus></label><button>Open</button></div></form>",
      escape_html(visit.open.share.title), word, escape_html(visit.address()));
  return with_cookie(visit, make_page_response(200, visit.open.share.title, body));
}

Response redirect(const Visit& visit, const std::string& address) {
  Response response{303, {{"Location", address}, {"Cache-Control", "no-store"}}, std::string()};
  return with_cookie(visit, std::move(response));
}

Response check_password(const Visit& visit, std::string_view password) {
  auto& sharing = visit.call.parts.sharing;
  auto from = address_of(visit.call.request);
  auto may_try = sharing.check_patience(visit.open.share, from);
  if (!may_try) return refused_page(may_try.error());
  auto right = visit.call.parts.accounts.check_secret(visit.open.share.password_hash, std::string(password));
  if (!right) return error_page(right.error());
  if (!*right) {
    sharing.note_wrong_password(visit.open.share, from);
    return password_page(visit, "That was not the password. Try again.");
  }
  auto response = redirect(visit, visit.address());
  response.fields.push_back(
      {"Set-Cookie", http::format_set_cookie(visit.cookie() + "-password", visit.proof().hex(), kCookiePath, kVisit,
                                             is_behind_tls(visit.call.request))});
  return response;
}

bool is_shared(const Visit& visit, const AssetPath& path) {
  return std::any_of(visit.open.items.begin(), visit.open.items.end(),
                     [&](const model::Node& item) { return path.is_within(item.path); });
}

bool is_hidden(const Visit& visit, const model::Node& node) {
  return node.asset && node.asset->protection.has_expired(visit.call.parts.clock.now());
}

Result<model::AccessRules> rules_of(const Call& call) {
  ASSIGN_OR_RETURN(auto list, call.parts.access.list_rules());
  return model::AccessRules(std::move(list));
}

std::string format_for_people(Seconds time) {
  auto text = format_utc(time);
  return fmt::format("<time datetime=\"{}\">{} {} UTC</time>", text, text.substr(0, 10), text.substr(11, 5));
}

}  // namespace dray::api
