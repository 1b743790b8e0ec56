#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

using model::Job;
using model::JobState;

// ?1 the kind, ?2 failed, ?3 now, ?4 how many of an owner may run (0: any number), ?5 running.
#define IS_DUE                                                                                                  \
  "kind = ?1 AND state <> ?2 AND due <= ?3 AND (?4 = 0 OR owner NOT IN (SELECT owner FROM job WHERE kind = ?1 " \
  "AND state = ?5 AND due > ?3 GROUP BY owner HAVING count(*) >= ?4))"
#define JOB_COLUMNS "id, kind, subject, details, state, attempts, due, failure, owner"

std::int64_t number(JobState state) { return static_cast<std::int64_t>(state); }

class Jobs final : public model::JobQueue {
 public:
  explicit Jobs(SharedDatabase database) : database_(std::move(database)) {}

  Result<void> add(const std::vector<model::JobDraft>& drafts, Seconds now) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      add_jobs(*transaction.operator->(), drafts, now);
      transaction.commit();
      return ok();
    });
  }

  Result<std::optional<Job>> take(std::string_view kind, Seconds now, std::chrono::seconds lease, model::Turn turn,
                                  unsigned most_of_owner) override {
    return guarded([&]() -> Result<std::optional<Job>> {
      if (!has_due(kind, now, most_of_owner)) return std::optional<Job>();  // without waiting for the writer
      auto transaction = database_->write();
      auto row = transaction->prepare(
          turn == model::Turn::oldest ? "SELECT " JOB_COLUMNS " FROM job WHERE " IS_DUE " ORDER BY id LIMIT 1"
                                      : "SELECT " JOB_COLUMNS " FROM job WHERE " IS_DUE
                                        " ORDER BY coalesce((SELECT taken FROM job_turn WHERE job_turn.kind = job.kind "
                                        "AND job_turn.owner = job.owner), 0), id LIMIT 1");
      row.bind(kind, number(JobState::failed), number_of(now), most_of_owner, number(JobState::running));
      if (!row.step()) return std::optional<Job>();
      ASSIGN_OR_RETURN(auto job, job_of(row));
      job.state = JobState::running;
      job.lease_until = now + lease;
      ++job.attempts;
      transaction->prepare("UPDATE job SET state = ?, attempts = ?, due = ? WHERE id = ?")
          .bind(number(job.state), job.attempts, number_of(job.lease_until), job.id)
          .run();
      if (turn == model::Turn::by_owner) {
        transaction
            ->prepare(
                "INSERT OR REPLACE INTO job_turn (kind, owner, taken) "
                "VALUES (?, ?, (SELECT coalesce(max(taken), 0) + 1 FROM job_turn))")
            .bind(job.kind, job.owner)
            .run();
      }
      transaction.commit();
      return std::optional(std::move(job));
    });
  }

  Result<void> finish(const Job& job, const std::vector<model::JobDraft>& next, Seconds now) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM job WHERE id = ? AND attempts = ?").bind(job.id, job.attempts).run();
      if (transaction->changes() > 0) add_jobs(*transaction.operator->(), next, now);
      transaction.commit();
      return ok();
    });
  }

  Result<void> extend(const Job& job, Seconds lease_until) override {
    return change(job, JobState::running, lease_until, job.failure);
  }

  Result<void> give_back(const Job& job) override { return change(job, JobState::waiting, {}, job.failure, 1); }

  Result<void> retry(const Job& job, Seconds not_before, const std::string& failure) override {
    return change(job, JobState::waiting, not_before, failure);
  }

  Result<void> fail(const Job& job, const std::string& failure) override {
    return change(job, JobState::failed, {}, failure);
  }

  Result<bool> revive(std::string_view kind, const std::string& subject, Seconds now) override {
    return guarded([&]() -> Result<bool> {
      auto transaction = database_->write();
      transaction
          ->prepare("UPDATE job SET state = ?, due = ?, attempts = 0 WHERE kind = ? AND subject = ? AND state = ?")
          .bind(number(JobState::waiting), number_of(now), kind, subject, number(JobState::failed))
          .run();
      bool was_there = transaction->changes() > 0;
      transaction.commit();
      return was_there;
    });
  }

  Result<bool> forget(std::string_view kind, const std::string& subject) override {
    return guarded([&]() -> Result<bool> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM job WHERE kind = ? AND subject = ? AND state = ?")
          .bind(kind, subject, number(JobState::failed))
          .run();
      bool was_there = transaction->changes() > 0;
      transaction.commit();
      return was_there;
    });
  }

  Result<model::JobCounts> count(std::string_view kind) const override {
    return guarded([&]() -> Result<model::JobCounts> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT state, count(*) FROM job WHERE kind = ? GROUP BY state");
      row.bind(kind);
      model::JobCounts counts;
      while (row.step()) {
        auto state = static_cast<JobState>(row.integer(0));
        auto& counted = state == JobState::waiting   ? counts.waiting
                        : state == JobState::running ? counts.running
                                                     : counts.failed;
        counted = static_cast<std::uint64_t>(row.integer(1));
      }
      return counts;
    });
  }

  Result<std::uint64_t> count_of(std::string_view kind, const std::string& owner) const override {
    return guarded([&]() -> Result<std::uint64_t> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT count(*) FROM job WHERE kind = ? AND owner = ? AND state <> ?");
      row.bind(kind, owner, number(JobState::failed)).step();
      return static_cast<std::uint64_t>(row.integer(0));
    });
  }

  Result<std::vector<Job>> list(std::string_view kind, std::size_t limit) const override {
    return guarded([&]() -> Result<std::vector<Job>> {
      auto reader = database_->read();
      // By model::JobState: failed ones, running ones, waiting ones.
      auto row = reader->prepare("SELECT " JOB_COLUMNS " FROM job WHERE kind = ? ORDER BY state DESC, id DESC LIMIT ?");
      row.bind(kind, static_cast<std::int64_t>(limit));
      std::vector<Job> jobs;
      while (row.step()) {
        ASSIGN_OR_RETURN(auto job, job_of(row));
        jobs.push_back(std::move(job));
      }
      return jobs;
    });
  }

 private:
  static Result<Job> job_of(const Statement& row) {
    Job job;
    job.id = row.integer(0);
    job.kind = row.text(1);
    job.subject = row.text(2);
    ASSIGN_OR_RETURN(auto details, parse_json(row.view(3)));
    if (details.is_object()) job.details = std::move(details.get_object());
    job.state = static_cast<JobState>(row.integer(4));
    job.attempts = static_cast<int>(row.integer(5));
    (job.state == JobState::running ? job.lease_until : job.not_before) = time_of(row.integer(6));
    job.failure = row.text(7);
    job.owner = row.text(8);
    return job;
  }

  bool has_due(std::string_view kind, Seconds now, unsigned most_of_owner) const {
    auto reader = database_->read();
    auto row = reader->prepare("SELECT 1 FROM job WHERE " IS_DUE " LIMIT 1");
    row.bind(kind, number(JobState::failed), number_of(now), most_of_owner, number(JobState::running));
    return row.step();
  }

  Result<void> change(const Job& job, JobState state, Seconds due, const std::string& failure, int attempts_less = 0) {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction
          ->prepare(
              "UPDATE job SET state = ?, due = ?, failure = ?, attempts = attempts - ? "
              "WHERE id = ? AND attempts = ? AND state = ?")
          .bind(number(state), number_of(due), failure, attempts_less, job.id, job.attempts, number(JobState::running))
          .run();
      transaction.commit();
      return ok();
    });
  }

  SharedDatabase database_;
};

}  // namespace

void add_jobs(Connection& connection, const std::vector<model::JobDraft>& drafts, Seconds now) {
  for (const auto& draft : drafts) {
    connection
        .prepare(
            "INSERT OR REPLACE INTO job (kind, subject, owner, details, state, attempts, due, failure) "
            "VALUES (?, ?, ?, ?, ?, 0, ?, '')")
        .bind(draft.kind, draft.subject, draft.owner, json::serialize(draft.details), number(JobState::waiting),
              number_of(now))
        .run();
  }
}

std::unique_ptr<model::JobQueue> make_jobs(SharedDatabase database) {
  return std::make_unique<Jobs>(std::move(database));
}

}  // namespace dray::sqlite
