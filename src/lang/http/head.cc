#include "lang/http/head.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/text.h"
#include "lang/http/characters.h"

namespace dray::http {
namespace {

constexpr std::array kMethodNames = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
// Methods, versions and most names are short; room for this many fields covers what browsers send.
constexpr std::size_t kUsualFields = 24;

using Refusal = std::optional<HeadError>;

HeadError refuse(int status, const char* message) {
  bool size = status == 414 || status == 431;
  return HeadError{status, Error{size ? Code::too_large : Code::invalid, message}};
}

Method method_of(std::string_view name) {
  auto found = std::find(kMethodNames.begin(), kMethodNames.end(), name);
  return static_cast<Method>(found - kMethodNames.begin());  // the end of the list is Method::other
}

// Takes the first line off `rest`, which ends with CRLF.
std::string_view take_line(std::string_view& rest) {
  auto end = rest.find("\r\n");
  auto line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

HeadError refuse_oversize(std::string_view raw, const HeadLimits& limits) {
  auto line = raw.substr(0, raw.find("\r\n"));
  if (auto blank = line.find(' '); blank != std::string_view::npos) {
    auto target = line.substr(blank + 1);
    if (target.substr(0, target.find(' ')).size() > limits.target) return refuse(414, "the request target is too long");
  }
  return refuse(431, "the request head is too large");
}

// HTTP-version = "HTTP" "/" DIGIT "." DIGIT   (RFC 9112, section 2.3)
Refusal read_version(std::string_view version, Head& head) {
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' || !is_digit(version[5]) ||
      !is_digit(version[7])) {
    return refuse(400, "the request line is malformed");
  }
  if (version[5] != '1' || version[7] > '1') return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  head.minor_version = version[7] - '0';
  return {};
}

// origin-form = absolute-path [ "?" query ]   (RFC 9112, section 3.2.1)
// The other forms are for proxies; "OPTIONS *" is refused with them, so that everything inside sees a path. Beyond the
// grammar some visible characters pass which browsers leave as they are in queries: | ^ { } and the like.
Refusal read_target(std::string_view target, const HeadLimits& limits, Head& head) {
  if (target.size() > limits.target) return refuse(414, "the request target is too long");
  if (!target.starts_with('/')) return refuse(400, "the request target does not start with a slash");
  if (!all_are<is_visible_ascii>(target) || target.find('#') != std::string_view::npos) {
    return refuse(400, "the request target contains a character that must be percent-encoded");
  }
  head.target = target;
  return {};
}

// request-line = method SP request-target SP HTTP-version   (RFC 9112, section 3)
// Single blanks only: proxies disagree about what others mean.
Refusal read_request_line(std::string_view line, const HeadLimits& limits, Head& head) {
  auto first = line.find(' ');
  auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || !is_token(line.substr(0, first))) {
    return refuse(400, "the request line is malformed");
  }
  if (auto refusal = read_version(line.substr(second + 1), head)) return refusal;
  head.method_name = line.substr(0, first);
  head.method = method_of(head.method_name);
  return read_target(line.substr(first + 1, second - first - 1), limits, head);
}

bool is_field_text(std::string_view value) {
  bool ascii = true;
  for (char c : value) {
    if (is_control(c) && c != '\t') return false;
    if (static_cast<unsigned char>(c) >= 0x80) ascii = false;
  }
  return ascii || is_valid_utf8(value);
}

// field-line    = field-name ":" OWS field-value OWS   (RFC 9112, section 5)
// field-name    = token
// field-value   = *( VCHAR / SP / HTAB / obs-text )    obs-text: only as valid UTF-8, so that every value is text
// A line that starts with a blank continues the one before in old clients (obs-fold) and is refused.
Refusal read_field(std::string_view line, Head& head) {
  if (line.starts_with(' ') || line.starts_with('\t')) return refuse(400, "a header field is folded");
  auto colon = line.find(':');
  if (colon == std::string_view::npos) return refuse(400, "a header line has no colon");
  auto name = line.substr(0, colon);
  if (!is_token(name)) return refuse(400, "the name of a header field is malformed");
  auto value = trim(line.substr(colon + 1));
  if (!is_field_text(value)) return refuse(400, "the value of a header field is not text");
  head.fields.push_back({std::string(name), std::string(value)});
  return {};
}

// Host     = uri-host [ ":" port ]   (RFC 9110, section 7.2); names of the DNS and addresses only:
// uri-host = "[" 1*( HEXDIG / ":" / "." ) "]" / 1*( ALPHA / DIGIT / "-" / "." / "_" )
// port     = 1*DIGIT
bool is_host(std::string_view host) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  bool bracketed = host.starts_with('[');
  if (bracketed) host.remove_prefix(1);
  auto name = host.substr(0, host.find_first_not_of(bracketed ? "0123456789abcdefABCDEF:." : letters));
  host.remove_prefix(name.size());
  if (name.empty() || (bracketed && !host.starts_with(']'))) return false;
  if (bracketed) host.remove_prefix(1);
  if (host.empty()) return true;
  return host.starts_with(':') && parse_unsigned(host.substr(1)).value_or(65536) < 65536;
}

