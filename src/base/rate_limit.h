// How often something may happen, for each of many keys.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace dray {

// `burst` times at once, and then once more every `pause`. Safe for use from any thread.
class RateLimit {
 public:
  RateLimit(double burst, std::chrono::seconds pause) : burst_(burst), pause_(pause) {}

  bool has_room(const std::string& key, Seconds now, double count = 1);
  void note(const std::string& key, Seconds now, double count = 1);

 private:
  struct Level {
    double used = 0;
    Seconds at{};
  };
  double used_at(const Level& level, Seconds now) const;
  void forget_old(Seconds now);

  const double burst_;
  const std::chrono::seconds pause_;
  std::mutex mutex_;
  std::unordered_map<std::string, Level> levels_;  // guarded by mutex_; at most kMostKeys
};

}  // namespace dray
