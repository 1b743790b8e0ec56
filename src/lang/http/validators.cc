#include "lang/http/validators.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>

#include "base/text.h"
#include "lang/http/characters.h"

namespace dray::http {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes a date apart from the left; after the first piece that does not fit nothing fits any more.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (fits(rest_.starts_with(expected))) rest_.remove_prefix(expected.size());
  }
  template <std::size_t n>
  unsigned word(const std::array<std::string_view, n>& words) {  // its place in the list, from 1
    auto found = std::find_if(words.begin(), words.end(), [&](auto word) { return rest_.starts_with(word); });
    if (!fits(found != words.end())) return 0;
    rest_.remove_prefix(found->size());
    return static_cast<unsigned>(found - words.begin()) + 1;
  }
  unsigned number(std::size_t digits) {
    auto value = parse_unsigned(rest_.substr(0, digits));
    if (!fits(rest_.size() >= digits && value)) return 0;
    rest_.remove_prefix(digits);
    return static_cast<unsigned>(*value);
  }
  // time-of-day = hour ":" minute ":" second, where a leap second is 60
  std::chrono::seconds time_of_day() {
    auto hour = number(2);
    literal(":");
    auto minute = number(2);
    literal(":");
    auto second = number(2);
    fits(hour < 24 && minute < 60 && second <= 60);
    return std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  }
  std::optional<Seconds> date(unsigned year, unsigned month, unsigned day, std::chrono::seconds time) {
    std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                     std::chrono::day(day));
    if (!fits(rest_.empty() && date.ok())) return std::nullopt;
    return std::chrono::sys_days(date) + time;
  }
  bool starts_with(char c) const { return rest_.starts_with(c); }

 private:
  bool fits(bool this_piece) { return fits_ = fits_ && this_piece; }

  std::string_view rest_;
  bool fits_ = true;
};

// IMF-fixdate = day-name "," SP 2DIGIT SP month SP 4DIGIT SP time-of-day SP "GMT"
std::optional<Seconds> parse_imf_date(std::string_view text) {
  DateReader in(text);
  in.word(kDays);
  in.literal(", ");
  auto day = in.number(2);
  in.literal(" ");
  auto month = in.word(kMonths);
  in.literal(" ");
  auto year = in.number(4);
  in.literal(" ");
  auto time = in.time_of_day();
  in.literal(" GMT");
  return in.date(year, month, day, time);
}

// rfc850-date = day-name-l "," SP 2DIGIT "-" month "-" 2DIGIT SP time-of-day SP "GMT"
// The RFC measures the century from today; a fixed turn keeps the answer the same every day.
std::optional<Seconds> parse_rfc850_date(std::string_view text) {
  DateReader in(text);
  in.word(kLongDays);
  in.literal(", ");
  auto day = in.number(2);
  in.literal("-");
  auto month = in.word(kMonths);
  in.literal("-");
  auto year = in.number(2);
  in.literal(" ");
  auto time = in.time_of_day();
  in.literal(" GMT");
  return in.date(year + (year < 70 ? 2000 : 1900), month, day, time);
}

// asctime-date = day-name SP month SP ( 2DIGIT / ( SP 1DIGIT ) ) SP time-of-day SP 4DIGIT
std::optional<Seconds> parse_asctime_date(std::string_view text) {
  DateReader in(text);
  in.word(kDays);
  in.literal(" ");
  auto month = in.word(kMonths);
  in.literal(" ");
  bool one_digit = in.starts_with(' ');
  if (one_digit) in.literal(" ");
  auto day = in.number(one_digit ? 1 : 2);
  in.literal(" ");
  auto time = in.time_of_day();
  in.literal(" ");
  auto year = in.number(4);
  return in.date(year, month, day, time);
}

bool is_tag_character(char c) { return is_visible_ascii(c) ? c != '"' : static_cast<unsigned char>(c) >= 0x80; }

// entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE, etagc = %x21 / %x23-7E / obs-text   (RFC 9110, section 8.8.3)
std::optional<EntityTag> take_entity_tag(std::string_view& rest) {
  EntityTag tag;
  tag.weak = rest.starts_with("W/");
  if (tag.weak) rest.remove_prefix(2);
  if (!rest.starts_with('"')) return std::nullopt;
  rest.remove_prefix(1);
  auto end = std::find_if_not(rest.begin(), rest.end(), is_tag_character);
  if (end == rest.end() || *end != '"') return std::nullopt;
  tag.value.assign(rest.begin(), end);
  rest.remove_prefix(tag.value.size() + 1);
  return tag;
}

