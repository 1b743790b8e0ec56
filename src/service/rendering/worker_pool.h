// The workers: child processes that are started when they are needed, replaced when they die, and killed when they take
// too long.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "service/rendering/launcher.h"
#include "service/rendering/render_job.h"

namespace dray::service {

struct WorkerPoolConfig {
  std::vector<std::string> command;            // starts a worker that serves the channel at descriptor 3
  unsigned workers = 1;                        // at once
  std::chrono::milliseconds patience{30'000};  // with one job
  unsigned most_waiting = 8;                   // of those that may be refused
  unsigned jobs_per_worker = 500;              // then a new one is started, whatever the old one had lost
};

struct Made {
  RenderReply reply;
  UniqueFd output;  // holds what the reply's files name
};

enum class Admission { always, unless_crowded };

// How somebody waits for a worker and its answer.
struct Waiting {
  Admission admission = Admission::always;
  const std::atomic<bool>* stopped = nullptr;  // set: nobody wants it any more, and the worker is free within a moment
};

struct WorkerCounts {
  std::uint64_t jobs = 0, started = 0, died = 0, killed = 0;
};

// Safe for use from any thread.
class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolConfig config);
  ~WorkerPool();

  // Waits for a free worker. A job whose worker died is tried once more, with another. `source` is a file that holds
  // nothing but the original.
  // Code::invalid: the worker died twice or took too long, the source's fault then, or it said what is wrong with it.
  // Code::unavailable: no worker can be started.
  // Code::busy: with Admission::unless_crowded, when others wait already. Code::gone: it was stopped.
  Result<Made> run(const RenderJob& job, int source, Waiting waiting = {});
  WorkerCounts counts() const;
  std::vector<std::string> missing_walls() const;  // what the sandbox of the workers lacks, as the first of them said

 private:
  struct Worker;
  Result<std::unique_ptr<Worker>> take(Waiting waiting);
  struct Exchange;
  Result<Exchange> exchange(const std::string& text, int source, int output, Waiting waiting);
  void give(std::unique_ptr<Worker> worker);
  Result<std::unique_ptr<Worker>> start();
  Result<std::unique_ptr<Worker>> start_once();
  Result<Made> try_once(const RenderJob& job, const std::string& text, int source, Waiting waiting, bool& died);

  const WorkerPoolConfig config_;
  Launcher launcher_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Worker>> idle_;
  unsigned busy_ = 0, waiting_ = 0;
  WorkerCounts counts_;
  std::vector<std::string> missing_walls_;
};

}  // namespace dray::service
