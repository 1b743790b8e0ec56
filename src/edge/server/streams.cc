#include "edge/server/streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace dray::server {
namespace {

constexpr std::size_t kMostIdle = 10'000;  // owners whose pace is remembered

}  // namespace

std::chrono::nanoseconds Pace::spend(ByteCount bytes, std::chrono::steady_clock::time_point now) {
  auto takes = std::chrono::nanoseconds(
      static_cast<std::int64_t>(1e9 * static_cast<double>(bytes) / static_cast<double>(rate_)));
  std::lock_guard lock(mutex_);
  free_at_ = std::max(free_at_, now) + takes;
  return free_at_ - now;
}

bool Pace::is_idle(std::chrono::steady_clock::time_point now) {
  std::lock_guard lock(mutex_);
  return free_at_ <= now;
}

std::chrono::nanoseconds Stream::spend(ByteCount bytes, std::chrono::steady_clock::time_point now) const {
  std::chrono::nanoseconds longest{0};
  for (const auto& pace : paces_) longest = std::max(longest, pace->spend(bytes, now));
  return longest;
}

ByteCount Stream::turn() const {
  constexpr ByteCount kLeast = 64 * 1024, kPerSecond = 20;
  auto turn = std::numeric_limits<ByteCount>::max();
  for (const auto& pace : paces_) turn = std::min(turn, std::max(kLeast, pace->rate() / kPerSecond));
  return turn;
}

struct Streams::Places {
  struct Owner {
    std::size_t count = 0;
    std::shared_ptr<Pace> pace;
  };
  std::mutex mutex;
  std::size_t count = 0;                          // guarded by mutex
  std::unordered_map<std::string, Owner> owners;  // guarded by mutex
  std::shared_ptr<Pace> pace;

  void leave(const std::string& owner) {
    std::lock_guard lock(mutex);
    --count;
    auto found = owners.find(owner);
    if (--found->second.count == 0 && !found->second.pace) owners.erase(found);
  }

  void forget_idle() {
    auto now = std::chrono::steady_clock::now();
    std::erase_if(owners, [&](const auto& one) {
      return one.second.count == 0 && (!one.second.pace || one.second.pace->is_idle(now));
    });
  }
};

Streams::Streams(StreamConfig config) : config_(config), places_(std::make_shared<Places>()) {
  if (config.rate_in_total > 0) places_->pace = std::make_shared<Pace>(config.rate_in_total);
}

Result<std::shared_ptr<const Stream>> Streams::enter(const std::string& owner, Need need) {
  bool has_pace = config_.rate_of_owner > 0 || config_.rate_in_total > 0;
  if (need == Need::pace && !has_pace) return std::shared_ptr<const Stream>();
  std::lock_guard lock(places_->mutex);
  auto& owners = places_->owners;
  if (owners.size() > kMostIdle) places_->forget_idle();
  if (need == Need::place && config_.in_total > 0 && places_->count >= config_.in_total)
    return Error{Code::busy, fmt::format("{} downloads are being sent: try again in a minute", places_->count)};
  auto& entry = owners[owner];
  if (need == Need::place && config_.of_owner > 0 && entry.count >= config_.of_owner)
    return Error{Code::busy,
                 fmt::format("{} downloads are being sent to you: wait until one of them ends", entry.count)};
  std::vector<std::shared_ptr<Pace>> paces;
  if (config_.rate_of_owner > 0 && !entry.pace) entry.pace = std::make_shared<Pace>(config_.rate_of_owner);
  if (entry.pace) paces.push_back(entry.pace);
  if (places_->pace) paces.push_back(places_->pace);
  std::shared_ptr<void> place;
  if (need == Need::place) {
    ++entry.count;
    ++places_->count;
    place = std::shared_ptr<void>(nullptr, [places = places_, owner](void*) { places->leave(owner); });
  }
  return std::shared_ptr<const Stream>(std::make_shared<Stream>(std::move(paces), std::move(place)));
}

std::size_t Streams::count() const {
  std::lock_guard lock(places_->mutex);
  return places_->count;
}

}  // namespace dray::server
