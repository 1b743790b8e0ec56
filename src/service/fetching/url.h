// Addresses: taken apart once, so that nothing is sent to a place that was not meant.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace dray::fetching {

struct Url {
  std::string text;    // as it is asked for
  std::string origin;  // "https://host:443", lower case
  std::string shown;   // for messages: without the query, which may hold a secret

  std::string last_segment() const;  // decoded; may be empty
};

// Absolute, http or https. A name or password in it is refused, unseen: it would stand in the list of processes.
Result<Url> parse_url(std::string_view text);
// What `reference` in an answer from `base` means.
Result<Url> resolve_url(const Url& base, std::string_view reference);
// `path` as the server names it ("/api/v1/..."), below the address of the server. A complete address is taken only if
// it is of the same origin: Code::denied.
Result<Url> url_on_server(const Url& server, std::string_view path);

}  // namespace dray::fetching
