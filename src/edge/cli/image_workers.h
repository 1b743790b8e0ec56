// The processes that make renditions, as commands set them up.
#pragma once

#include <string>

#include "base/result.h"
#include "pipeline/renditions/settings.h"
#include "service/rendering/films.h"
#include "service/rendering/worker_pool.h"

namespace dray::cli {

struct ImageWorkerOptions {
  std::string settings_file;  // JSON; empty: sRGB goes out, with its name
  unsigned workers = 0;       // 0: one per core
  unsigned patience = 30;     // seconds for one picture
  std::string memory = "512MB";
  std::string static_renditions = "cloud";  // or "classic": the names and sizes of AEM 6.5
};

// How ffmpeg is run; `data` is the folder for what it makes.
service::FilmsConfig make_films_config(const std::string& data, unsigned preview_patience);

// Of signed image requests. Empty where `file` is. Code::invalid: it is shorter than 16 bytes.
Result<std::string> read_signing_key(const std::string& file);
Result<pipeline::ImageSettings> read_image_settings(const ImageWorkerOptions& options);
Result<service::WorkerPoolConfig> make_worker_config(const ImageWorkerOptions& options,
                                                     const pipeline::ImageSettings& settings);
// Of those that look at uploads, which are not to wait for pictures.
service::WorkerPoolConfig make_inspector_config(service::WorkerPoolConfig workers);

}  // namespace dray::cli
