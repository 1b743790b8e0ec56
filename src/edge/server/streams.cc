#include "edge/server/streams.h"

#include <fmt/format.h>

#include <algorithm>

namespace dray::server {

std::chrono::nanoseconds Pace::spend(ByteCount bytes, std::chrono::steady_clock::time_point now) {
  auto takes = std::chrono::nanoseconds(
      static_cast<std::int64_t>(1e9 * static_cast<double>(bytes) / static_cast<double>(rate_)));
  std::lock_guard lock(mutex_);
  free_at_ = std::max(free_at_, now) + takes;
  return free_at_ - now;
}

std::chrono::nanoseconds Stream::spend(ByteCount bytes, std::chrono::steady_clock::time_point now) const {
  std::chrono::nanoseconds longest{0};
  for (const auto& pace : paces_) longest = std::max(longest, pace->spend(bytes, now));
  return longest;
}

struct Streams::Places {
  struct Owner {
    std::size_t count = 0;
    std::shared_ptr<Pace> pace;
  };
  std::mutex mutex;
  std::size_t count = 0;                          // guarded by mutex
  std::unordered_map<std::string, Owner> owners;  // guarded by mutex; those with streams
  std::shared_ptr<Pace> pace;

  void leave(const std::string& owner) {
    std::lock_guard lock(mutex);
    --count;
    auto found = owners.find(owner);
    if (--found->second.count == 0) owners.erase(found);
  }
};

Streams::Streams(StreamConfig config) : config_(config), places_(std::make_shared<Places>()) {
  if (config.rate_in_total > 0) places_->pace = std::make_shared<Pace>(config.rate_in_total);
}

Result<std::shared_ptr<const Stream>> Streams::enter(const std::string& owner) {
  std::vector<std::shared_ptr<Pace>> paces;
  std::lock_guard lock(places_->mutex);
  if (config_.in_total > 0 && places_->count >= config_.in_total)
    return Error{Code::busy, fmt::format("{} downloads are being sent: try again in a minute", places_->count)};
  auto known = places_->owners.find(owner);
  auto own = known == places_->owners.end() ? 0 : known->second.count;
  if (config_.of_owner > 0 && own >= config_.of_owner)
    return Error{Code::busy, fmt::format("{} downloads are being sent to you: wait until one of them ends", own)};
  auto& entry = places_->owners[owner];
  ++entry.count;
  ++places_->count;
  if (config_.rate_of_owner > 0 && !entry.pace) entry.pace = std::make_shared<Pace>(config_.rate_of_owner);
  if (entry.pace) paces.push_back(entry.pace);
  if (places_->pace) paces.push_back(places_->pace);
  auto place = std::shared_ptr<void>(nullptr, [places = places_, owner](void*) { places->leave(owner); });
  return std::shared_ptr<const Stream>(std::make_shared<Stream>(std::move(paces), std::move(place)));
}

std::size_t Streams::count() const {
  std::lock_guard lock(places_->mutex);
  return places_->count;
}

}  // namespace dray::server
