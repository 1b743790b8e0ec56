// Who the caller says they are: the Authorization header (RFC 7617, RFC 6750) and cookies (RFC 6265).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "lang/http/head.h"

namespace dray::http {

struct BasicCredentials {
  std::string user;  // without a colon
  std::string password;

  bool operator==(const BasicCredentials&) const = default;
};
struct BearerToken {
  std::string token;

  bool operator==(const BearerToken&) const = default;
};
using Credentials = std::variant<std::monostate, BasicCredentials, BearerToken>;  // monostate: no header

// Code::unauthenticated: another scheme. Code::invalid: bad base64, no colon, control characters or invalid UTF-8 in
// what base64 hides. The message never repeats any of the header.
Result<Credentials> parse_authorization(std::optional<std::string_view> header);

// The first cookie of that name (case-sensitive), as sent: neither quotes nor percent encoding are undone.
std::optional<std::string> find_cookie(const Head& head, std::string_view name);

enum class SameSite { lax, strict };
enum class Secure { no, yes };

// The value of Set-Cookie, always HttpOnly. Without `max_age` the cookie ends with the browser's session; zero deletes
// it. `name` is a token, `value` has only cookie octets, `path` neither ';' nor control characters; asserted.
std::string format_set_cookie(std::string_view name, std::string_view value, std::string_view path,
                              std::optional<std::chrono::seconds> max_age, Secure secure,
                              SameSite same_site = SameSite::lax);

}  // namespace dray::http
