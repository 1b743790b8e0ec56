#include "service/rendering/films.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "pipeline/renditions/static_renditions.h"
#include "service/rendering/child_process.h"

namespace dray::service {
namespace {

constexpr int kFilm = 3, kOutput = 4;  // descriptors of the program
constexpr pipeline::PixelSize kPosterBox{1280, 1280};
constexpr std::size_t kLongestComplaint = 2000;

struct Container {
  std::string_view mime_type, demuxer;
};

// The demuxer is named, not guessed: a playlist that calls itself a film would make ffmpeg open what it lists.
constexpr Container kContainers[] = {
    {"video/mp4", "mov"},
    {"video/quicktime", "mov"},
    {"video/x-m4v", "mov"},
    {"video/3gpp", "mov"},
    {"video/3gpp2", "mov"},
    {"video/mj2", "mov"},
    {"video/x-matroska", "matroska"},
    {"video/webm", "matroska"},
    {"video/x-msvideo", "avi"},
    {"video/mpeg", "mpeg"},
    {"video/mp2t", "mpegts"},
    {"video/x-flv", "flv"},
    {"video/ogg", "ogg"},
    {"video/x-ms-wmv", "asf"},
    {"video/x-ms-asf", "asf"},
    {"video/mxf", "mxf"},
};

Result<std::vector<std::string>> input_arguments(std::string_view mime_type) {
  for (const auto& container : kContainers) {
    if (container.mime_type == mime_type)
      return std::vector<std::string>{"-protocol_whitelist", "file", "-f", std::string(container.demuxer)};
  }
  return Error{Code::invalid, fmt::format("films of the type {} are not read", mime_type)};
}

std::string descriptor_file(int descriptor) { return fmt::format("file:/proc/self/fd/{}", descriptor); }

void append(std::vector<std::string>& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
}

Result<UniqueFd> make_memory_file(const char* name) {
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC));
  if (!file) return system_error("cannot make room for a film's frame", errno);
  return file;
}

std::string read_start(int file, std::size_t most) {
  std::string text(most, '\0');
  auto got = read_at(file, 0, std::as_writable_bytes(std::span(text)), "what ffmpeg said");
  text.resize(got ? *got : 0);
  return replace_invalid_utf8(text);
}

double number_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (!value) return 0;
  if (value->is_number()) return value->to_number<double>();
  if (!value->is_string()) return 0;
  auto number = std::strtod(value->get_string().c_str(), nullptr);  // "12.480000"
  return std::isfinite(number) ? number : 0;
}

double aspect_of_pixels(const json::object& stream) {
  const auto* text = stream.if_contains("sample_aspect_ratio");
  if (!text || !text->is_string()) return 1;
  auto parts = split(std::string_view(text->get_string()), ':');
  if (parts.size() != 2) return 1;
  auto across = parse_unsigned(parts[0]), down = parse_unsigned(parts[1]);
  if (!across || !down || *across == 0 || *down == 0) return 1;
  return std::clamp(static_cast<double>(*across) / static_cast<double>(*down), 0.1, 10.0);
}

bool is_turned(const json::object& stream) {
  const auto* list = stream.if_contains("side_data_list");
  if (!list || !list->is_array()) return false;
  for (const auto& item : list->get_array()) {
    const auto* data = item.if_object();
    if (data && std::lround(std::abs(number_in(*data, "rotation"))) % 180 == 90) return true;
  }
  return false;
}

Result<FilmFacts> facts_of(std::string_view text) {
  Error none{Code::invalid, "the film has no pictures, or is damaged"};
  auto value = parse_json(text);
  const auto* object = value ? value->if_object() : nullptr;
  const auto* streams = object ? object->if_contains("streams") : nullptr;
  if (!streams || !streams->is_array() || streams->get_array().empty()) return none;
  const auto* stream = streams->get_array().front().if_object();
  if (!stream) return none;
  FilmFacts facts;
  auto width = number_in(*stream, "width") * aspect_of_pixels(*stream), height = number_in(*stream, "height");
  constexpr double kLargestSide = 16'384;
  if (width < 1 || height < 1 || width > kLargestSide || height > kLargestSide) return none;
  facts.size = {static_cast<int>(width + 0.5), static_cast<int>(height)};
  if (is_turned(*stream)) std::swap(facts.size.width, facts.size.height);
  facts.duration = number_in(*stream, "duration");
  const auto* format = object->if_contains("format");
  if (facts.duration <= 0 && format && format->is_object())
    facts.duration = number_in(format->get_object(), "duration");
  return facts;
}

}  // namespace

// What a program writes to its errors is the reason when it fails.
Result<void> Films::run(const std::vector<std::string>& program, int film, int standard_output, int output,
                        std::chrono::seconds patience, const std::atomic<bool>* stopped) const {
  if (::access(program.front().c_str(), X_OK) != 0)
    return Error{Code::unavailable, fmt::format("{} is not installed, and films need it", program.front())};
  auto command = config_.confine;
  append(command, {"--seconds", std::to_string(4 * patience.count()), "--"});
  command.insert(command.end(), program.begin(), program.end());
  ASSIGN_OR_RETURN(auto complaints, make_memory_file("complaints"));
  ASSIGN_OR_RETURN(auto child, ChildProcess::start(command, {{standard_output, 1},
                                                             {complaints.get(), 2},
                                                             {film, kFilm},
                                                             {output < 0 ? standard_output : output, kOutput}}));
  constexpr std::chrono::milliseconds kTurn{100};
  auto end = std::chrono::steady_clock::now() + patience;
  auto status = child.wait(kTurn);
  auto is_stopped = [&] { return stopped_ || (stopped && *stopped); };
  while (!status && !is_stopped() && std::chrono::steady_clock::now() < end) status = child.wait(kTurn);
  if (!status && is_stopped()) return Error{Code::gone, "it was stopped"};
  if (!status) {
    return Error{Code::invalid,
                 fmt::format("it takes longer than {} s to make; the film may be damaged, or made to cost time",
                             patience.count())};
  }
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return ok();
  return Error{Code::invalid, "ffmpeg cannot read this film; it may be damaged",
               read_start(complaints.get(), kLongestComplaint)};
}

