#include "service/fetching/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/text.h"
#include "service/fetching/answers.h"

namespace dray::fetching {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
Handle make_handle() { return {curl_url(), curl_url_cleanup}; }

std::optional<std::string> part_of(const Handle& handle, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle.get(), part, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

Error bad_address() { return {Code::invalid, "not an http or https address"}; }

Result<Url> take_apart(const Handle& handle) {
  if (part_of(handle, CURLUPART_USER) || part_of(handle, CURLUPART_PASSWORD)) {
    return Error{Code::invalid, "an address must not hold a name or a password; use --user or --token-file"};
  }
  auto scheme = part_of(handle, CURLUPART_SCHEME), host = part_of(handle, CURLUPART_HOST);
  auto port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (!scheme || !host || !port || (*scheme != "http" && *scheme != "https")) return bad_address();
  curl_url_set(handle.get(), CURLUPART_FRAGMENT, nullptr, 0);
  Url url;
  url.text = part_of(handle, CURLUPART_URL).value_or("");
  url.origin = fmt::format("{}://{}:{}", *scheme, ascii_lower(*host), *port);
  curl_url_set(handle.get(), CURLUPART_QUERY, nullptr, 0);
  url.shown = printable(part_of(handle, CURLUPART_URL).value_or(""));
  return url;
}

}  // namespace

std::string Url::last_segment() const {
  auto path = text.substr(0, text.find('?'));
  auto slash = path.rfind('/');
  return percent_decode(path.substr(slash + 1)).value_or("");
}

Result<Url> parse_url(std::string_view text) {
  auto handle = make_handle();
  if (curl_url_set(handle.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK) return bad_address();
  return take_apart(handle);
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  auto handle = make_handle();
  if (curl_url_set(handle.get(), CURLUPART_URL, base.text.c_str(), 0) != CURLUE_OK) return bad_address();
  if (curl_url_set(handle.get(), CURLUPART_URL, std::string(reference).c_str(), 0) != CURLUE_OK) return bad_address();
  return take_apart(handle);
}

Result<Url> url_on_server(const Url& server, std::string_view path) {
  if (!path.starts_with('/') || path.starts_with("//")) {
    ASSIGN_OR_RETURN(auto url, resolve_url(server, path));
    if (url.origin != server.origin)
      return Error{Code::denied, "the server sends us to another place, which is not followed: " + url.origin};
    return url;
  }
  auto base = server.text.substr(0, server.text.find('?'));
  while (base.ends_with('/')) base.pop_back();
  return parse_url(base + std::string(path));
}

}  // namespace dray::fetching
