// What every adapter of the job queue must do.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "model/jobs/job_queue.h"

namespace dray::model {

struct FreshJobs {
  std::shared_ptr<void> surroundings;
  std::unique_ptr<JobQueue> jobs;
};
using JobsMaker = std::function<FreshJobs()>;

class JobQueueConformance : public testing::TestWithParam<JobsMaker> {
 protected:
  static Seconds at(int seconds) { return Seconds(std::chrono::seconds(seconds)); }
  std::optional<Job> take(int now, std::string_view kind = "render") {
    auto job = jobs_.take(kind, at(now), std::chrono::seconds(60));
    EXPECT_TRUE(job);
    return *job;
  }
  JobCounts count() { return *jobs_.count("render"); }

  FreshJobs fresh_ = GetParam()();
  JobQueue& jobs_ = *fresh_.jobs;
};

TEST_P(JobQueueConformance, GivesTheOldestFirstAndEachOnce) {
  ASSERT_TRUE(jobs_.add({{"render", "a", {{"n", 1}}}, {"render", "b", {}}, {"mail", "c", {}}}, at(0)));
  auto first = take(1), second = take(1);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->subject, "a");
  EXPECT_EQ(first->details.at("n").as_int64(), 1);
  EXPECT_EQ(first->attempts, 1);
  EXPECT_EQ(second->subject, "b");
  EXPECT_FALSE(take(1));
  EXPECT_EQ(count(), (JobCounts{0, 2, 0}));
  ASSERT_TRUE(jobs_.finish(*first));
  ASSERT_TRUE(jobs_.finish(*second));
  EXPECT_EQ(count(), JobCounts());
  EXPECT_EQ(take(1, "mail")->subject, "c");
}

TEST_P(JobQueueConformance, KeepsAJobThatRunsOn) {
  ASSERT_TRUE(jobs_.add({{"render", "a", {}}}, at(0)));
  auto job = take(0);
  ASSERT_TRUE(jobs_.extend(*job, at(100)));
  EXPECT_FALSE(take(60));
  auto again = take(100);
  ASSERT_TRUE(again);
  ASSERT_TRUE(jobs_.extend(*job, at(1000)));  // by whoever lost it
  EXPECT_TRUE(take(160));
}

TEST_P(JobQueueConformance, TakesBackAJobAsIfItHadNotBeenTaken) {
  ASSERT_TRUE(jobs_.add({{"render", "a", {}}}, at(0)));
  auto job = take(0);
  ASSERT_TRUE(jobs_.give_back(*job));
  auto again = take(0);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempts, 1);
  ASSERT_TRUE(jobs_.finish(*again));
  ASSERT_TRUE(jobs_.give_back(*again));
  EXPECT_EQ(count(), JobCounts());
}

TEST_P(JobQueueConformance, GivesAJobToAnotherWhenItsLeaseHasEnded) {
  ASSERT_TRUE(jobs_.add({{"render", "a", {}}}, at(0)));
  auto lost = take(0);
  EXPECT_FALSE(take(59));
  auto again = take(60);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempts, 2);
  ASSERT_TRUE(jobs_.finish(*lost));  // by whoever lost it
  ASSERT_TRUE(jobs_.fail(*lost, "late"));
  EXPECT_EQ(count(), (JobCounts{0, 1, 0}));
  ASSERT_TRUE(jobs_.finish(*again));
  EXPECT_EQ(count(), JobCounts());
}

TEST_P(JobQueueConformance, TriesAgainNotBeforeItsTime) {
  ASSERT_TRUE(jobs_.add({{"render", "a", {}}}, at(0)));
  ASSERT_TRUE(jobs_.retry(*take(0), at(30), "busy"));
  EXPECT_FALSE(take(29));
  auto again = take(30);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->failure, "busy");
  ASSERT_TRUE(jobs_.fail(*again, "damaged"));
  EXPECT_FALSE(take(1000));
  EXPECT_EQ(count(), (JobCounts{0, 0, 1}));
  auto failed = *jobs_.list("render", 10);
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].failure, "damaged");
  EXPECT_EQ(failed[0].subject, "a");
}

TEST_P(JobQueueConformance, ListsAllAsTheyAreAtOneMoment) {
  ASSERT_TRUE(jobs_.add({{"render", "a", {}}, {"render", "b", {}}, {"render", "c", {}}, {"other", "d", {}}}, at(0)));
  ASSERT_TRUE(jobs_.fail(*take(0), "damaged"));
  ASSERT_TRUE(take(0));
  auto text = [&](std::size_t limit) {
    std::string text;
    for (const auto& job : *jobs_.list("render", limit))
      text += job.subject + ":" + std::string(name_of(job.state)) + " ";
    return text;
  };
  EXPECT_EQ(text(10), "a:failed b:running c:waiting ");
  EXPECT_EQ(text(2), "a:failed b:running ");
  std::atomic<bool> done = false;
  std::thread tries([&] {  // it waits and runs by turns
    for (int i = 0; i < 200; ++i) {
      if (auto job = take(0)) (void)jobs_.retry(*job, at(0), "busy");
    }
    done = true;
  });
  while (!done) EXPECT_EQ(jobs_.list("render", 10)->size(), 3u) << "none is missed between two states";
  tries.join();
}

