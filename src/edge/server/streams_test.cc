#include "edge/server/streams.h"

#include <gtest/gtest.h>

namespace dray::server {
namespace {

using namespace std::chrono_literals;

TEST(Streams, HaveAPlaceEachUntilTheyEnd) {
  Streams streams({.of_owner = 2, .in_total = 3});
  auto first = streams.enter("ann"), second = streams.enter("ann");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(streams.enter("ann").error().code, Code::busy);
  auto other = streams.enter("bob");
  ASSERT_TRUE(other);
  EXPECT_EQ(streams.enter("eve").error().code, Code::busy) << "all together";
  *first = nullptr;
  EXPECT_EQ(streams.count(), 2u);
  EXPECT_TRUE(streams.enter("ann"));
}

TEST(Streams, HaveNoLimitWhereItIsZero) {
  Streams streams({.of_owner = 0, .in_total = 0});
  std::vector<std::shared_ptr<const Stream>> all;
  for (int i = 0; i < 1000; ++i) all.push_back(*streams.enter("ann"));
  EXPECT_EQ(all[0]->spend(1'000'000'000, {}), 0ns);
}

TEST(Streams, ShareARate) {
  Streams streams({.rate_of_owner = 1000, .rate_in_total = 1500});
  auto ann = *streams.enter("ann"), also_ann = *streams.enter("ann"), bob = *streams.enter("bob");
  std::chrono::steady_clock::time_point now{100s};
  auto milliseconds = [](auto wait) { return std::chrono::round<std::chrono::milliseconds>(wait).count(); };
  EXPECT_EQ(milliseconds(ann->spend(1000, now)), 1000);
  EXPECT_EQ(milliseconds(also_ann->spend(1000, now)), 2000) << "of the owner";
  EXPECT_EQ(milliseconds(bob->spend(1000, now)), 2000) << "of all, where that is longer than the own";
  EXPECT_EQ(milliseconds(bob->spend(1000, now + 10s)), 1000) << "who has waited owes nothing, and has saved nothing up";
}

TEST(Streams, KeepThePaceOfWhatIsShort) {
  Streams streams({.of_owner = 1, .rate_of_owner = 1'000'000});
  auto place = *streams.enter("ann");
  auto milliseconds = [](auto wait) { return std::chrono::round<std::chrono::milliseconds>(wait).count(); };
  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now() + 1h;
  EXPECT_EQ(milliseconds((*streams.enter("ann", Streams::Need::pace))->spend(500'000, now)), 500);
  place = nullptr;
  EXPECT_EQ(milliseconds((*streams.enter("ann", Streams::Need::pace))->spend(500'000, now)), 1000)
      << "many short ones are no way around it";
  EXPECT_EQ((*streams.enter("ann"))->turn(), 64u * 1024);
  EXPECT_EQ(*Streams({}).enter("ann", Streams::Need::pace), nullptr);
}

}  // namespace
}  // namespace dray::server
