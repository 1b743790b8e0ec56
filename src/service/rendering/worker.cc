#include "service/rendering/worker.h"

#include <malloc.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "model/renditions/rendition_repository.h"
#include "pipeline/renditions/pages.h"
#include "service/rendering/channel.h"
#include "service/rendering/render_job.h"
#include "service/rendering/worker_inspector.h"

namespace dray::service {
namespace {

using pipeline::Rendered;

// Puts what is made into the output file, one behind the other.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}

  Result<void> add_page(const pipeline::Page& page, RenderReply& reply) {
    RETURN_IF_ERROR(write_at(fd_, end_, bytes_of(page.content), "what was made"));
    MadeFile file;
    file.name = page.name;
    file.offset = end_;
    file.length = page.content.size();
    file.mime_type = page.mime_type;
    file.size = page.size;
    end_ += file.length;
    reply.made.emplace_back(std::move(file));
    return ok();
  }

  std::variant<MadeFile, Error> add_facts(const model::MediaFacts& facts) {
    auto text = format_facts(facts);
    auto done = write_at(fd_, end_, bytes_of(text), "what was found");
    if (!done) return std::move(done).error();
    MadeFile file;
    file.offset = end_;
    file.length = text.size();
    file.mime_type = kFactsType;
    end_ += file.length;
    return file;
  }

  std::variant<MadeFile, Error> add(std::string name, Result<Rendered> made) {
    if (!made) return std::move(made).error();
    auto done = write_at(fd_, end_, bytes_of(made->content), "what was made");
    if (!done) return std::move(done).error();
    MadeFile file{std::move(name),      end_,
                  made->content.size(), made->mime_type,
                  made->size,           made->type,
                  made->has_alpha,      made->has_profile,
                  made->has_paths,      made->profile_name,
                  made->resolution};
    end_ += file.length;
    return file;
  }

 private:
  int fd_;
  ByteCount end_ = 0;
};

void make_static(const RenderJob& job, const pipeline::Source& source, Output& output, RenderReply& reply) {
  auto applies = [&](const pipeline::StaticRendition& one) {
    return one.kind != pipeline::StaticRendition::Kind::alpha || source.facts().has_alpha;
  };
  std::vector<pipeline::StaticRendition> wanted;
  std::copy_if(job.renditions.begin(), job.renditions.end(), std::back_inserter(wanted), applies);
  if (wanted.empty() && job.renditions.empty()) return;
  auto made = pipeline::render_static(source, wanted, job.settings);
  std::size_t next = 0;
  for (const auto& one : job.renditions) {
    if (!applies(one)) {
      reply.made.emplace_back(
          Error{Code::not_found, std::string(model::kDoesNotApply) + "the original has nothing transparent"});
    } else if (made) {
      reply.made.push_back(output.add((*made)[next].name, std::move((*made)[next].rendered)));
      ++next;
    } else {
      reply.made.emplace_back(made.error());
    }
  }
}

RenderReply carry_out(const RenderJob& job, int source_fd, int output_fd) {
  RenderReply reply;
  struct stat status;
  if (::fstat(source_fd, &status) < 0) {
    reply.error = Error{Code::unavailable, "the original cannot be read"};
    return reply;
  }
  auto source = pipeline::Source::open(source_fd, static_cast<ByteCount>(status.st_size), job.mime_type, job.limits,
                                       job.settings);
  if (!source) {
    reply.error = std::move(source).error();
    return reply;
  }
  reply.source = source->facts();
  Output output(output_fd);
  for (const auto& order : job.recipes)
    reply.made.push_back(
        output.add("", pipeline::render(*source, order.recipe, order.subject, job.settings, order.area)));
  for (auto target : job.smart_crops) {
    auto box = pipeline::find_smart_crop(*source, target);
    if (!box) {
      reply.error = std::move(box).error();
      return reply;
    }
    reply.smart_crops.push_back(*box);
  }
  make_static(job, *source, output, reply);
  if (job.pages == 0) return reply;
  auto split =
      pipeline::split_pages(*source, job.pages, [&](const auto& page) { return output.add_page(page, reply); });
  if (!split) reply.error = std::move(split).error();
  return reply;
}

RenderReply inspect(const model::MediaInspector& inspector, const std::string& name, int source_fd, int output_fd) {
  RenderReply reply;
  auto facts = inspector.inspect(source_fd, name);
  if (facts)
    reply.made.push_back(Output(output_fd).add_facts(*facts));
  else
    reply.error = std::move(facts).error();
  return reply;
}

RenderReply answer(const Message& message, const model::MediaInspector& inspector) {
  RenderReply reply;
  if (message.files.size() != 2) {
    reply.error = Error{Code::invalid, "a job comes with two files"};
    return reply;
  }
  auto value = parse_json(message.text);
  auto job = value ? render_job_from_json(*value) : Result<RenderJob>(std::move(value).error());
  if (job && job->inspected_name)
    return inspect(inspector, *job->inspected_name, message.files[0].get(), message.files[1].get());
  if (job) return carry_out(*job, message.files[0].get(), message.files[1].get());
  reply.error = std::move(job).error();
  return reply;
}

// A worker that hangs in a picture must not outlive its server.
void die_with(int socket) {
  std::thread([socket] {
    pollfd event{socket, 0, 0};  // the other side's end is always told
    while (::poll(&event, 1, -1) < 0 && errno == EINTR) {
    }
    ::_exit(1);
  }).detach();
}

ByteCount allocated() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmData:")) return std::strtoull(line.c_str() + 7, nullptr, 10) * 1024;
  }
  return 0;
}

// What pictures leave behind: a worker that holds much of its memory for nothing had better be a new one.
bool is_bloated(ByteCount limit) {
  if (!kLimitsMemory || allocated() <= limit / 2) return false;
  ::malloc_trim(0);
  return allocated() > limit / 2;
}

}  // namespace

int run_worker(int socket, const WorkerConfig& config, const model::MediaInspector& inspector) {
  json::array missing;
  for (const auto& what : enter_sandbox(config.sandbox)) missing.emplace_back(what);
  die_with(socket);
  // Pictures want the same large pieces again and again: the kernel need not clear them each time.
  constexpr int kLargePiece = 32 * 1024 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, kLargePiece);
  ::mallopt(M_TRIM_THRESHOLD, 4 * kLargePiece);
  pipeline::prepare_vips(config.threads);
  if (!send_message(socket, json::serialize(missing), {})) return 1;
  for (;;) {
    auto message = receive_message(socket, {});
    if (!message) return message.error().code == Code::gone ? 0 : 1;
    auto reply = answer(*message, inspector);
    message->files.clear();
    reply.is_last = is_bloated(config.sandbox.memory);
    if (!send_message(socket, json::serialize(to_json(reply)), {})) return 0;
    if (reply.is_last) return 0;
  }
}

}  // namespace dray::service
