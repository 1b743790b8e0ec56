#include "base/clock.h"

#include <fmt/format.h>

#include "base/text.h"

namespace dray {

std::string format_utc(Seconds time) {
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::optional<Seconds> parse_utc(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return std::nullopt;
  }
  auto number = [&](std::size_t at, std::size_t digits) {
    return static_cast<unsigned>(*parse_unsigned(text.substr(at, digits)));
  };
  std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number(0, 4))), std::chrono::month(number(5, 2)),
                                   std::chrono::day(number(8, 2)));
  unsigned hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

std::optional<Seconds> parse_date(std::string_view text) {
  constexpr std::string_view kFirst = "0000-01-01T00:00:00";
  constexpr std::size_t kYear = 4, kMonth = 7, kDay = 10, kMinute = 16, kSecond = 19;
  auto completed = [&](std::size_t size) {
    return std::string(text.substr(0, size)) + std::string(kFirst.substr(size));
  };
  if (text.size() == kYear || text.size() == kMonth || text.size() == kDay)
    return parse_utc(completed(text.size()) + "Z");
  if (text.size() < kMinute) return std::nullopt;
  bool has_seconds = text.size() >= kSecond && text[kMinute] == ':';
  auto end_of_time = has_seconds ? kSecond : kMinute;
  auto time = parse_utc(completed(end_of_time) + "Z");
  auto zone = text.substr(end_of_time);
  if (zone.starts_with('.')) {
    auto end = zone.find_first_not_of("0123456789", 1);
    if (end == 1) return std::nullopt;
    zone = end == zone.npos ? std::string_view() : zone.substr(end);
  }
  if (!time || zone.empty() || zone == "Z") return time;
  if ((zone[0] != '+' && zone[0] != '-') || zone.size() != 6 || zone[3] != ':') return std::nullopt;
  auto hours = parse_unsigned(zone.substr(1, 2)), minutes = parse_unsigned(zone.substr(4));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  auto ahead = std::chrono::minutes(60 * *hours + *minutes);
  return zone[0] == '+' ? *time - ahead : *time + ahead;
}

}  // namespace dray
