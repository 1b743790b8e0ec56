#include "service/rendering/worker_pool.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "pipeline/renditions/encode.h"
#include "service/rendering/channel.h"
#include "service/rendering/child_process.h"

namespace dray::service {
namespace {

constexpr int kChannel = 3;  // where the child finds it
constexpr std::chrono::milliseconds kStartPatience{20'000};

// An enum that came as a number.
template <typename Enum>
bool is_one_of(Enum value, Enum last) {
  return static_cast<int>(value) >= 0 && value <= last;
}

// What was found out about a source, alone.
bool is_inspection(const RenderReply& reply, ByteCount output_size) {
  const auto* file = reply.made.size() == 1 ? std::get_if<MadeFile>(&reply.made[0]) : nullptr;
  return file && file->offset == 0 && file->length == output_size && file->mime_type == kFactsType;
}

// A worker has read what strangers have sent: nothing of what it says is taken for granted.
bool is_answer_to(const RenderJob& job, const Made& made) {
  struct stat status;
  if (::fstat(made.output.get(), &status) < 0) return false;
  auto rest = static_cast<ByteCount>(status.st_size);
  if (job.inspected_name) return is_inspection(made.reply, rest);
  const auto& reply = made.reply;
  auto wanted_count = job.recipes.size() + job.renditions.size();
  if (reply.made.size() < wanted_count || reply.made.size() > wanted_count + static_cast<std::size_t>(job.pages))
    return false;
  if (reply.smart_crops.size() != job.smart_crops.size()) return false;
  for (const auto& box : reply.smart_crops) {
    bool is_inside = box.left >= 0 && box.top >= 0 && box.width > 0 && box.height > 0 && box.left + box.width < 1.001 &&
                     box.top + box.height < 1.001;
    if (!is_inside) return false;
  }
  if (!is_one_of(reply.source.kind, pipeline::SourceKind::bmp)) return false;
  ByteCount end = 0;
  for (std::size_t i = 0; i < reply.made.size(); ++i) {
    const auto* file = std::get_if<MadeFile>(&reply.made[i]);
    if (!file) continue;
    if (!is_one_of(file->type, is::PixelType::cmyk)) return false;
    if (file->offset != end || file->length > rest || file->size.width <= 0 || file->size.height <= 0) return false;
    rest -= file->length;
    end += file->length;
    if (i < job.recipes.size()) {
      auto output = job.recipes[i].recipe.output.value_or(is::Output());
      bool is_xmp = job.recipes[i].subject == pipeline::Subject::xmp;
      auto type = is_xmp ? pipeline::kXmpType : pipeline::mime_type_of(output.format);
      if (file->mime_type != type || !file->name.empty()) return false;
    } else if (i >= wanted_count) {
      auto page = fmt::format("page{}", i - wanted_count + 1);
      bool is_page = (file->name == page + ".pdf" && file->mime_type == "application/pdf") ||
                     (file->name == page + ".tif" && file->mime_type == "image/tiff");
      if (!is_page) return false;
    } else {
      const auto& wanted = job.renditions[i - job.recipes.size()];
      bool is_web = wanted.kind == pipeline::StaticRendition::Kind::web;
      bool is_jpeg = file->mime_type == "image/jpeg", is_png = file->mime_type == "image/png";
      bool is_wanted =
          is_web ? (is_jpeg && file->name == wanted.name + ".jpeg") || (is_png && file->name == wanted.name + ".png")
                 : file->name == wanted.name && file->mime_type == pipeline::mime_type_of(wanted.format);
      if (!is_wanted) return false;
    }
  }
  return true;
}

}  // namespace

struct WorkerPool::Worker {
  ChildProcess process;
  UniqueFd channel;
  unsigned jobs = 0;
};

struct WorkerPool::Exchange {
  std::unique_ptr<Worker> worker;
  Result<Message> answer;
};

WorkerPool::WorkerPool(WorkerPoolConfig config) : config_(std::move(config)) {}
WorkerPool::~WorkerPool() = default;

WorkerCounts WorkerPool::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<std::string> WorkerPool::missing_walls() const {
  std::lock_guard lock(mutex_);
  return missing_walls_;
}

// One that dies while it starts may have been killed for want of memory: others are tried.
Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::start() {
  constexpr int kTries = 3;
  for (int tries = 1;; ++tries) {
    auto worker = start_once();
    if (worker || tries == kTries) return worker;
    log::warn("{} {}", worker.error().message, worker.error().detail);
  }
}

Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::start_once() {
  ASSIGN_OR_RETURN(auto pair, make_channel());
  auto worker = std::make_unique<Worker>();
  Result<ChildProcess> process = ChildProcess();
  launcher_.run([&] { process = ChildProcess::start(config_.command, {{pair.theirs.get(), kChannel}}); });
  if (!process) return Error{Code::unavailable, "a worker cannot be started", process.error().message};
  worker->process = *std::move(process);
  worker->channel = std::move(pair.ours);
  pair.theirs.reset();
  auto hello = receive_message(worker->channel.get(), kStartPatience);
  if (!hello) return Error{Code::unavailable, "a worker was started and did not answer", hello.error().message};
  ASSIGN_OR_RETURN(auto missing, parse_json(hello->text));
  std::lock_guard lock(mutex_);
  if (counts_.started++ == 0 && missing.is_array()) {
    for (const auto& what : missing.get_array()) {
      missing_walls_.emplace_back(what.is_string() ? std::string_view(what.get_string()) : std::string_view());
      log::warn("the processes that read images go without {}", missing_walls_.back());
    }
  }
  return worker;
}

namespace {

constexpr std::chrono::milliseconds kLook{100};  // how soon it is seen that nobody wants something any more

bool is_stopped(const Waiting& waiting) { return waiting.stopped && *waiting.stopped; }
Error stopped() { return {Code::gone, "it was stopped"}; }

Result<Message> receive_answer(int socket, std::chrono::milliseconds patience, const Waiting& waiting) {
  if (!waiting.stopped) return receive_message(socket, patience);
  auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || is_stopped(waiting)) return Error{Code::busy, "nothing came in time"};
    auto answer = receive_message(socket, std::min(left, kLook));
    if (answer || answer.error().code != Code::busy) return answer;
  }
}

}  // namespace

