// Licences that are pages of the installation and no assets.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <ctime>
#include <map>
#include <mutex>
#include <string>

#include "model/assets/protection.h"

namespace dray::cli {

// Pages below /apps/settings/dam/drm/licenses, /conf/<tenant>/settings/dam/drm/licenses,
// /libs/settings/dam/drm/licenses or, as long ago, /etc/dam/drm/licences. Safe for use from any thread.
class LicencePages {
 public:
  explicit LicencePages(std::string directory) : directory_(std::move(directory)) {}

  // The page at such a path: the file of that name where it ends in .html, .htm or .txt, else with .html or .txt behind
  // it. nullopt: there is none, or it is no such path. Code::unavailable: it cannot be read, or has no text.
  Result<std::optional<model::LicencePage>> read(const std::string& path);

 private:
  struct Known {
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{}, changed{};
    std::chrono::steady_clock::time_point until;                                           // what fails may pass
    Result<std::optional<model::LicencePage>> page = std::optional<model::LicencePage>();  // or why it cannot be read
  };
  Result<std::optional<model::LicencePage>> read_file_of(const std::string& path);

  const std::string directory_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;  // by path of the file; guarded by mutex_
};

}  // namespace dray::cli
