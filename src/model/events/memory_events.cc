#include "model/events/memory_events.h"

#include <mutex>

namespace dray::model {
namespace {

class Events final : public EventLog {
 public:
  Result<void> append_all(const std::vector<Event>& events) override {
    std::lock_guard lock(mutex_);
    for (const auto& event : events) {
      events_.push_back(event);
      events_.back().number = static_cast<std::int64_t>(events_.size());
    }
    return ok();
  }
  Result<std::vector<Event>> list(std::int64_t after, std::size_t limit) override {
    std::lock_guard lock(mutex_);
    std::vector<Event> found;
    for (const auto& event : events_) {
      if (event.number > after && found.size() < limit) found.push_back(event);
    }
    return found;
  }

 private:
  std::mutex mutex_;
  std::vector<Event> events_;
};

}  // namespace

std::unique_ptr<EventLog> make_memory_events() { return std::make_unique<Events>(); }

}  // namespace dray::model
