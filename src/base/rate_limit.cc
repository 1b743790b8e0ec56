#include "base/rate_limit.h"

#include <algorithm>

namespace dray {
namespace {

constexpr std::size_t kMostKeys = 100'000;

}  // namespace

double RateLimit::used_at(const Level& level, Seconds now) const {
  auto passed = std::chrono::duration<double>(now - level.at) / std::chrono::duration<double>(pause_);
  return std::max(0.0, level.used - std::max(0.0, passed));
}

bool RateLimit::has_room(const std::string& key, Seconds now, double count) {
  std::lock_guard lock(mutex_);
  auto level = levels_.find(key);
  return level == levels_.end() ? count <= burst_ : used_at(level->second, now) + count <= burst_;
}

void RateLimit::note(const std::string& key, Seconds now, double count) {
  std::lock_guard lock(mutex_);
  if (levels_.size() >= kMostKeys) forget_old(now);
  auto& level = levels_[key];
  level = {used_at(level, now) + count, now};
}

// Those who have their whole burst again; all of them where that leaves too many.
void RateLimit::forget_old(Seconds now) {
  std::erase_if(levels_, [&](const auto& one) { return used_at(one.second, now) == 0; });
  if (levels_.size() >= kMostKeys) levels_.clear();
}

}  // namespace dray
