#include "service/rendering/worker.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "service/rendering/channel.h"
#include "service/rendering/render_job.h"

namespace dray::service {
namespace {

using pipeline::Rendered;

// Puts what is made into the output file, one behind the other.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}

  std::variant<MadeFile, Error> add(std::string name, Result<Rendered> made) {
    if (!made) return std::move(made).error();
    auto done = write_at(fd_, end_, bytes_of(made->content), "what was made");
    if (!done) return std::move(done).error();
    MadeFile file{std::move(name),      end_,
                  made->content.size(), made->mime_type,
                  made->size,           made->type,
                  made->has_alpha,      made->has_profile,
                  made->profile_name,   made->resolution};
    end_ += file.length;
    return file;
  }

 private:
  int fd_;
  ByteCount end_ = 0;
};

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
  if (job.renditions.empty()) return reply;
  auto made = pipeline::render_static(*source, job.renditions, job.settings);
  for (std::size_t i = 0; i < job.renditions.size(); ++i) {
    if (made)
      reply.made.push_back(output.add((*made)[i].name, std::move((*made)[i].rendered)));
    else
      reply.made.emplace_back(made.error());
  }
  return reply;
}

RenderReply answer(const Message& message) {
  RenderReply reply;
  if (message.files.size() != 2) {
    reply.error = Error{Code::invalid, "a job comes with two files"};
    return reply;
  }
  auto value = parse_json(message.text);
  auto job = value ? render_job_from_json(*value) : Result<RenderJob>(std::move(value).error());
  if (job) return carry_out(*job, message.files[0].get(), message.files[1].get());
  reply.error = std::move(job).error();
  return reply;
}

// Messages of libraries quote what stands in files.
void clean(Error& error) {
  constexpr std::size_t kLongest = 500;
  for (auto* text : {&error.message, &error.detail}) {
    text->resize(std::min(text->size(), kLongest));
    *text = replace_invalid_utf8(*text);
  }
}

void clean(RenderReply& reply) {
  if (reply.error) clean(*reply.error);
  for (auto& item : reply.made) {
    if (auto* error = std::get_if<Error>(&item)) clean(*error);
  }
}

}  // namespace

int run_worker(int socket, const WorkerConfig& config) {
  json::array missing;
  for (const auto& what : enter_sandbox(config.sandbox)) missing.emplace_back(what);
  pipeline::prepare_vips(config.threads);
  if (!send_message(socket, json::serialize(missing), {})) return 1;
  for (;;) {
    auto message = receive_message(socket, {});
    if (!message) return message.error().code == Code::gone ? 0 : 1;
    auto reply = answer(*message);
    clean(reply);
    if (!send_message(socket, json::serialize(to_json(reply)), {})) return 0;
  }
}

}  // namespace dray::service
