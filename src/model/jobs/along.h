// What is written in the same transaction as something else.
#pragma once

#include <vector>

#include "model/events/events.h"
#include "model/jobs/job_queue.h"

namespace dray::model {

struct Along {
  std::vector<JobDraft> jobs = {};
  std::vector<Event> events = {};
};

}  // namespace dray::model
