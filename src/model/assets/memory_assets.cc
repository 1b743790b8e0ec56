#include "model/assets/memory_assets.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace dray::model {

namespace {

// Sorts as the archive order: '/' before every other character.
std::string order_key(const AssetPath& path) {
  auto key = path.text();
  std::replace(key.begin(), key.end(), '/', '\0');
  return key;
}

class Assets final : public AssetRepository {
 public:
  explicit Assets(EventLog* events) : events_(events) { [[maybe_unused]] auto made = make_folder_locked(dam_root()); }

  Result<std::optional<Node>> find(const AssetPath& path) const override {
    std::lock_guard lock(mutex_);
    auto found = records_.find(order_key(path));
    return found == records_.end() ? std::optional<Node>() : found->second.node;
  }

  Result<std::vector<Node>> list_children(const AssetPath& folder, const std::string& after,
                                          std::size_t limit) const override {
    std::lock_guard lock(mutex_);
    std::vector<Node> children;
    for (const auto& [key, record] : records_) {
      const auto& path = record.node.path;
      if (path.is_root() || path.parent() != folder || std::string(path.name()) <= after) continue;
      if (children.size() < limit) children.push_back(record.node);
    }
    return children;
  }

  Result<void> visit_below(const AssetPath& folder, const std::function<Visit(Node&)>& visit) const override {
    auto copy = [this] {
      std::lock_guard lock(mutex_);
      return records_;
    }();
    for (auto& [key, record] : copy) {
      if (record.node.path == folder || !record.node.path.is_within(folder)) continue;
      if (visit(record.node) == Visit::stop) break;
    }
    return ok();
  }

  Result<json::object> get_metadata(const AssetPath& path) const override {
    std::lock_guard lock(mutex_);
    auto found = records_.find(order_key(path));
    if (found == records_.end()) return missing(path);
    return found->second.metadata;
  }

  Result<std::vector<AssetVersion>> list_versions(const AssetPath& asset) const override {
    std::lock_guard lock(mutex_);
    auto found = records_.find(order_key(asset));
    if (found == records_.end() || found->second.node.is_folder()) return missing(asset);
    return found->second.versions;
  }

  Result<void> make_folder(const AssetPath& folder, const json::object& metadata) override {
    std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(make_folder_locked(folder));
    auto& kept = records_[order_key(folder)].metadata;
    if (kept.empty()) kept = metadata;
    return ok();
  }

  Result<void> put_assets(std::span<const AssetDraft> drafts, Seconds now, const std::vector<Event>& events) override {
    std::lock_guard lock(mutex_);
    auto before = records_;
    for (const auto& draft : drafts) {
      if (auto done = put_locked(draft, now); !done) {
        records_ = std::move(before);
        return done;
      }
    }
    for (const auto& event : events) {
      if (events_) RETURN_IF_ERROR(events_->append(event));
    }
    return ok();
  }

  Result<void> remove(const AssetPath& path) override {
    std::lock_guard lock(mutex_);
    if (dam_root().is_within(path)) return Error{Code::denied, path.text() + " is part of the system and stays"};
    if (!records_.contains(order_key(path))) return missing(path);
    std::erase_if(records_, [&](const auto& item) { return item.second.node.path.is_within(path); });
    return ok();
  }

  Result<void> visit_blobs(const std::function<Result<void>(const AssetPath&, const Blob&)>& visit) const override {
    auto copy = [this] {
      std::lock_guard lock(mutex_);
      return records_;
    }();
    for (const auto& [key, record] : copy) {
      for (const auto& version : record.versions) RETURN_IF_ERROR(visit(record.node.path, version.original));
    }
    return ok();
  }

 private:
  struct Record {
    Node node;
    json::object metadata;
    std::vector<AssetVersion> versions;
  };

  static Error missing(const AssetPath& path) { return {Code::not_found, "there is no asset " + path.text()}; }

  Result<void> make_folder_locked(const AssetPath& folder) {
    auto found = records_.find(order_key(folder));
    if (found != records_.end()) {
      if (found->second.node.is_folder()) return ok();
      return Error{Code::conflict, folder.text() + " is an asset, not a folder"};
    }
    if (!folder.is_root()) RETURN_IF_ERROR(make_folder_locked(folder.parent()));
    records_[order_key(folder)].node = Node{next_id_++, folder, std::nullopt};
    return ok();
  }

  Result<void> put_locked(const AssetDraft& draft, Seconds now) {
    RETURN_IF_ERROR(make_folder_locked(draft.path.parent()));
    auto& record = records_[order_key(draft.path)];
    bool is_new = record.node.id == 0;
    if (is_new)
      record.node = Node{next_id_++, draft.path, draft.asset};
    else if (record.node.is_folder())
      return Error{Code::conflict, draft.path.text() + " is a folder, not an asset"};
    auto version = is_new ? 1 : record.node.asset->version;
    bool changed = is_new || record.node.asset->original != draft.asset.original;
    if (changed && !is_new) ++version;
    record.node.asset = draft.asset;
    record.node.asset->version = version;
    record.metadata = draft.metadata;
    if (changed) {
      record.versions.insert(record.versions.begin(),
                             {version, draft.asset.original, draft.asset.mime_type, draft.asset.modified, now});
    }
    return ok();
  }

  EventLog* const events_;
  mutable std::mutex mutex_;
  std::map<std::string, Record> records_;
  std::int64_t next_id_ = 1;
};

}  // namespace

std::unique_ptr<AssetRepository> make_memory_assets(EventLog* events) { return std::make_unique<Assets>(events); }

}  // namespace dray::model
