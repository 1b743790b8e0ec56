// The processes that make renditions, as commands set them up.
#pragma once

#include <string>

#include "base/result.h"
#include "pipeline/renditions/settings.h"
#include "service/rendering/worker_pool.h"

namespace dray::cli {

struct ImageWorkerOptions {
  std::string settings_file;  // JSON; empty: sRGB goes out, with its name
  unsigned workers = 0;       // 0: one per core
  unsigned patience = 30;     // seconds for one picture
  std::string memory = "512MB";
};

Result<pipeline::ImageSettings> read_image_settings(const ImageWorkerOptions& options);
Result<service::WorkerPoolConfig> make_worker_config(const ImageWorkerOptions& options,
                                                     const pipeline::ImageSettings& settings);

}  // namespace dray::cli
