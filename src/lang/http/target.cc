#include "lang/http/target.h"

#include <algorithm>

#include "base/text.h"
#include "lang/http/characters.h"

namespace dray::http {
namespace {

Error invalid(const char* message) { return Error{Code::invalid, message}; }

Result<std::string> decode(std::string_view text) {
  auto decoded = percent_decode(text);
  if (!decoded) return invalid("a percent sign is not followed by two hexadecimal digits");
  if (decoded->find('\0') != std::string::npos) return invalid("a NUL character is encoded in the request");
  if (!is_valid_utf8(*decoded)) return invalid("the request does not decode to valid UTF-8");
  return *std::move(decoded);
}

Result<std::string> decode_query_text(std::string_view text) {
  std::string blanks(text);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');  // before decoding: %2B is a plus sign
  return decode(blanks);
}

Result<std::string> decode_segment(std::string_view segment) {
  ASSIGN_OR_RETURN(auto name, decode(segment));
  // Looked at after decoding: %2e%2e and %2F mean the same to a file system as what they stand for.
  if (name == "." || name == "..") return invalid("the path has a \".\" or \"..\" segment");
  if (name.find('/') != std::string::npos) return invalid("the path has an encoded slash");
  return name;
}

// absolute-path = 1*( "/" segment )   (RFC 9110, section 4.1); only the last segment may be empty
Result<std::string> decode_path(std::string_view raw) {
  std::string path;
  path.reserve(raw.size());
  while (!raw.empty()) {
    raw.remove_prefix(1);  // the slash
    auto segment = raw.substr(0, raw.find('/'));
    raw.remove_prefix(segment.size());
    if (segment.empty() && !raw.empty()) return invalid("the path has an empty segment");
    ASSIGN_OR_RETURN(auto name, decode_segment(segment));
    path += '/';
    path += name;
  }
  return path;
}

// query = [ pair *( "&" pair ) ], pair = name [ "=" value ]   (WHATWG URL, application/x-www-form-urlencoded)
// Empty pairs are skipped.
Result<QueryPairs> decode_pairs(std::string_view raw) {
  QueryPairs pairs;
  while (!raw.empty()) {
    auto pair = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(pair.size() + 1, raw.size()));
    if (pair.empty()) continue;
    auto equals = std::min(pair.find('='), pair.size());
    ASSIGN_OR_RETURN(auto name, decode_query_text(pair.substr(0, equals)));
    ASSIGN_OR_RETURN(auto value, decode_query_text(pair.substr(std::min(equals + 1, pair.size()))));
    pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

}  // namespace

std::optional<std::string_view> Target::find(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

Result<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return invalid("the request target does not start with a slash");
  if (!all_are<is_visible_ascii>(target) || target.find('#') != std::string_view::npos) {
    return invalid("the request target contains a character that must be percent-encoded");
  }
  auto path = target.substr(0, target.find('?'));
  target.remove_prefix(std::min(path.size() + 1, target.size()));
  // Some proxies read a backslash as a slash, and so see another path than we do.
  if (path.find('\\') != std::string_view::npos) return invalid("the path has a backslash that is not encoded");

  Target out;
  ASSIGN_OR_RETURN(out.path, decode_path(path));
  ASSIGN_OR_RETURN(out.query, decode_pairs(target));
  return out;
}

std::string format_query_value(std::string_view text) {
  std::string out;
  for (;;) {
    auto slash = text.find('/');
    out += percent_encode_path(text.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    out += "%2F";
    text.remove_prefix(slash + 1);
  }
}

}  // namespace dray::http
