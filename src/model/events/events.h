// The append-only log of what an administrator would want to know later.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace dray::model {

struct Event {
  std::int64_t number = 0;  // given by the log, ascending
  Seconds time{};
  std::string type;  // "DOWNLOAD_CREATED", "ASSETS_IMPORTED", ... upper case, as AEM's DAM events
  std::string user;  // who did it; empty: nobody signed in
  std::string path;  // of what it was done to; may be empty
  json::object details;
};

// Safe for use from any thread.
class EventLog {
 public:
  virtual ~EventLog() = default;
  virtual Result<void> append_all(const std::vector<Event>& events) = 0;  // all or none; their `number` is ignored
  Result<void> append(const Event& event) { return append_all({event}); }
  virtual Result<std::vector<Event>> list(std::int64_t after_number, std::size_t limit) = 0;
};

}  // namespace dray::model