Result<std::unique_ptr<WorkerPool::Worker>> WorkerPool::take(Waiting waiting) {
  {
    std::unique_lock lock(mutex_);
    if (waiting.admission == Admission::unless_crowded && waiting_ >= config_.most_waiting)
      return Error{Code::busy, "many pictures are being made right now: try again in a moment"};
    ++waiting_;
    while (busy_ >= config_.workers && !is_stopped(waiting)) freed_.wait_for(lock, kLook);
    --waiting_;
    if (is_stopped(waiting)) return stopped();
    ++busy_;
    if (!idle_.empty()) {
      auto worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  try {
    auto worker = start();
    if (!worker) give(nullptr);
    return worker;
  } catch (...) {
    give(nullptr);
    throw;
  }
}

// A worker that died before it read the job says nothing about it: another one gets it.
Result<WorkerPool::Exchange> WorkerPool::exchange(const std::string& text, int source, int output, Waiting waiting) {
  for (unsigned tries = 0;; ++tries) {
    ASSIGN_OR_RETURN(auto worker, take(waiting));
    auto sent = send_message(worker->channel.get(), text, {source, output});
    bool is_new = worker->jobs++ == 0;
    auto answer = sent ? receive_answer(worker->channel.get(), config_.patience, waiting) : std::move(sent).error();
    bool is_unread = !answer && answer.error().code == (sent ? Code::conflict : Code::gone);
    if (!is_unread) return Exchange{std::move(worker), std::move(answer)};
    worker.reset();
    give(nullptr);
    if (is_new || tries > config_.workers)
      return Error{Code::unavailable, "a worker was started and died at once", std::move(answer).error().message};
    std::lock_guard lock(mutex_);
    ++counts_.died;
  }
}

void WorkerPool::give(std::unique_ptr<Worker> worker) {
  std::unique_ptr<Worker> retired;
  std::lock_guard lock(mutex_);
  --busy_;
  freed_.notify_one();
  if (!worker) return;
  if (worker->jobs >= config_.jobs_per_worker)
    retired = std::move(worker);
  else
    idle_.push_back(std::move(worker));
}

Result<Made> WorkerPool::try_once(const RenderJob& job, const std::string& text, int source, Waiting waiting,
                                  bool& died) {
  died = false;
  Made made;
  made.output = UniqueFd(::memfd_create("renditions", MFD_CLOEXEC));
  if (!made.output) return system_error("cannot make room for renditions", errno);
  ASSIGN_OR_RETURN(auto exchanged, exchange(text, source, made.output.get(), waiting));
  auto& [worker, answer] = exchanged;
  if (answer) {
    auto value = parse_json(answer->text);
    auto reply = value ? render_reply_from_json(*value) : Result<RenderReply>(value.error());
    if (reply) made.reply = *std::move(reply);
    bool is_wrong = !reply || (!made.reply.error && !is_answer_to(job, made));
    if (is_wrong || made.reply.is_last) worker.reset();  // none that lies is asked again
    give(std::move(worker));
    if (!reply) return Error{Code::unavailable, "a worker answered nonsense", reply.error().message};
    if (made.reply.error) return *std::move(made.reply.error);
    if (is_wrong) return Error{Code::unavailable, "a worker answered something else than it was asked"};
    return made;
  }
  auto code = answer.error().code;
  worker.reset();  // killed, and waited for
  give(nullptr);
  if (is_stopped(waiting)) return stopped();
  std::lock_guard lock(mutex_);
  if (code == Code::busy) {
    ++counts_.killed;
    return Error{Code::invalid, fmt::format("it takes longer than {} s; the file may be damaged, or made to cost time",
                                            config_.patience.count() / 1000)};
  }
  if (code != Code::gone) return std::move(answer).error();
  ++counts_.died;
  died = true;
  return Error{Code::invalid,
               "the program that reads such files broke off, so this one may be damaged, or need more memory than "
               "--image-memory allows"};
}

Result<Made> WorkerPool::run(const RenderJob& job, int source, Waiting waiting) {
  auto text = json::serialize(to_json(job));
  {
    std::lock_guard lock(mutex_);
    ++counts_.jobs;
  }
  bool died = false;
  auto made = try_once(job, text, source, waiting, died);
  if (died) made = try_once(job, text, source, waiting, died);
  return made;
}

}  // namespace dray::service
