// The time of day as a dependency, so that tests can turn it by hand.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace dray {

using Seconds = std::chrono::sys_seconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Seconds now() const = 0;  // from any thread
};

class SystemClock final : public Clock {
 public:
  Seconds now() const override { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Seconds now) : now_(now) {}
  Seconds now() const override { return now_; }
  void advance(std::chrono::seconds by) { now_ += by; }

 private:
  Seconds now_;
};

std::string format_utc(Seconds time);                        // "2026-11-24T10:30:00Z"
std::optional<Seconds> parse_utc(std::string_view iso8601);  // that form only
// As XMP has dates: a year, month or day alone, which begins at midnight, or a time with or without seconds and their
// fractions, and a zone: "Z", "+01:00"; without one it is UTC.
std::optional<Seconds> parse_date(std::string_view iso8601);

}  // namespace dray