Result<FilmFacts> Films::inspect(int film, std::string_view mime_type) const {
  std::vector<std::string> program = {config_.ffprobe, "-v", "error"};
  ASSIGN_OR_RETURN(auto input, input_arguments(mime_type));
  program.insert(program.end(), input.begin(), input.end());
  append(program, {"-select_streams", "v:0", "-show_entries",
                   "stream=width,height,sample_aspect_ratio,duration:stream_side_data=rotation:format=duration", "-of",
                   "json", "-i", descriptor_file(kFilm)});
  ASSIGN_OR_RETURN(auto answer, make_memory_file("facts"));
  RETURN_IF_ERROR(run(program, film, answer.get(), -1, config_.patience));
  constexpr std::size_t kLongestAnswer = 64 * 1024;
  return facts_of(read_start(answer.get(), kLongestAnswer));
}

Result<UniqueFd> Films::make_poster(int film, std::string_view mime_type) const {
  ASSIGN_OR_RETURN(auto facts, inspect(film, mime_type));
  ASSIGN_OR_RETURN(auto input, input_arguments(mime_type));
  auto size = pipeline::fit_box(facts.size, kPosterBox, false);
  std::optional<Error> failure;
  for (auto at : {facts.duration / 2, 0.0}) {  // an index may lead beyond the end
    ASSIGN_OR_RETURN(auto frame, make_memory_file("frame"));
    std::vector<std::string> program = {config_.ffmpeg, "-nostdin", "-hide_banner", "-v", "error"};
    append(program, {"-threads", "2", "-ss", fmt::format("{:.3f}", at)});
    program.insert(program.end(), input.begin(), input.end());
    append(program, {"-i", descriptor_file(kFilm), "-map", "0:v:0", "-frames:v", "1", "-vf",
                     fmt::format("scale={}:{},setsar=1", size.width, size.height), "-pix_fmt", "rgb24", "-c:v", "png",
                     "-f", "image2pipe", "pipe:1"});
    auto done = run(program, film, frame.get(), -1, config_.patience);
    struct stat status;
    if (done && ::fstat(frame.get(), &status) == 0 && status.st_size > 0) return frame;
    failure = done ? Error{Code::invalid, "the film has no frame that can be shown"} : done.error();
    if (failure->code != Code::invalid) break;
  }
  return *std::move(failure);
}

Result<FilmPreview> Films::make_preview(int film, std::string_view mime_type, pipeline::PixelSize box,
                                        const std::atomic<bool>* stopped) const {
  ASSIGN_OR_RETURN(auto facts, inspect(film, mime_type));
  ASSIGN_OR_RETURN(auto input, input_arguments(mime_type));
  auto size = pipeline::fit_box(facts.size, box, false);
  for (auto* side : {&size.width, &size.height}) *side = std::max(2, *side / 2 * 2);  // of 4:2:0
  FilmPreview preview;
  preview.size = size;
  preview.content = UniqueFd(::open(config_.scratch.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!preview.content) return system_error("cannot make room for a film's preview in " + config_.scratch, errno);
  std::vector<std::string> program = {config_.ffmpeg, "-nostdin", "-hide_banner", "-v", "error", "-threads", "2"};
  program.insert(program.end(), input.begin(), input.end());
  append(program, {"-i",
                   descriptor_file(kFilm),
                   "-map",
                   "0:v:0",
                   "-map",
                   "0:a:0?",
                   "-sn",
                   "-dn",
                   "-map_metadata",
                   "-1",
                   "-map_chapters",
                   "-1",
                   "-vf",
                   fmt::format("scale={}:{},setsar=1", size.width, size.height),
                   "-fpsmax",
                   "30",
                   "-c:v",
                   "libx264",
                   "-preset",
                   "veryfast",
                   "-crf",
                   "23",
                   "-profile:v",
                   "high",
                   "-pix_fmt",
                   "yuv420p",
                   "-c:a",
                   "aac",
                   "-b:a",
                   "128k",
                   "-ac",
                   "2",
                   "-movflags",
                   "+faststart",
                   "-threads",
                   "2",
                   "-f",
                   "mp4",
                   "-y",
                   descriptor_file(kOutput)});
  ASSIGN_OR_RETURN(auto rest, make_memory_file("rest"));
  RETURN_IF_ERROR(run(program, film, rest.get(), preview.content.get(), config_.preview_patience, stopped));
  struct stat status;
  if (::fstat(preview.content.get(), &status) < 0) return system_error("cannot read a film's preview", errno);
  preview.length = static_cast<ByteCount>(status.st_size);
  if (preview.length == 0) return Error{Code::invalid, "ffmpeg has made nothing of this film"};
  return preview;
}

}  // namespace dray::service
