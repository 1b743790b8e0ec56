// The port to durable jobs.
//
//   waiting ─take─► running ─finish─► (gone)
//      ├─give_back─────┤
//      ▲               │ ├─retry──► waiting, not before a time
//      └─lease ends────┘ └─fail───► failed ─add─► waiting
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace dray::model {

enum class JobState { waiting, running, failed };
std::string_view name_of(JobState state);

struct JobDraft {
  std::string kind;     // what is to be done
  std::string subject;  // with what; there is one job of a kind for a subject
  json::object details;
  std::string owner = {};  // whose turn it is then: see Turn
};

// Which of several jobs is next: the oldest, or the oldest of whoever has waited longest for a turn.
enum class Turn { oldest, by_owner };

struct Job {
  std::int64_t id = 0;
  std::string kind, subject, owner;
  json::object details;
  JobState state = JobState::waiting;
  int attempts = 0;       // that were begun
  Seconds not_before{};   // while it waits
  Seconds lease_until{};  // while it runs
  std::string failure;    // of the last attempt
};

struct JobCounts {
  std::uint64_t waiting = 0, running = 0, failed = 0;
  bool operator==(const JobCounts&) const = default;
};

// Safe for use from any thread and process.
class JobQueue {
 public:
  virtual ~JobQueue() = default;
  // All or none. Where there is a job of that kind for that subject already, it takes the new details and waits again,
  // even while it runs: then it will be carried out once more.
  virtual Result<void> add(const std::vector<JobDraft>& drafts, Seconds now) = 0;
  // One that waits, or whose lease has ended; nullopt where there is none. It runs from now on. Owners of whom so many
  // jobs of the kind run already have to wait; 0: any number may.
  virtual Result<std::optional<Job>> take(std::string_view kind, Seconds now, std::chrono::seconds lease,
                                          Turn turn = Turn::oldest, unsigned most_of_owner = 0) = 0;
  // The next five do nothing to a job that was added again or taken by another since: `job` is as take() gave it.
  virtual Result<void> finish(const Job& job, const std::vector<JobDraft>& next, Seconds now) = 0;  // and adds those
  Result<void> finish(const Job& job) { return finish(job, {}, {}); }
  virtual Result<void> extend(const Job& job, Seconds lease_until) = 0;  // it runs on
  virtual Result<void> give_back(const Job& job) = 0;                    // as if it had not been taken
  virtual Result<void> retry(const Job& job, Seconds not_before, const std::string& failure) = 0;
  virtual Result<void> fail(const Job& job, const std::string& failure) = 0;
  // A failed one is tried anew from `now` on, or forgotten: false where there is none of that kind for that subject.
  virtual Result<bool> revive(std::string_view kind, const std::string& subject, Seconds now) = 0;
  virtual Result<bool> forget(std::string_view kind, const std::string& subject) = 0;
  virtual Result<JobCounts> count(std::string_view kind) const = 0;
  virtual Result<std::uint64_t> count_of(std::string_view kind, const std::string& owner) const = 0;  // not failed
  // As they are at one moment: first those that failed, then those that run, then those that wait; each the newest
  // first.
  virtual Result<std::vector<Job>> list(std::string_view kind, std::size_t limit) const = 0;
};

std::unique_ptr<JobQueue> make_memory_jobs();

}  // namespace dray::model
