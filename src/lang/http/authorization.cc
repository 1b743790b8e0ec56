#include "lang/http/authorization.h"

#include <algorithm>
#include <cassert>

#include "base/text.h"
#include "lang/http/characters.h"

namespace dray::http {
namespace {

Error invalid(const char* message) { return Error{Code::invalid, message}; }

// user-pass = user-id ":" password, both without control characters   (RFC 7617, section 2)
Result<Credentials> parse_basic(std::string_view encoded) {
  auto bytes = parse_base64(encoded);
  if (!bytes) return invalid("the Basic credentials are not valid base64");
  auto text = text_of(*bytes);
  auto colon = text.find(':');
  if (colon == std::string_view::npos || has_control(text) || !is_valid_utf8(text)) {
    return invalid("the Basic credentials are malformed");
  }
  return Credentials(BasicCredentials{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))});
}

// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="   (RFC 6750, section 2.1)
Result<Credentials> parse_bearer(std::string_view token) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/";
  auto padding = token.find_first_not_of(letters);
  if (token.empty() || padding == 0 || token.find_first_not_of('=', std::min(padding, token.size())) != token.npos) {
    return invalid("the bearer token is malformed");
  }
  return Credentials(BearerToken{std::string(token)});
}

bool is_cookie_octet(char c) { return is_visible_ascii(c) && std::string_view("\",;\\").find(c) == std::string::npos; }

}  // namespace

// credentials = auth-scheme 1*SP token68   (RFC 9110, section 11.4); schemes are compared without regard to case
Result<Credentials> parse_authorization(std::optional<std::string_view> header) {
  if (!header) return Credentials();
  auto space = std::min(header->find(' '), header->size());
  auto scheme = header->substr(0, space);
  auto rest = header->substr(std::min(header->find_first_not_of(' ', space), header->size()));
  if (equal_ignoring_case(scheme, "Basic")) return parse_basic(rest);
  if (equal_ignoring_case(scheme, "Bearer")) return parse_bearer(rest);
  return Error{Code::unauthenticated, "the authorization scheme is neither Basic nor Bearer"};
}

// cookie-string = cookie-pair *( ";" SP cookie-pair ), cookie-pair = name "=" value   (RFC 6265, section 4.2.1)
// Pieces that are no pair are skipped, as other software on the same host may have set them.
std::optional<std::string> find_cookie(const Head& head, std::string_view name) {
  for (const auto& field : head.fields) {
    if (!equal_ignoring_case(field.name, "Cookie")) continue;
    for (auto pair : split(field.value, ';')) {
      pair = trim(pair);
      auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name)
        return std::string(pair.substr(equals + 1));
    }
  }
  return std::nullopt;
}

// set-cookie-string = name "=" value *( ";" SP attribute )   (RFC 6265, section 4.1.1)
std::string format_set_cookie(std::string_view name, std::string_view value, std::string_view path,
                              std::optional<std::chrono::seconds> max_age, Secure secure, SameSite same_site) {
  assert(is_token(name) && all_are<is_cookie_octet>(value));
  assert(!has_control(path) && path.find(';') == std::string_view::npos);
  std::string out(name);
  out += '=';
  out += value;
  out += "; Path=";
  out += path;
  if (max_age) out += "; Max-Age=" + std::to_string(max_age->count());
  if (secure == Secure::yes) out += "; Secure";
  out += "; HttpOnly";
  out += same_site == SameSite::strict ? "; SameSite=Strict" : "; SameSite=Lax";
  return out;
}

}  // namespace dray::http
