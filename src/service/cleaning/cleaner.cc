#include "service/cleaning/cleaner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/log.h"
#include "pipeline/layout/manifest.h"

namespace dray::service {
namespace {

using model::Blob;
using model::BlobId;

constexpr std::size_t kForgottenAtOnce = 1000;

// Ids by their first 8 bytes: an eighth of the memory and more, and two that share them keep each other.
class IdSet {
 public:
  void add(const BlobId& id) { added_.push_back(key_of(id)); }
  // What was added is found from now on.
  void settle() {
    if (added_.empty()) return;
    std::sort(added_.begin(), added_.end());
    auto middle = static_cast<std::ptrdiff_t>(keys_.size());
    keys_.insert(keys_.end(), added_.begin(), std::unique(added_.begin(), added_.end()));
    std::inplace_merge(keys_.begin(), keys_.begin() + middle, keys_.end());
    added_ = {};
  }
  bool contains(const BlobId& id) const { return std::binary_search(keys_.begin(), keys_.end(), key_of(id)); }
  std::size_t size() const { return keys_.size(); }

 private:
  static std::uint64_t key_of(const BlobId& id) {
    std::uint64_t key = 0;
    std::memcpy(&key, id.bytes.data(), sizeof key);
    return key;
  }
  std::vector<std::uint64_t> keys_, added_;  // keys_ in order, without doubles
};

class Cleaner {
 public:
  Cleaner(const CleanerParts& parts, const CleanerConfig& config, const std::atomic<bool>& stop)
      : parts_(parts), config_(config), stop_(stop), now_(parts.clock.now()) {}

  Result<CleanReport> run() {
    RETURN_IF_ERROR(mark_assets());
    RETURN_IF_ERROR(forget_renditions());
    RETURN_IF_ERROR(mark_renditions());
    RETURN_IF_ERROR(mark_downloads());
    if (stop_) return Error{Code::unavailable, "stopped before anything was removed"};
    report_.used = used_.size();
    std::function<bool(const BlobId&)> is_used = [this](const BlobId& id) { return used_.contains(id); };
    ASSIGN_OR_RETURN(report_.blobs, parts_.blobs.clean({is_used, now_ - config_.keep_unused, stop_}));
    return std::move(report_);
  }

 private:
  Result<void> mark_assets() {
    RETURN_IF_ERROR(parts_.assets.visit_blobs([&](const AssetPath&, const Blob& blob) {
      used_.add(blob.id);
      return ok();
    }));
    used_.settle();
    return ok();
  }

  // An original has gone altogether: one without an asset may be uploaded again at this moment. Looking in vain is
  // expensive, and an original's renditions come one after another.
  bool has_gone(const BlobId& original) {
    if (used_.contains(original)) return false;
    if (original != last_gone_ && !parts_.blobs.find_size(original)) last_gone_ = original;
    return original == last_gone_;
  }

  bool is_stale(const model::KeptRendition& kept) {
    bool is_on_demand = kept.rendition.name.empty();
    return (is_on_demand && kept.rendition.made < now_ - config_.keep_renditions) || has_gone(kept.key.original);
  }

  Result<void> forget_renditions() {
    std::vector<model::RenditionKey> stale;
    RETURN_IF_ERROR(parts_.renditions.visit([&](const model::KeptRendition& kept) {
      if (is_stale(kept)) stale.push_back(kept.key);
      return ok();
    }));
    for (std::size_t i = 0; i < stale.size() && !stop_; i += kForgottenAtOnce) {
      auto some = std::span(stale).subspan(i, std::min(kForgottenAtOnce, stale.size() - i));
      RETURN_IF_ERROR(parts_.renditions.remove({some.begin(), some.end()}));
    }
    report_.renditions = stale.size();
    return ok();
  }

  Result<void> mark_renditions() {
    RETURN_IF_ERROR(parts_.renditions.visit([&](const model::KeptRendition& kept) {
      if (kept.rendition.failure.empty()) used_.add(kept.rendition.content.id);
      return ok();
    }));
    used_.settle();
    return ok();
  }

  // The list first: reading the manifests would hold the catalog for long.
  Result<void> mark_downloads() {
    std::vector<BlobId> manifests;
    RETURN_IF_ERROR(parts_.downloads.visit_artifacts([&](const std::string&, const model::Artifact& artifact) {
      used_.add(artifact.content);
      if (artifact.kind == model::ArtifactKind::archive) manifests.push_back(artifact.content);
      return ok();
    }));
    if (parts_.list_sent) {
      for (const auto& id : parts_.list_sent()) {
        used_.add(id);
        auto marked = mark_entries(id);
        if (!marked) log::warn("{}, an archive that is being sent: {}", id.hex(), marked.error().message);
      }
    }
    std::sort(manifests.begin(), manifests.end());
    manifests.erase(std::unique(manifests.begin(), manifests.end()), manifests.end());
    used_.settle();
    for (const auto& id : manifests) {
      if (stop_) break;
      if (auto marked = mark_entries(id); !marked) return cannot_tell(id, marked.error());
    }
    return ok();
  }

  Result<void> mark_entries(const BlobId& id) {
    auto bytes = model::read_blob(parts_.blobs, id);
    if (!bytes) return bytes.error();
    if (auto sound = pipeline::check_manifest(bytes_of(*bytes)); !sound) return sound;
    auto view = pipeline::ManifestView::open(bytes_of(*bytes));
    for (std::uint64_t i = 0; i < view->entry_count(); ++i) {
      auto entry = view->content_id(i);
      if (!used_.contains(entry)) used_.add(entry);
    }
    used_.settle();
    return ok();
  }

  static Error cannot_tell(const BlobId& id, const Error& why) {
    return {Code::corrupt,
            fmt::format("nothing was removed: what a kept archive needs cannot be told, since its manifest {} cannot "
                        "be read ({}); dray verify says whose it is",
                        id.hex(), why.message)};
  }

  const CleanerParts& parts_;
  const CleanerConfig& config_;
  const std::atomic<bool>& stop_;
  const Seconds now_;
  IdSet used_;
  BlobId last_gone_;
  CleanReport report_;
};

}  // namespace

Result<CleanReport> clean(const CleanerParts& parts, const CleanerConfig& config, const std::atomic<bool>& stop) {
  return Cleaner(parts, config, stop).run();
}

}  // namespace dray::service