Refusal check_host(Head& head) {
  auto hosts = head.count("Host");
  if (hosts > 1) return refuse(400, "there is more than one Host field");
  if (hosts == 0) return head.minor_version == 0 ? Refusal() : refuse(400, "there is no Host field");
  if (!is_host(*head.find("Host"))) return refuse(400, "the Host field is malformed");
  return {};
}

// Two opinions on where a body ends are how requests are smuggled (RFC 9112, sections 6.1 to 6.3 and 11.2), so whatever
// leaves any doubt is refused, even where the RFC would let us guess.
Refusal read_framing(Head& head) {
  auto lengths = head.count("Content-Length"), codings = head.count("Transfer-Encoding");
  if (lengths > 1) return refuse(400, "there is more than one Content-Length field");
  if (codings > 1) return refuse(400, "there is more than one Transfer-Encoding field");
  if (lengths && codings) return refuse(400, "there are both Content-Length and Transfer-Encoding");
  if (codings) {
    if (head.minor_version == 0) return refuse(400, "HTTP/1.0 has no transfer codings");
    auto coding = *head.find("Transfer-Encoding");
    if (coding.empty()) return refuse(400, "the Transfer-Encoding field is empty");
    if (!equal_ignoring_case(coding, "chunked")) return refuse(501, "the only transfer coding understood is chunked");
    head.chunked = true;
  }
  if (lengths) {
    auto length = parse_unsigned(*head.find("Content-Length"));
    if (!length || *length > std::numeric_limits<std::int64_t>::max()) {
      return refuse(400, "the Content-Length field is malformed");
    }
    head.content_length = *length;
  }
  return {};
}

Refusal check_authorization(Head& head) {
  if (head.count("Authorization") > 1) return refuse(400, "there is more than one Authorization field");
  return {};
}

bool list_has(std::string_view list, std::string_view element) {
  for (;;) {
    auto comma = list.find(',');
    if (equal_ignoring_case(trim(list.substr(0, comma)), element)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

// Connection = [ token *( OWS "," OWS token ) ]   (RFC 9110, section 7.6.1; persistence: RFC 9112, section 9.3)
Refusal read_connection(Head& head) {
  bool close = false, keep = head.minor_version == 1;
  for (const auto& field : head.fields) {
    if (!equal_ignoring_case(field.name, "Connection")) continue;
    close = close || list_has(field.value, "close");
    keep = keep || list_has(field.value, "keep-alive");
  }
  head.keep_alive = keep && !close ? KeepAlive::yes : KeepAlive::no;
  return {};
}

// Expect = "100-continue", which means nothing in HTTP/1.0 or without a body   (RFC 9110, section 10.1.1)
Refusal read_expectation(Head& head) {
  bool expected = false;
  for (const auto& field : head.fields) {
    if (!equal_ignoring_case(field.name, "Expect")) continue;
    if (!equal_ignoring_case(field.value, "100-continue")) return refuse(417, "the expectation cannot be met");
    expected = true;
  }
  bool has_body = head.chunked || head.content_length.value_or(0) > 0;
  head.expects_continue = expected && has_body && head.minor_version == 1;
  return {};
}

}  // namespace

const char* name_of(Method method) {
  auto index = static_cast<std::size_t>(method);
  return index < kMethodNames.size() ? kMethodNames[index] : "OTHER";
}

std::optional<std::string_view> Head::find(std::string_view name) const {
  for (const auto& field : fields) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Head::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [&](const Field& field) { return equal_ignoring_case(field.name, name); }));
}

std::variant<Head, HeadError> parse_head(std::string_view raw, const HeadLimits& limits) {
  if (raw.size() > limits.bytes) return refuse_oversize(raw, limits);
  if (!raw.ends_with("\r\n\r\n")) return refuse(400, "the request head does not end with an empty line");
  raw.remove_suffix(2);  // what is left are lines, each with its CRLF

  Head head;
  if (auto refusal = read_request_line(take_line(raw), limits, head)) return *std::move(refusal);
  head.fields.reserve(std::min(kUsualFields, limits.fields));
  while (!raw.empty()) {
    if (head.fields.size() == limits.fields) return refuse(431, "there are too many header fields");
    if (auto refusal = read_field(take_line(raw), head)) return *std::move(refusal);
  }
  for (auto step : {check_host, read_framing, check_authorization, read_connection, read_expectation}) {
    if (auto refusal = step(head)) return *std::move(refusal);
  }
  return head;
}

std::optional<std::size_t> find_head_end(std::string_view received, std::size_t search_from) {
  constexpr std::string_view end = "\r\n\r\n";
  for (auto at = received.find('\n', search_from); at != std::string_view::npos; at = received.find('\n', at + 1)) {
    auto searched = received.substr(0, at + 1);
    if (searched.ends_with(end) || !searched.ends_with("\r\n")) return searched.size();
  }
  return std::nullopt;
}

}  // namespace dray::http
