#include "service/jobs/crew.h"

#include <gtest/gtest.h>

#include "model/jobs/job_queue.h"
#include "service/jobs/heartbeat.h"

namespace dray::service {
namespace {

using namespace std::chrono_literals;

bool eventually(const std::function<bool()>& is_true) {
  for (int i = 0; i < 1000; ++i) {
    if (is_true()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

TEST(Crew, WorksAtOnceWhenTheBellRings) {
  Bell bell;
  std::atomic<int> looks = 0, work = 0, done = 0;
  Crew crew(
      [&]() -> Result<bool> {
        ++looks;
        if (work == 0) return false;
        --work;
        ++done;
        return true;
      },
      {1, 1h}, bell);
  ASSERT_TRUE(eventually([&] { return looks > 0; }));
  work = 3;
  bell.ring();
  EXPECT_TRUE(eventually([&] { return done == 3; }));
}

TEST(Crew, GoesOnAfterFailures) {
  Bell bell;
  std::atomic<int> looks = 0;
  Crew crew(
      [&]() -> Result<bool> {
        if (++looks % 2 == 0) throw std::runtime_error("thrown");
        return Error{Code::unavailable, "answered"};
      },
      {2, 1ms}, bell);
  EXPECT_TRUE(eventually([&] { return looks > 10; }));
}

TEST(Heartbeat, KeepsAJobFromOthersAndBeats) {
  auto jobs = model::make_memory_jobs();
  SystemClock clock;
  ASSERT_TRUE(jobs->add({{"kind", "subject", {}}}, clock.now()));
  constexpr auto kLease = 3s;  // the clock has whole seconds: one may be over at once
  auto job = *jobs->take("kind", clock.now(), kLease);
  std::atomic<int> beats = 0;
  {
    Heartbeat heartbeat(
        *jobs, clock, *job, kLease, [&] { ++beats; }, 50ms);
    std::this_thread::sleep_for(kLease + 1500ms);
    EXPECT_FALSE(*jobs->take("kind", clock.now(), kLease));
  }
  EXPECT_GT(beats, 10);
  EXPECT_TRUE(eventually([&] { return jobs->take("kind", clock.now(), 1s)->has_value(); }));
}

}  // namespace
}  // namespace dray::service
