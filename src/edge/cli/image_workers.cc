#include "edge/cli/image_workers.h"

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "edge/cli/terminal.h"
#include "pipeline/renditions/profiles.h"

namespace dray::cli {
namespace {

// What any program needs.
constexpr const char* kSystem[] = {"/usr",       "/lib",      "/lib64",      "/etc/ld.so.cache",
                                   "/proc/self", "/dev/null", "/dev/urandom"};

}  // namespace

Result<pipeline::ImageSettings> read_image_settings(const ImageWorkerOptions& options) {
  // sRGB goes out, with its name, unless something else is set; for print, the standard of coated paper.
  pipeline::ImageSettings settings;
  settings.rgb_profile = "sRGB";
  settings.gray_profile = "sGray";
  if (pipeline::find_profile("CoatedFogra39", settings))
    settings.cmyk_profile = settings.source_cmyk_profile = "CoatedFogra39";
  settings.static_renditions =
      options.static_renditions == "classic" ? pipeline::Generation::classic : pipeline::Generation::cloud;
  if (options.settings_file.empty()) return settings;
  constexpr ByteCount kLargest = 1024 * 1024;
  ASSIGN_OR_RETURN(auto text, read_file(options.settings_file, kLargest));
  ASSIGN_OR_RETURN(auto value, parse_json(text));
  return pipeline::image_settings_from_json(value, std::move(settings));
}

Result<std::string> read_signing_key(const std::string& file) {
  constexpr ByteCount kLargest = 4096;
  constexpr std::size_t kShortest = 16;
  if (file.empty()) return std::string();
  ASSIGN_OR_RETURN(auto key, read_file(file, kLargest));
  key.erase(key.find_last_not_of("\r\n") + 1);
  if (key.size() < kShortest)
    return Error{Code::invalid, file + " has a key of less than 16 bytes: make one with openssl rand -hex 32"};
  return key;
}

// The program itself, as a worker: what it may read is what libraries and profiles need.
Result<service::WorkerPoolConfig> make_worker_config(const ImageWorkerOptions& options,
                                                     const pipeline::ImageSettings& settings) {
  ASSIGN_OR_RETURN(auto memory, parse_size(options.memory));
  auto cores = std::max(1u, std::thread::hardware_concurrency());
  auto workers = options.workers ? options.workers : cores;
  service::WorkerPoolConfig config;
  config.workers = workers;
  config.patience = std::chrono::seconds(options.patience);
  config.command = {"/proc/self/exe",       "worker",    "--memory",
                    std::to_string(memory), "--threads", std::to_string(std::max(1u, cores / workers))};
  for (const auto* path : kSystem) config.command.insert(config.command.end(), {"--readable", path});
  for (const auto* path : {"/etc/fonts", "/etc/ImageMagick-6", "/etc/magic"})
    config.command.insert(config.command.end(), {"--readable", path});
  for (const auto& place : pipeline::profile_places(settings))
    config.command.insert(config.command.end(), {"--readable", place});
  return config;
}

service::WorkerPoolConfig make_inspector_config(service::WorkerPoolConfig workers) {
  constexpr unsigned kInspectors = 2, kJobs = 50;  // what one file may have done to a worker is soon over
  workers.workers = kInspectors;
  workers.jobs_per_worker = kJobs;
  workers.patience = std::min<std::chrono::milliseconds>(workers.patience, std::chrono::seconds(20));
  return workers;
}

// The program itself puts up the walls, and then becomes ffmpeg.
service::FilmsConfig make_films_config(const std::string& data, unsigned preview_patience) {
  constexpr ByteCount kMemory = ByteCount{2} * 1024 * 1024 * 1024, kOutput = ByteCount{16} * 1000 * 1000 * 1000;
  service::FilmsConfig config;
  config.scratch = data;
  config.preview_patience = std::chrono::seconds(preview_patience);
  config.confine = {"/proc/self/exe",        "confine",  "--memory",
                    std::to_string(kMemory), "--output", std::to_string(kOutput)};
  for (const auto* path : kSystem) config.confine.insert(config.confine.end(), {"--readable", path});
  config.confine.insert(config.confine.end(), {"--readable", "/proc/self/fd/3", "--writable", "/proc/self/fd/4"});
  return config;
}

}  // namespace dray::cli