// RFC 9110, section 8.8.3.2.
bool matches_strongly(const EntityTag& a, const EntityTag& b) { return !a.weak && !b.weak && a.value == b.value; }
bool matches_weakly(const EntityTag& a, const EntityTag& b) { return a.value == b.value; }

template <typename Matches>
bool any_matches(const std::vector<EntityTag>& tags, const EntityTag& current, Matches matches) {
  return std::any_of(tags.begin(), tags.end(), [&](const EntityTag& tag) { return matches(tag, current); });
}

// A list may be spread over several fields of one name (RFC 9110, section 5.3).
std::optional<std::string> find_list(const Head& head, std::string_view name) {
  std::optional<std::string> list;
  for (const auto& field : head.fields) {
    if (!equal_ignoring_case(field.name, name)) continue;
    if (!list)
      list = field.value;
    else
      *list += ", " + field.value;
  }
  return list;
}

std::optional<Seconds> find_date(const Head& head, std::string_view name) {
  auto value = head.find(name);
  return value ? parse_http_date(*value) : std::nullopt;
}

// If-Match = "*" / #entity-tag   (RFC 9110, section 13.1.1)
bool meets_if_match(std::string_view list, const EntityTag& current) {
  if (list == "*") return true;
  auto tags = parse_entity_tags(list);
  return tags && any_matches(*tags, current, matches_strongly);
}

// If-None-Match = "*" / #entity-tag   (RFC 9110, section 13.1.2)
bool meets_if_none_match(std::string_view list, const EntityTag& current) {
  if (list == "*") return false;
  auto tags = parse_entity_tags(list);
  return !tags || !any_matches(*tags, current, matches_weakly);
}

}  // namespace

// 1#entity-tag; empty elements are skipped (RFC 9110, section 5.6.1.2)
std::optional<std::vector<EntityTag>> parse_entity_tags(std::string_view list) {
  std::vector<EntityTag> tags;
  for (;;) {
    list = trim(list);
    if (!list.empty() && list.front() != ',') {
      auto tag = take_entity_tag(list);
      if (!tag) return std::nullopt;
      tags.push_back(*std::move(tag));
      list = trim(list);
    }
    if (list.empty()) break;
    if (list.front() != ',') return std::nullopt;
    list.remove_prefix(1);
  }
  if (tags.empty()) return std::nullopt;
  return tags;
}

std::string format_entity_tag(const EntityTag& tag) {
  assert(all_are<is_tag_character>(tag.value));
  return (tag.weak ? "W/\"" : "\"") + tag.value + '"';
}

// HTTP-date = IMF-fixdate / rfc850-date / asctime-date   (RFC 9110, section 5.6.7)
std::optional<Seconds> parse_http_date(std::string_view text) {
  auto comma = text.find(',');
  if (comma == std::string_view::npos) return parse_asctime_date(text);
  return comma == 3 ? parse_imf_date(text) : parse_rfc850_date(text);
}

std::string format_http_date(Seconds time) {
  using namespace std::chrono;
  time = std::clamp<Seconds>(time, sys_days(year(0) / 1 / 1), sys_days(year(10000) / 1 / 1) - seconds(1));
  auto day = floor<days>(time);
  year_month_day date(day);
  hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

Precondition check_preconditions(const Head& head, const Validators& current) {
  bool reads = head.method == Method::get || head.method == Method::head;
  if (auto list = find_list(head, "If-Match")) {
    if (!meets_if_match(*list, current.tag)) return Precondition::failed;
  } else if (auto date = find_date(head, "If-Unmodified-Since")) {
    if (current.last_modified > *date) return Precondition::failed;
  }
  if (auto list = find_list(head, "If-None-Match")) {
    if (!meets_if_none_match(*list, current.tag)) return reads ? Precondition::not_modified : Precondition::failed;
  } else if (reads) {
    auto date = find_date(head, "If-Modified-Since");
    if (date && current.last_modified <= *date) return Precondition::not_modified;
  }
  return Precondition::proceed;
}

// If-Range = entity-tag / HTTP-date   (RFC 9110, section 13.1.5)
bool range_applies(const Head& head, const Validators& current) {
  auto value = head.find("If-Range");
  if (!value) return true;
  if (auto date = parse_http_date(*value)) return *date == current.last_modified;
  auto tag = take_entity_tag(*value);
  return tag && value->empty() && matches_strongly(*tag, current.tag);
}

}  // namespace dray::http
