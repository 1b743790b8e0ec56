// What every adapter of the event log must do.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "model/events/events.h"

namespace dray::model {

struct FreshEvents {
  std::shared_ptr<void> surroundings;
  std::unique_ptr<EventLog> events;
};
using EventsMaker = std::function<FreshEvents()>;

class EventLogConformance : public testing::TestWithParam<EventsMaker> {};

TEST_P(EventLogConformance, NumbersEventsAndPagesThroughThem) {
  auto fresh = GetParam()();
  auto& log = *fresh.events;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(log.append({0, Seconds(std::chrono::seconds(i)), "TEST", "ann", "/content/dam/x", {{"i", i}}}));
  }
  auto first = log.list(0, 2);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 2u);
  EXPECT_EQ(first->front().type, "TEST");
  EXPECT_EQ(first->front().user, "ann");
  auto rest = log.list(first->back().number, 10);
  ASSERT_EQ(rest->size(), 3u);
  EXPECT_EQ(rest->back().details.at("i").as_int64(), 4);
  EXPECT_LT(rest->front().number, rest->back().number);
}

}  // namespace dray::model
