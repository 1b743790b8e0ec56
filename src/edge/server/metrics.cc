#include "edge/server/metrics.h"

#include <dirent.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <mutex>

namespace dray::server {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

double resident_bytes() {
  long pages = 0;
  if (auto* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*s %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  int count = 0;
  if (auto* folder = ::opendir("/proc/self/fd")) {
    while (::readdir(folder)) ++count;
    ::closedir(folder);
  }
  return count - 3;  // ".", ".." and the folder itself
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Gauge& connections =
      BuildGauge().Name("dray_http_connections").Help("Open connections").Register(registry).Add({});
  prometheus::Family<prometheus::Counter>& requests =
      BuildCounter().Name("dray_http_requests_total").Help("Requests answered, by class of status").Register(registry);
  std::array<prometheus::Counter*, 6> by_class = {};
  prometheus::Counter& at_once = BuildCounter()
                                     .Name("dray_http_answers_repeated_total")
                                     .Help("Answers given again at once, since nothing had changed")
                                     .Register(registry)
                                     .Add({});
  prometheus::Counter& sent = BuildCounter()
                                  .Name("dray_http_sent_bytes_total")
                                  .Help("Bytes of responses handed to the kernel")
                                  .Register(registry)
                                  .Add({});
  prometheus::Counter& cut = BuildCounter()
                                 .Name("dray_http_responses_cut_total")
                                 .Help("Responses that were not sent to their end")
                                 .Register(registry)
                                 .Add({});
  prometheus::Counter& timed_out = BuildCounter()
                                       .Name("dray_http_timeouts_total")
                                       .Help("Connections closed because nothing came or went")
                                       .Register(registry)
                                       .Add({});
  prometheus::Histogram& until_head =
      BuildHistogram()
          .Name("dray_http_request_seconds")
          .Help("Time from a request's head to that of its answer")
          .Register(registry)
          .Add({}, prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                           0.5, 1, 2.5, 5, 10});
  prometheus::Family<prometheus::Counter>& downloads =
      BuildCounter().Name("dray_downloads_created_total").Help("Downloads created, by status").Register(registry);
  prometheus::Counter& files = BuildCounter()
                                   .Name("dray_download_files_total")
                                   .Help("Files in the downloads created")
                                   .Register(registry)
                                   .Add({});
  prometheus::Histogram& preparation =
      BuildHistogram()
          .Name("dray_download_preparation_seconds")
          .Help("Time to prepare a download")
          .Register(registry)
          .Add({}, prometheus::Histogram::BucketBoundaries{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30});
  prometheus::Counter& removed = BuildCounter()
                                     .Name("dray_blobs_removed_total")
                                     .Help("Stored files that were removed since nothing used them")
                                     .Register(registry)
                                     .Add({});
  prometheus::Counter& freed = BuildCounter()
                                   .Name("dray_blobs_freed_bytes_total")
                                   .Help("Bytes of the disk that this gave back")
                                   .Register(registry)
                                   .Add({});
  prometheus::Gauge& memory =
      BuildGauge().Name("process_resident_memory_bytes").Help("Resident memory").Register(registry).Add({});
  prometheus::Gauge& descriptors =
      BuildGauge().Name("process_open_fds").Help("Open file descriptors").Register(registry).Add({});
  prometheus::Family<prometheus::Counter>& rendering =
      BuildCounter()
          .Name("dray_rendition_events_total")
          .Help("Orders to the processes that make renditions, and what became of those processes")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& jobs =
      BuildGauge().Name("dray_rendition_jobs").Help("Jobs that make static renditions").Register(registry);
  std::mutex reading;  // two readers at once must not count the same twice
  prometheus::Counter& cpu =
      BuildCounter().Name("process_cpu_seconds_total").Help("CPU time used").Register(registry).Add({});

  void take(const RenditionCounts& counts) {
    auto set = [&](const char* event, std::uint64_t value) {
      auto& counter = rendering.Add({{"event", event}});
      counter.Increment(static_cast<double>(value) - counter.Value());
    };
    set("order", counts.orders);
    set("worker_started", counts.workers_started);
    set("worker_died", counts.workers_died);
    set("worker_killed", counts.workers_killed);
    for (const auto& kind : counts.jobs) {
      jobs.Add({{"kind", kind.kind}, {"state", "waiting"}}).Set(static_cast<double>(kind.waiting));
      jobs.Add({{"kind", kind.kind}, {"state", "running"}}).Set(static_cast<double>(kind.running));
      jobs.Add({{"kind", kind.kind}, {"state", "failed"}}).Set(static_cast<double>(kind.failed));
    }
  }

  State() {
    BuildGauge()
        .Name("dray_build_info")
        .Help("The version that runs")
        .Register(registry)
        .Add({{"version", DRAY_VERSION}})
        .Set(1);
    for (std::size_t i = 1; i < by_class.size(); ++i) by_class[i] = &requests.Add({{"code", std::to_string(i) + "xx"}});
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::connection_opened() { state_->connections.Increment(); }
void Metrics::connection_closed() { state_->connections.Decrement(); }
void Metrics::request_answered(int status, std::chrono::nanoseconds until_head) {
  auto kind = static_cast<std::size_t>(status / 100);
  if (kind >= 1 && kind < state_->by_class.size()) state_->by_class[kind]->Increment();
  state_->until_head.Observe(seconds(until_head));
}
void Metrics::bytes_sent(ByteCount bytes) { state_->sent.Increment(static_cast<double>(bytes)); }
void Metrics::answer_repeated() { state_->at_once.Increment(); }
void Metrics::response_cut() { state_->cut.Increment(); }
void Metrics::connection_timed_out() { state_->timed_out.Increment(); }
void Metrics::blobs_removed(std::uint64_t count, ByteCount bytes) {
  state_->removed.Increment(static_cast<double>(count));
  state_->freed.Increment(static_cast<double>(bytes));
}
void Metrics::download_created(std::string_view status, std::uint64_t files, std::chrono::nanoseconds preparation) {
  state_->downloads.Add({{"status", std::string(status)}}).Increment();
  state_->files.Increment(static_cast<double>(files));
  state_->preparation.Observe(seconds(preparation));
}

std::string Metrics::text(const RenditionCounts& renditions) const {
  state_->memory.Set(resident_bytes());
  state_->descriptors.Set(open_descriptors());
  {
    std::lock_guard lock(state_->reading);
    state_->cpu.Increment(cpu_seconds() - state_->cpu.Value());
    state_->take(renditions);
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace dray::server
