#include "edge/cli/image_workers.h"

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "edge/cli/terminal.h"
#include "pipeline/renditions/profiles.h"

namespace dray::cli {

Result<pipeline::ImageSettings> read_image_settings(const ImageWorkerOptions& options) {
  // sRGB goes out, with its name, unless something else is set.
  pipeline::ImageSettings settings;
  settings.rgb_profile = "sRGB";
  settings.gray_profile = "sGray";
  if (options.settings_file.empty()) return settings;
  constexpr ByteCount kLargest = 1024 * 1024;
  ASSIGN_OR_RETURN(auto text, read_file(options.settings_file, kLargest));
  ASSIGN_OR_RETURN(auto value, parse_json(text));
  return pipeline::image_settings_from_json(value, std::move(settings));
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
  for (const auto* path : {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/ImageMagick-6",
                           "/proc/self", "/dev/null", "/dev/urandom"})
    config.command.insert(config.command.end(), {"--readable", path});
  for (const auto& place : pipeline::profile_places(settings))
    config.command.insert(config.command.end(), {"--readable", place});
  return config;
}

}  // namespace dray::cli
