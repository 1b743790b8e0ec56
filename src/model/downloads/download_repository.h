// The port to downloads.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/downloads/download.h"

namespace dray::model {

// Safe for use from any thread.
class DownloadRepository {
 public:
  virtual ~DownloadRepository() = default;
  virtual Result<void> put(
      const Download& download) = 0;  // new or replaced, all of it or nothing; durable when it answers
  // put(), but only while the stored one is being processed; whether it was. Somebody may have cancelled it meanwhile,
  // or have sent it to the background, where it stays.
  virtual Result<bool> complete(const Download& download) = 0;
  // Nothing where it is not being processed any more.
  virtual Result<void> note_progress(const std::string& id, const DownloadProgress& progress) = 0;
  virtual Result<bool> send_to_background(const std::string& id) = 0;    // whether it is being processed
  virtual Result<std::vector<std::string>> list_processing() const = 0;  // the oldest first
  virtual Result<std::optional<Download>> find(const std::string& id) const = 0;
  // The owner's, the newest first; `before` is the id of the last one of the page before, or "".
  virtual Result<std::vector<Download>> list(const std::string& owner, const std::string& before,
                                             std::size_t limit) const = 0;
  virtual Result<void> remove(const std::string& id) = 0;  // Code::not_found
  // Every artifact's content blob, for checks and for clearing up; stops at the first error of `visit`.
  virtual Result<void> visit_artifacts(
      const std::function<Result<void>(const std::string& id, const Artifact&)>& visit) const = 0;
};

}  // namespace dray::model
