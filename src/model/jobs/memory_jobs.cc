#include <algorithm>
#include <map>
#include <mutex>

#include "model/jobs/job_queue.h"

namespace dray::model {
namespace {

class MemoryJobs final : public JobQueue {
 public:
  Result<void> add(const std::vector<JobDraft>& drafts, Seconds now) override {
    std::lock_guard lock(mutex_);
    for (const auto& draft : drafts) {
      std::erase_if(jobs_, [&](const Job& job) { return job.kind == draft.kind && job.subject == draft.subject; });
      put(draft, now);
    }
    return ok();
  }

  Result<std::optional<Job>> take(std::string_view kind, Seconds now, std::chrono::seconds lease, Turn turn,
                                  unsigned most_of_owner) override {
    std::lock_guard lock(mutex_);
    std::map<std::string, unsigned> running;
    for (const auto& job : jobs_) {
      if (job.kind == kind && job.state == JobState::running && job.lease_until > now) ++running[job.owner];
    }
    auto place = [&](const Job& job) {
      auto taken = turn == Turn::by_owner ? turns_[{job.kind, job.owner}] : 0;
      return std::pair(taken, job.id);
    };
    Job* next = nullptr;
    for (auto& job : jobs_) {
      bool waits = job.state == JobState::waiting && job.not_before <= now;
      bool is_lost = job.state == JobState::running && job.lease_until <= now;
      bool may_run = most_of_owner == 0 || running[job.owner] < most_of_owner;
      if (job.kind == kind && (waits || is_lost) && may_run && (!next || place(job) < place(*next))) next = &job;
    }
    if (!next) return std::optional<Job>();
    if (turn == Turn::by_owner) turns_[{next->kind, next->owner}] = ++last_turn_;
    next->state = JobState::running;
    next->lease_until = now + lease;
    ++next->attempts;
    return std::optional(*next);
  }

  Result<void> finish(const Job& job, const std::vector<JobDraft>& next, Seconds now) override {
    {
      std::lock_guard lock(mutex_);
      if (std::erase_if(jobs_, [&](const Job& other) { return is_same(other, job); }) == 0) return ok();
    }
    return add(next, now);
  }

  Result<void> extend(const Job& job, Seconds lease_until) override {
    return change(job, [&](Job& same) { same.lease_until = lease_until; });
  }

  Result<void> give_back(const Job& job) override {
    return change(job, [&](Job& same) {
      same.state = JobState::waiting;
      same.not_before = {};
      --same.attempts;
    });
  }

  Result<void> retry(const Job& job, Seconds not_before, const std::string& failure) override {
    return change(job, [&](Job& same) {
      same.state = JobState::waiting;
      same.not_before = not_before;
      same.failure = failure;
    });
  }

  Result<void> fail(const Job& job, const std::string& failure) override {
    return change(job, [&](Job& same) {
      same.state = JobState::failed;
      same.failure = failure;
    });
  }

  Result<bool> revive(std::string_view kind, const std::string& subject, Seconds now) override {
    std::lock_guard lock(mutex_);
    auto job = find_failed(kind, subject);
    if (job == jobs_.end()) return false;
    job->state = JobState::waiting;
    job->attempts = 0;
    job->not_before = now;
    return true;
  }

  Result<bool> forget(std::string_view kind, const std::string& subject) override {
    std::lock_guard lock(mutex_);
    auto job = find_failed(kind, subject);
    if (job == jobs_.end()) return false;
    jobs_.erase(job);
    return true;
  }

  Result<JobCounts> count(std::string_view kind) const override {
    std::lock_guard lock(mutex_);
    JobCounts counts;
    for (const auto& job : jobs_) {
      if (job.kind != kind) continue;
      ++(job.state == JobState::waiting   ? counts.waiting
         : job.state == JobState::running ? counts.running
                                          : counts.failed);
    }
    return counts;
  }

  Result<std::uint64_t> count_of(std::string_view kind, const std::string& owner) const override {
    std::lock_guard lock(mutex_);
    return static_cast<std::uint64_t>(std::count_if(jobs_.begin(), jobs_.end(), [&](const Job& job) {
      return job.kind == kind && job.owner == owner && job.state != JobState::failed;
    }));
  }

  Result<std::vector<Job>> list(std::string_view kind, std::size_t limit) const override {
    std::lock_guard lock(mutex_);
    std::vector<Job> listed;
    for (auto state : {JobState::failed, JobState::running, JobState::waiting}) {
      for (auto job = jobs_.rbegin(); job != jobs_.rend() && listed.size() < limit; ++job) {
        if (job->kind == kind && job->state == state) listed.push_back(*job);
      }
    }
    return listed;
  }

 private:
  static bool is_same(const Job& one, const Job& other) { return one.id == other.id && one.attempts == other.attempts; }

  std::vector<Job>::iterator find_failed(std::string_view kind, const std::string& subject) {
    return std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) {
      return job.kind == kind && job.subject == subject && job.state == JobState::failed;
    });
  }

  void put(const JobDraft& draft, Seconds now) {
    Job job;
    job.id = ++last_id_;
    job.kind = draft.kind;
    job.subject = draft.subject;
    job.owner = draft.owner;
    job.details = draft.details;
    job.not_before = now;
    jobs_.push_back(std::move(job));
  }

  template <typename Change>
  Result<void> change(const Job& job, Change change) {
    std::lock_guard lock(mutex_);
    for (auto& other : jobs_) {
      if (is_same(other, job) && other.state == JobState::running) change(other);
    }
    return ok();
  }

  mutable std::mutex mutex_;
  std::vector<Job> jobs_;  // by id
  std::int64_t last_id_ = 0;
  std::map<std::pair<std::string, std::string>, std::int64_t> turns_;  // by kind and owner
  std::int64_t last_turn_ = 0;
};

}  // namespace

std::string_view name_of(JobState state) {
  return state == JobState::waiting ? "waiting" : state == JobState::running ? "running" : "failed";
}

std::unique_ptr<JobQueue> make_memory_jobs() { return std::make_unique<MemoryJobs>(); }

}  // namespace dray::model
