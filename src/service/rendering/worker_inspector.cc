#include "service/rendering/worker_inspector.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace dray::service {
namespace {

bool is_mime_type(std::string_view text) {
  auto slash = text.find('/');
  auto is_token = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("!#$&^_.+-").find(c) != std::string_view::npos;
    });
  };
  return slash != text.npos && text.size() <= 255 && is_token(text.substr(0, slash)) &&
         is_token(text.substr(slash + 1));
}

Result<std::optional<std::uint32_t>> read_side(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (!value || value->is_null()) return std::optional<std::uint32_t>();
  boost::system::error_code failure;
  auto side = value->to_number<std::uint32_t>(failure);
  if (failure) return Error{Code::invalid, "a side of a picture is no number of pixels"};
  return std::optional(side);
}

Result<model::MediaFacts> read_facts(int file) {
  constexpr auto kWhat = "what a worker has found";
  struct stat status;
  if (::fstat(file, &status) < 0) return system_error(std::string("cannot read ") + kWhat, errno);
  auto size = static_cast<ByteCount>(status.st_size);
  if (size > kLargestFacts) return Error{Code::invalid, "it says more about itself than is read"};  // the file does
  std::string text(size, '\0');
  ASSIGN_OR_RETURN(auto got, read_at(file, 0, std::as_writable_bytes(std::span(text)), kWhat));
  auto facts = parse_facts(std::string_view(text).substr(0, got));
  if (!facts) return Error{Code::unavailable, "a worker answered nonsense", facts.error().message};
  return facts;
}

}  // namespace

std::string format_facts(const model::MediaFacts& facts) {
  json::object object{
      {"mimeType", facts.mime_type}, {"metadata", facts.metadata}, {"warning", replace_invalid_utf8(facts.warning)}};
  if (facts.width) object["width"] = *facts.width;
  if (facts.height) object["height"] = *facts.height;
  return json::serialize(object);
}

Result<model::MediaFacts> parse_facts(std::string_view text) {
  ASSIGN_OR_RETURN(auto value, parse_json(text));
  auto* object = value.if_object();
  auto text_of = [&](std::string_view name) {
    const auto* member = object ? object->if_contains(name) : nullptr;
    return member && member->is_string() ? std::optional(std::string(member->get_string())) : std::nullopt;
  };
  auto mime_type = text_of("mimeType"), warning = text_of("warning");
  auto* metadata = object ? object->if_contains("metadata") : nullptr;
  if (!mime_type || !is_mime_type(*mime_type) || !warning || !metadata || !metadata->is_object())
    return Error{Code::invalid, "what a worker has found lacks something"};
  model::MediaFacts facts;
  facts.mime_type = *std::move(mime_type);
  ASSIGN_OR_RETURN(facts.width, read_side(*object, "width"));
  ASSIGN_OR_RETURN(facts.height, read_side(*object, "height"));
  facts.metadata = std::move(metadata->get_object());
  facts.warning = *std::move(warning);
  return facts;
}

Result<model::MediaFacts> WorkerInspector::inspect(int file, const std::string& name) const {
  RenderJob job;
  job.inspected_name = replace_invalid_utf8(name);
  // What the worker holds has an offset of its own, and cannot be written.
  ASSIGN_OR_RETURN(auto source, open_file(fmt::format("/proc/self/fd/{}", file), O_RDONLY));
  auto made = workers_.run(job, source.get(), {Admission::unless_crowded, &stopped_});
  auto facts = made ? read_facts(made->output.get()) : Result<model::MediaFacts>(std::move(made).error());
  if (facts) return facts;
  const auto& error = facts.error();
  if (error.code == Code::gone) return Error{Code::busy, "the server is being stopped: send it once more in a moment"};
  if (error.code == Code::busy)
    return Error{Code::busy, "many uploads are being looked at: send this one once more in a moment"};
  if (error.code != Code::invalid) return error;
  log::warn("{} could not be looked at: {}", json::serialize(json::value(name)),
            json::serialize(json::value(error.message)));
  model::MediaFacts guessed;
  guessed.mime_type = guess(name);
  guessed.warning = error.message;
  return guessed;
}

}  // namespace dray::service
