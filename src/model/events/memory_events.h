// The in-memory twin of the event log, for tests.
#pragma once

#include <memory>

#include "model/events/events.h"

namespace dray::model {

std::unique_ptr<EventLog> make_memory_events();

}  // namespace dray::model
