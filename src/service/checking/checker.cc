#include "service/checking/checker.h"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "pipeline/layout/manifest.h"

namespace dray::service {
namespace {

using model::Blob;
using model::BlobId;

constexpr std::size_t kBufferSize = 1024 * 1024;

class Checker {
 public:
  Checker(const model::BlobStore& blobs, Depth depth, Progress& progress, const std::atomic<bool>& stop)
      : blobs_(blobs), depth_(depth), progress_(progress), stop_(stop) {}

  Result<CheckReport> run(const CheckerParts& parts) {
    RETURN_IF_ERROR(check_blobs());
    RETURN_IF_ERROR(
        parts.assets.visit_blobs([&](const AssetPath& path, const Blob& blob) { return check_asset(path, blob); }));
    RETURN_IF_ERROR(parts.renditions.visit([&](const model::KeptRendition& kept) {
      if (stop_ || !kept.rendition.failure.empty()) return ok();
      ++report_.renditions;
      check_use(kept.rendition.content,
                fmt::format("a rendition of {} ({})", kept.key.original.hex(), kept.key.recipe));
      return ok();
    }));
    RETURN_IF_ERROR(parts.downloads.visit_artifacts(
        [&](const std::string& id, const model::Artifact& artifact) { return check_artifact(id, artifact); }));
    if (stop_) return Error{Code::unavailable, "stopped before everything was checked"};
    return std::move(report_);
  }

 private:
  Result<void> check_blobs() {
    std::vector<BlobId> ids;
    RETURN_IF_ERROR(blobs_.visit([&](const BlobId& id) {
      ids.push_back(id);
      bytes_total_ += blobs_.find_size(id).value_or(0);
      return ok();
    }));
    listed_.insert(ids.begin(), ids.end());
    if (depth_ == Depth::presence) bytes_total_ = 0;
    std::atomic<std::size_t> next = 0;
    auto work = [&] {
      for (auto i = next++; i < ids.size() && !stop_; i = next++) {
        check_blob(ids[i]);
        progress_.update({bytes_done_, bytes_total_, ++blobs_done_, ids.size()});
      }
    };
    std::vector<std::thread> workers;
    for (unsigned i = 1; i < std::max(1u, std::thread::hardware_concurrency()); ++i) workers.emplace_back(work);
    work();
    for (auto& worker : workers) worker.join();
    report_.blobs = ids.size();
    report_.bytes = bytes_done_;
    return ok();
  }

  void check_blob(const BlobId& id) {
    auto blob = blobs_.open(id);
    if (!blob && blob.error().code == Code::not_found) return;  // cleaned since; whoever uses it says so
    if (!blob) return report(blob.error().message);
    if (depth_ == Depth::presence) return keep(id, {id, blob->size(), 0});
    std::vector<std::byte> buffer(kBufferSize);
    Sha256Hasher hasher;
    std::uint32_t crc = 0;
    for (ByteCount at = 0; at < blob->size() && !stop_;) {
      auto got = blob->read_at(at, buffer);
      if (!got) return report(fmt::format("blob {}: {}", id.hex(), got.error().message));
      auto bytes = Bytes(buffer).first(*got);
      hasher.update(bytes);
      crc = crc32_of(bytes, crc);
      at += *got;
      bytes_done_ += *got;
    }
    if (stop_) return;
    if (hasher.finish() != id) return report(fmt::format("blob {} has other bytes than were stored", id.hex()));
    keep(id, {id, blob->size(), crc});
  }

  Result<void> check_asset(const AssetPath& path, const Blob& blob) {
    if (stop_) return ok();
    ++report_.assets;
    check_use(blob, path.text());
    return ok();
  }

  Result<void> check_artifact(const std::string& id, const model::Artifact& artifact) {
    if (stop_) return ok();
    ++report_.artifacts;
    auto what = fmt::format("download {}, {}", id, artifact.name);
    if (!find_sound(artifact.content)) {
      report(what + ": its stored file is missing or damaged");
      return ok();
    }
    if (artifact.kind == model::ArtifactKind::archive && checked_manifests_.insert(artifact.content).second)
      check_archive(artifact, what);
    return ok();
  }

  void check_archive(const model::Artifact& artifact, const std::string& what) {
    auto bytes = model::read_blob(blobs_, artifact.content);
    if (!bytes) return report(fmt::format("{}: {}", what, bytes.error().message));
    auto checked = pipeline::check_manifest(bytes_of(*bytes));
    if (!checked) return report(fmt::format("{}: {}", what, checked.error().message));
    auto view = pipeline::ManifestView::open(bytes_of(*bytes));
    if (view->archive_length() != artifact.size)
      report(what + ": its manifest is that of an archive of another length");
    for (std::uint64_t i = 0; i < view->entry_count(); ++i) {
      auto entry = view->entry(i);
      if (entry->content.id != BlobId{}) check_use(entry->content, fmt::format("{}, entry {}", what, entry->name));
    }
  }

  void check_use(const Blob& blob, const std::string& user) {
    const auto* found = find_sound(blob.id);
    if (!found) return report(fmt::format("{}: its blob {} is missing or damaged", user, blob.id.hex()));
    if (found->size != blob.size)
      report(fmt::format("{}: its blob has {} bytes, not {}", user, found->size, blob.size));
    if (depth_ == Depth::content && found->crc32 != blob.crc32) {
      report(fmt::format("{}: its CRC-32 on record is wrong", user));
    }
  }

  // A blob that came in after the list was made is checked now: an import may be running.
  const Blob* find_sound(const BlobId& id) {
    auto found = sound_.find(id);
    if (found == sound_.end() && listed_.insert(id).second && blobs_.find_size(id)) {
      check_blob(id);
      ++report_.blobs;
      found = sound_.find(id);
    }
    return found == sound_.end() ? nullptr : &found->second;
  }

  void keep(const BlobId& id, const Blob& blob) {
    std::lock_guard lock(mutex_);
    sound_.emplace(id, blob);
  }
  void report(std::string problem) {
    std::lock_guard lock(mutex_);
    report_.problems.push_back(std::move(problem));
  }

  const model::BlobStore& blobs_;
  const Depth depth_;
  Progress& progress_;
  const std::atomic<bool>& stop_;
  std::atomic<ByteCount> bytes_done_ = 0;
  ByteCount bytes_total_ = 0;
  std::atomic<std::uint64_t> blobs_done_ = 0;
  std::unordered_set<BlobId> listed_, checked_manifests_;

  std::mutex mutex_;  // guards what follows
  std::unordered_map<BlobId, Blob> sound_;
  CheckReport report_;
};

}  // namespace

Result<CheckReport> check_everything(const CheckerParts& parts, Depth depth, Progress& progress,
                                     const std::atomic<bool>& stop) {
  return Checker(parts.blobs, depth, progress, stop).run(parts);
}

}  // namespace dray::service
