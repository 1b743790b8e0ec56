// The head of a request: the gate that every request passes before anything else looks at it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace dray::http {

enum class Method { get, head, post, put, delete_, options, patch, other };
const char* name_of(Method method);  // "GET"; "OTHER" for what is not in the list, whose name is in Head::method_name

enum class KeepAlive { no, yes };

// Name as sent, value without blanks and tabs around it.
struct Field {
  std::string name;
  std::string value;

  bool operator==(const Field&) const = default;
};

struct HeadLimits {
  std::size_t bytes = 16 * 1024;  // of the whole head, its empty line included
  std::size_t fields = 100;
  std::size_t target = 8 * 1024;
};

// A request head that has passed the gate: names are tokens, values are valid UTF-8 without control characters (tabs
// aside), the target is visible ASCII and starts with '/', the length of the body is beyond doubt.
struct Head {
  Method method = Method::get;
  std::string method_name = "GET";  // as sent; names are case-sensitive
  std::string target = "/";         // origin-form, as sent: for parse_target()
  int minor_version = 1;            // 0 or 1
  std::vector<Field> fields;
  std::optional<ByteCount> content_length;  // at most 2^63 - 1
  bool chunked = false;                     // never together with content_length
  KeepAlive keep_alive = KeepAlive::yes;
  bool expects_continue = false;  // only on HTTP/1.1 and only when a body follows

  // The only or first value of a field; names are compared without regard to case. The gate leaves at most one of Host,
  // Content-Length, Transfer-Encoding and Authorization.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  bool operator==(const Head&) const = default;
};

// 400 (malformed), 414 (target too long), 417 (unknown expectation), 431 (too many fields or bytes), 501 (unknown
// transfer coding) or 505 (another version). Where the next request would start is in doubt after each of them, so the
// answer closes the connection.
struct HeadError {
  int status = 400;
  Error error;
};

// `raw` is everything up to and including the first empty line (CR LF CR LF). A reader whose buffer has grown beyond
// `limits.bytes` without finding that line may pass what it has: the answer is then 414 or 431.
// An unknown method is no error here: the router answers it with 405 or 501. Trailers are the body reader's concern.
std::variant<Head, HeadError> parse_head(std::string_view raw, const HeadLimits& limits = {});

// The index just after the first CR LF CR LF of `received`, nullopt while there is none. A line feed without its
// carriage return is an end as well: such a head is refused, and what follows need not be waited for. The first
// `search_from` bytes were already searched in an earlier call; a line end that lies across that border is found all
// the same.
std::optional<std::size_t> find_head_end(std::string_view received, std::size_t search_from = 0);

}  // namespace dray::http
