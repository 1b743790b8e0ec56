// Entity tags, HTTP dates and the conditions a request may carry (RFC 9110, sections 5.6.7, 8.8 and 13).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "lang/http/head.h"

namespace dray::http {

struct EntityTag {
  std::string value;  // without quotes
  bool weak = false;

  bool operator==(const EntityTag&) const = default;
};

// A list of one or more tags; nullopt when malformed. "*" is no tag: the functions below know it.
std::optional<std::vector<EntityTag>> parse_entity_tags(std::string_view list);
// The value holds visible ASCII (or bytes beyond ASCII) without a quote; asserted.
std::string format_entity_tag(const EntityTag& tag);

// All three forms. A year of two digits means 1970 to 2069; the day of the week is not compared with the date.
std::optional<Seconds> parse_http_date(std::string_view text);
std::string format_http_date(Seconds time);  // "Sun, 06 Nov 1994 08:49:37 GMT"; years 0 to 9999, others are clamped

// What identifies the current state of a representation.
struct Validators {
  EntityTag tag;
  Seconds last_modified;
};

// not_modified: answer 304. failed: answer 412.
enum class Precondition { proceed, not_modified, failed };

// In the order of RFC 9110, section 13.2.2: If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since (GET and
// HEAD only). A malformed If-Match fails, so that nothing is changed by mistake; any other malformed condition is
// ignored. The representation is taken to exist.
Precondition check_preconditions(const Head& head, const Validators& current);

// Whether a Range header may be obeyed: no If-Range, or one that matches strongly: a strong tag, or a date that equals
// last_modified to the second. Give a date only for what does not change twice within one second.
bool range_applies(const Head& head, const Validators& current);

}  // namespace dray::http
