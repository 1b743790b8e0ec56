// Imports a folder of files.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/progress.h"
#include "model/assets/asset_repository.h"
#include "model/assets/media_inspector.h"
#include "model/blobs/blob_store.h"
#include "model/events/events.h"
#include "model/jobs/job_queue.h"
#include "service/importing/file_tree.h"

namespace dray::service {

enum class Compare {
  size_and_time,  // equal size and modification time: not read again
  content,        // every file is read
};

struct ImportRequest {
  std::string directory;
  AssetPath target;  // below /content/dam; made where missing
  Compare compare = Compare::size_and_time;
  unsigned workers = 0;  // 0: two per core, since they also wait for the disk
  std::string user;      // for the event log
};

struct ImportReport {
  std::uint64_t imported = 0, updated = 0, unchanged = 0;  // files
  ByteCount bytes = 0;                                     // of what was imported or updated
  bool stopped = false;
  std::vector<ImportProblem> problems;
};

struct ImporterParts {
  model::BlobStore& blobs;
  model::AssetRepository& assets;
  const model::MediaInspector& media;
  model::EventLog& events;
  model::JobQueue& jobs;  // gets one for each original whose renditions are to be made
  const Clock& clock;
};

// An Error when nothing can go on: the folder cannot be read, the store or the catalog fails (Code::unavailable when
// the disk is full). What was imported before stays, and running it again goes on. `stop` may be set from a signal
// handler.
Result<ImportReport> import_folder(ImporterParts parts, const ImportRequest& request, Progress& progress,
                                   const std::atomic<bool>& stop);

}  // namespace dray::service
