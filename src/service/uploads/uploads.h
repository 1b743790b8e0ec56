// Uploads of assets: announced, sent in parts, put together.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/places.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "model/assets/asset_repository.h"
#include "model/assets/media_inspector.h"
#include "model/blobs/blob_store.h"
#include "model/events/events.h"
#include "model/jobs/job_queue.h"
#include "model/people/access.h"
#include "service/rendering/keyed_locks.h"

namespace dray::service {

struct UploadFile {
  std::string name;
  std::optional<ByteCount> size = 0;  // nullopt: as it was announced
};

struct OpenUpload {
  std::string token;  // whoever has it may send parts
  std::string mime_type;
  unsigned parts = 1;
};

struct Uploaded {
  AssetPath path;
  bool is_new = true;
  bool is_whole = true;  // false: more chunks are to come
};

// A part on its way in; kept once commit() has answered ok, else gone. One thread at a time.
class PartWriter {
 public:
  PartWriter(UniqueFd fd, std::string temporary, std::string file, ByteCount limit)
      : fd_(std::move(fd)), temporary_(std::move(temporary)), file_(std::move(file)), limit_(limit) {}
  ~PartWriter();
  PartWriter(const PartWriter&) = delete;

  Result<void> write(std::string_view bytes);  // Code::too_large
  Result<void> commit();                       // durable when it answers

 private:
  UniqueFd fd_;
  std::string temporary_;  // empty: there is none any more
  const std::string file_;
  const ByteCount limit_;
  ByteCount size_ = 0;
};

struct UploadsParts {
  model::AssetRepository& assets;
  model::AccessRepository& access;
  model::BlobStore& blobs;
  const model::MediaInspector& media;
  model::JobQueue& jobs;
  model::EventLog& events;
  const Clock& clock;
  Random& random;
};

struct UploadsConfig {
  std::string directory;
  ByteCount part_limit = 100 * 1024 * 1024;
  std::chrono::hours life{24};
  // Putting a large file together takes long; so many at a time leave room for whoever wants something small.
  ByteCount large = 64 * 1024 * 1024;
  int most_large = 8;
  unsigned inspected = 10, inspected_of_user = 6;  // files that are looked at, or wait to be
};

// Safe for use from any thread.
class Uploads {
 public:
  Uploads(UploadsParts parts, UploadsConfig config);

  // One for each file, in their order. Names that cannot be those of assets are told when the upload is completed,
  // since clients announce a file just to see whether they may. Code::not_found: no such folder that the caller can
  // see; Code::denied: they may not write there.
  Result<std::vector<OpenUpload>> initiate(const AssetPath& folder, const std::vector<UploadFile>& files,
                                           const model::Caller& caller);
  // Code::not_found: a wrong token, or one whose time is over, or that part is not of it.
  Result<std::unique_ptr<PartWriter>> open_part(const std::string& token, unsigned number) const;
  // Makes the asset. Once more, it gives the same answer. Code::invalid: a wrong token, or another name or size than
  // announced, or bytes that were sent twice; Code::conflict: bytes are missing, or a folder is in the way; Code::busy:
  // too many large ones are being put together: once more in a moment.
  Result<Uploaded> complete(const std::string& token, const UploadFile& file, const AssetPath& folder,
                            const model::Caller& caller);
  // The bytes of `path` from `offset` on, of `total`; some may come again. Code::conflict: they do not follow the last
  // ones.
  Result<Uploaded> put_chunk(const AssetPath& path, ByteCount offset, ByteCount total, std::string_view bytes,
                             const model::Caller& caller);
  // For clients that send all at once: whether the caller may add assets to the folder.
  Result<void> check_folder(const AssetPath& folder, const model::Caller& caller) const;
  Result<void> clear_up() const;  // now and then: removes what nobody has completed

  ByteCount part_limit() const { return config_.part_limit; }

 private:
  Result<void> check_asset(const AssetPath& path, const model::Caller& caller) const;
  std::string directory_of(const std::string& token) const;
  bool is_over(const std::string& directory) const;
  Result<Uploaded> make_asset(const std::string& directory, unsigned parts, const AssetPath& path, ByteCount size,
                              const model::Caller& caller) const;
  Result<model::AssetDraft> make_draft(int fd, const AssetPath& path, ByteCount size,
                                       const model::Caller& caller) const;

  const UploadsParts parts_;
  const UploadsConfig config_;
  mutable KeyedLocks locks_;  // by directory: one completes it at a time
  mutable std::atomic<int> large_ = 0;
  mutable Places inspecting_;
};

}  // namespace dray::service
