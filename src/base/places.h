// Places for requests that wait: so many in all, so many of one owner. Nobody takes them all.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace dray {

// Safe for use from any thread.
class Places {
 public:
  Places(unsigned all, unsigned of_owner) : all_(all), of_owner_(of_owner) {}

  class Taken {  // until it goes
   public:
    Taken(Places& places, std::string owner) : places_(&places), owner_(std::move(owner)) {}
    Taken(Taken&& other) noexcept : places_(std::exchange(other.places_, nullptr)), owner_(std::move(other.owner_)) {}
    Taken& operator=(Taken&&) = delete;
    ~Taken() {
      if (places_) places_->leave(owner_);
    }

   private:
    Places* places_;
    std::string owner_;
  };

  // nullopt: all are taken, or all that an owner may have.
  std::optional<Taken> take(const std::string& owner) {
    std::lock_guard lock(mutex_);
    auto& own = owners_[owner];
    if (taken_ >= all_ || own >= of_owner_) {
      if (own == 0) owners_.erase(owner);
      return std::nullopt;
    }
    ++own;
    ++taken_;
    return std::optional<Taken>(std::in_place, *this, owner);
  }

 private:
  void leave(const std::string& owner) {
    std::lock_guard lock(mutex_);
    --taken_;
    auto own = owners_.find(owner);
    if (--own->second == 0) owners_.erase(own);
  }

  const unsigned all_, of_owner_;
  std::mutex mutex_;
  unsigned taken_ = 0;
  std::unordered_map<std::string, unsigned> owners_;  // those that have some
};

}  // namespace dray