TEST_P(JobQueueConformance, TriesAFailedOneAnewOrForgetsIt) {
  ASSERT_TRUE(jobs_.add({{"render", "a", {}}, {"render", "b", {}}}, at(0)));
  EXPECT_FALSE(*jobs_.revive("render", "a", at(1))) << "it has not failed";
  EXPECT_FALSE(*jobs_.forget("render", "a"));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(jobs_.fail(*take(0), "damaged"));
  EXPECT_FALSE(*jobs_.revive("other", "a", at(1)));
  EXPECT_TRUE(*jobs_.revive("render", "a", at(5)));
  EXPECT_FALSE(take(4));
  EXPECT_EQ(take(5)->attempts, 1);
  EXPECT_TRUE(*jobs_.forget("render", "b"));
  EXPECT_FALSE(*jobs_.forget("render", "b"));
  EXPECT_EQ(count(), (JobCounts{0, 1, 0}));
}

TEST_P(JobQueueConformance, HasOneJobForASubjectAndCarriesItOutAgainWhenItIsAddedAgain) {
  ASSERT_TRUE(jobs_.add({{"render", "a", {{"n", 1}}}}, at(0)));
  ASSERT_TRUE(jobs_.add({{"render", "a", {{"n", 2}}}}, at(0)));
  EXPECT_EQ(count(), (JobCounts{1, 0, 0}));
  auto running = take(0);
  EXPECT_EQ(running->details.at("n").as_int64(), 2);
  ASSERT_TRUE(jobs_.add({{"render", "a", {{"n", 3}}}}, at(0)));
  ASSERT_TRUE(jobs_.finish(*running));
  auto again = take(0);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->details.at("n").as_int64(), 3);
  ASSERT_TRUE(jobs_.fail(*again, "damaged"));
  ASSERT_TRUE(jobs_.add({{"render", "a", {}}}, at(0)));
  EXPECT_TRUE(take(0)) << "a failed one too";
}

TEST_P(JobQueueConformance, AddsWhatFollowsWithTheEndOfAJob) {
  ASSERT_TRUE(jobs_.add({{"render", "a", {}}}, at(0)));
  auto job = take(0);
  ASSERT_TRUE(jobs_.finish(*job, {{"render", "b", {}}, {"render", "c", {}}}, at(5)));
  EXPECT_EQ(count(), (JobCounts{2, 0, 0}));
  EXPECT_FALSE(take(4));
  EXPECT_EQ(take(5)->subject, "b");
  ASSERT_TRUE(jobs_.finish(*job, {{"render", "d", {}}}, at(5))) << "it ended before";
  EXPECT_EQ(count(), (JobCounts{1, 1, 0}));
}

TEST_P(JobQueueConformance, GivesOwnersTheirTurns) {
  auto draft = [](std::string subject, std::string owner) {
    return JobDraft{"d", std::move(subject), {}, std::move(owner)};
  };
  ASSERT_TRUE(jobs_.add({draft("a1", "ann"), draft("a2", "ann"), draft("a3", "ann"), draft("b1", "bob")}, at(1)));
  ASSERT_TRUE(jobs_.add({draft("b2", "bob")}, at(1)));
  EXPECT_EQ(*jobs_.count_of("d", "ann"), 3u);
  EXPECT_EQ(*jobs_.count_of("d", "bob"), 2u);
  EXPECT_EQ(*jobs_.count_of("d", "eve"), 0u);
  std::string order;
  while (auto job = *jobs_.take("d", at(1), std::chrono::seconds(60), Turn::by_owner)) {
    order += job->subject + " ";
    if (job->subject == "a2") {  // who is new comes first
      ASSERT_TRUE(jobs_.add({draft("c1", "cay")}, at(1)));
    }
  }
  EXPECT_EQ(order, "a1 b1 a2 c1 b2 a3 ");
}

TEST_P(JobQueueConformance, LetsOnlySoManyOfAnOwnerRun) {
  auto draft = [](std::string subject, std::string owner) {
    return JobDraft{"d", std::move(subject), {}, std::move(owner)};
  };
  ASSERT_TRUE(jobs_.add({draft("a1", "ann"), draft("a2", "ann"), draft("a3", "ann"), draft("b1", "bob")}, at(1)));
  auto take = [&](int now, Turn turn) { return *jobs_.take("d", at(now), std::chrono::seconds(60), turn, 2); };
  auto first = take(1, Turn::oldest), second = take(1, Turn::oldest), other = take(1, Turn::oldest);
  ASSERT_TRUE(first && second && other);
  EXPECT_EQ(first->subject + second->subject + other->subject, "a1a2b1") << "two of ann's, and whoever comes next";
  EXPECT_FALSE(take(1, Turn::oldest));
  EXPECT_FALSE(take(1, Turn::by_owner));
  ASSERT_TRUE(jobs_.finish(*first));
  EXPECT_EQ(take(1, Turn::by_owner)->subject, "a3") << "once one of them is done";
  ASSERT_TRUE(jobs_.add({draft("a4", "ann")}, at(1)));
  EXPECT_FALSE(take(60, Turn::by_owner));
  EXPECT_EQ(take(61, Turn::by_owner)->subject, "b1") << "those whose lease has ended do not run";
  EXPECT_EQ(take(61, Turn::by_owner)->subject, "a2");
  EXPECT_EQ(take(61, Turn::by_owner)->subject, "a3");
  EXPECT_FALSE(take(61, Turn::by_owner));
  auto unlimited = *jobs_.take("d", at(61), std::chrono::seconds(60));
  ASSERT_TRUE(unlimited);
  EXPECT_EQ(unlimited->subject, "a4");
}

}  // namespace dray::model
