#include "service/fetching/retry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace dray::fetching {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kLongestWish{600};
constexpr milliseconds kWorthTelling{2000};  // shorter waits are not noticed

}  // namespace

milliseconds back_off(const RetryPolicy& policy, unsigned failures, double jitter) {
  auto longest = static_cast<double>(policy.longest.count());
  auto full = static_cast<double>(policy.first.count());
  for (unsigned i = 1; i < failures && full < longest; ++i) full *= 2;
  return milliseconds(static_cast<milliseconds::rep>(std::min(full, longest) * (0.5 + jitter / 2)));
}

Result<void> Retrier::wait_after(const Trouble& trouble) {
  if (stop_.requested()) return stopped();
  if (trouble.outlook == Outlook::final || ++failures_ > policy_.retries) return trouble.error;
  auto pause = back_off(policy_, failures_, jitter());
  if (trouble.retry_after) {
    if (*trouble.retry_after > kLongestWish) {
      auto wish = format_duration(static_cast<std::uint64_t>(trouble.retry_after->count()));
      return Error{trouble.error.code, fmt::format("{}; it asks to come back in {}", trouble.error.message, wish)};
    }
    // Some more than asked: all who were sent away would come back at the same moment.
    pause += std::chrono::duration_cast<milliseconds>(*trouble.retry_after);
  }
  if (pause >= kWorthTelling) {
    notice_(
        fmt::format("{}; trying again in {:.0f} s", trouble.error.message, static_cast<double>(pause.count()) / 1000));
  }
  if (stop_.wait(pause)) return stopped();
  return ok();
}

double Retrier::jitter() {
  std::uint16_t number = 0;
  random_.fill(std::as_writable_bytes(std::span(&number, 1)));
  return number / 65535.0;
}

}  // namespace dray::fetching
