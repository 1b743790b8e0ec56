// What files of strangers say about themselves, read in a worker: whatever such a file does, it does it there.
#pragma once

#include <atomic>

#include "model/assets/media_inspector.h"
#include "service/rendering/worker_pool.h"

namespace dray::service {

class WorkerInspector final : public model::MediaInspector {
 public:
  // `here` only guesses by name. Both outlive it.
  WorkerInspector(WorkerPool& workers, const model::MediaInspector& here) : workers_(workers), here_(here) {}

  // A file that breaks the worker, or takes it too long, has the type that its name says, and a warning.
  // Code::busy: many files wait already. Code::unavailable: no worker can be started, it answered nonsense, or stop().
  Result<model::MediaFacts> inspect(int file, const std::string& name) const override;
  std::string guess(const std::string& name) const override { return here_.guess(name); }
  void stop() { stopped_ = true; }  // nothing is waited for any more

 private:
  WorkerPool& workers_;
  const model::MediaInspector& here_;
  std::atomic<bool> stopped_ = false;
};

inline constexpr ByteCount kLargestFacts = 16 * 1024 * 1024;  // as JSON

std::string format_facts(const model::MediaFacts& facts);
// Code::invalid: something is missing or cannot be so.
Result<model::MediaFacts> parse_facts(std::string_view text);

}  // namespace dray::service
