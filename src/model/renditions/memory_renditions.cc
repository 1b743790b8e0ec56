#include <map>
#include <mutex>

#include "model/renditions/rendition_repository.h"

namespace dray::model {
namespace {

class MemoryRenditions final : public RenditionRepository {
 public:
  Result<std::optional<Rendition>> find(const RenditionKey& key) const override {
    std::lock_guard lock(mutex_);
    auto found = renditions_.find(key);
    return found == renditions_.end() ? std::optional<Rendition>() : found->second;
  }

  Result<std::vector<KeptRendition>> list(const BlobId& original) const override {
    std::lock_guard lock(mutex_);
    std::vector<KeptRendition> kept;
    for (auto at = renditions_.lower_bound({original, ""}); at != renditions_.end() && at->first.original == original;
         ++at)
      kept.push_back({at->first, at->second});
    return kept;
  }

  Result<void> put(const std::vector<KeptRendition>& renditions) override {
    std::lock_guard lock(mutex_);
    for (const auto& [key, rendition] : renditions) renditions_[key] = rendition;
    return ok();
  }

  Result<void> remove(const std::vector<RenditionKey>& keys) override {
    std::lock_guard lock(mutex_);
    for (const auto& key : keys) renditions_.erase(key);
    return ok();
  }

  Result<void> visit(const std::function<Result<void>(const KeptRendition&)>& visit) const override {
    auto copy = [&] {
      std::lock_guard lock(mutex_);
      return renditions_;
    }();
    for (const auto& [key, rendition] : copy) RETURN_IF_ERROR(visit({key, rendition}));
    return ok();
  }

 private:
  mutable std::mutex mutex_;
  std::map<RenditionKey, Rendition> renditions_;
};

}  // namespace

std::unique_ptr<RenditionRepository> make_memory_renditions() { return std::make_unique<MemoryRenditions>(); }

}  // namespace dray::model
