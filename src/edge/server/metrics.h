// What the server counts, in Prometheus' text form.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace dray::server {

// What others count about renditions.
struct RenditionCounts {
  std::uint64_t orders = 0, workers_started = 0, workers_died = 0, workers_killed = 0;  // since the start
  struct Jobs {
    std::string kind;
    std::uint64_t waiting = 0, running = 0, failed = 0;
  };
  std::vector<Jobs> jobs;  // now
};

// Safe for use from any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  void connection_opened();
  void connection_closed();
  void request_answered(int status, std::chrono::nanoseconds until_head);
  void bytes_sent(ByteCount bytes);
  void answer_repeated();
  void response_cut();  // a response that could not be sent to its end
  void connection_timed_out();
  void blobs_removed(std::uint64_t count, ByteCount bytes);
  void download_created(std::string_view status, std::uint64_t files, std::chrono::nanoseconds preparation);

  std::string text(const RenditionCounts& renditions) const;  // of everything, with what the process uses now

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dray::server
