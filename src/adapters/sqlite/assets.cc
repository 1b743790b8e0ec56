#include <algorithm>

#include "adapters/sqlite/repositories.h"
#include "base/text.h"

namespace dray::sqlite {
namespace {

using model::Asset;
using model::AssetDraft;
using model::AssetVersion;
using model::Blob;
using model::Node;

std::string order_key(const AssetPath& path) {
  std::string key = path.text();
  std::replace(key.begin(), key.end(), '/', '\0');
  return key;
}

// Where the keys below `path` begin and end.
std::string first_below(const AssetPath& path) {
  return path.is_root() ? std::string(1, '\0') : order_key(path) + '\0';
}
std::string end_below(const AssetPath& path) { return path.is_root() ? std::string(1, '\1') : order_key(path) + '\1'; }

#define NODE_COLUMNS                                                                             \
  "id, order_key, blob, size, crc32, mime_type, modified_ns, version, set_kind, width, height, " \
  "expires, licence_pages, restrictions"

Node node_of(const Statement& row) {
  std::string path(row.view(1));
  std::replace(path.begin(), path.end(), '\0', '/');
  Node node{row.integer(0), AssetPath::trusted(std::move(path)), std::nullopt};
  if (row.is_null(2)) return node;
  Asset asset;
  asset.original = {row.digest(2), static_cast<ByteCount>(row.integer(3)), static_cast<std::uint32_t>(row.integer(4))};
  asset.mime_type = row.text(5);
  asset.modified = model::Nanoseconds(std::chrono::nanoseconds(row.integer(6)));
  asset.version = static_cast<std::uint32_t>(row.integer(7));
  asset.set = static_cast<model::SetKind>(row.integer(8));
  if (!row.is_null(9)) asset.width = static_cast<std::uint32_t>(row.integer(9));
  if (!row.is_null(10)) asset.height = static_cast<std::uint32_t>(row.integer(10));
  if (!row.is_null(11)) asset.protection.expires = time_of(row.integer(11));
  if (!row.view(12).empty()) {
    for (auto page : split(row.view(12), '\n')) asset.protection.licence_pages.emplace_back(page);
  }
  if (!row.view(13).empty()) asset.protection.restrictions = row.text(13);
  node.asset = std::move(asset);
  return node;
}

}  // namespace

std::string format_pages(const model::Protection& protection) {
  std::string text;
  for (const auto& page : protection.licence_pages) text += (text.empty() ? "" : "\n") + page;
  return text;
}

namespace {

Error missing(const AssetPath& path) { return {Code::not_found, "there is no asset " + path.text()}; }

class Assets final : public model::AssetRepository {
 public:
  explicit Assets(SharedDatabase database) : database_(std::move(database)) {}

  Result<std::optional<Node>> find(const AssetPath& path) const override {
    return guarded([&]() -> Result<std::optional<Node>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT " NODE_COLUMNS " FROM node WHERE order_key = ?");
      row.bind(bytes_of(order_key(path)));
      if (!row.step()) return std::optional<Node>();
      return std::optional(node_of(row));
    });
  }

  Result<std::vector<Node>> list_children(const AssetPath& folder, const std::string& after,
                                          std::size_t limit) const override {
    return guarded([&]() -> Result<std::vector<Node>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT " NODE_COLUMNS
                                 " FROM node WHERE parent = (SELECT id FROM node WHERE order_key = ?)"
                                 " AND name > ? ORDER BY name LIMIT ?");
      row.bind(bytes_of(order_key(folder)), after, static_cast<std::int64_t>(limit));
      std::vector<Node> nodes;
      while (row.step()) nodes.push_back(node_of(row));
      return nodes;
    });
  }

  Result<void> visit_below(const AssetPath& folder, const std::function<model::Visit(Node&)>& visit) const override {
    return guarded([&]() -> Result<void> {
      auto reader = database_->read();  // one statement reads one state, in WAL mode
      auto row =
          reader->prepare("SELECT " NODE_COLUMNS " FROM node WHERE order_key > ? AND order_key < ? ORDER BY order_key");
      row.bind(bytes_of(first_below(folder)), bytes_of(end_below(folder)));
      while (row.step()) {
        auto node = node_of(row);
        if (visit(node) == model::Visit::stop) break;
      }
      return ok();
    });
  }

  Result<json::object> get_metadata(const AssetPath& path) const override {
    return guarded([&]() -> Result<json::object> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT coalesce(properties, '{}') FROM node LEFT JOIN asset_metadata ON node = id WHERE order_key = ?");
      row.bind(bytes_of(order_key(path)));
      if (!row.step()) return missing(path);
      ASSIGN_OR_RETURN(auto value, parse_json(row.view(0)));
      if (!value.is_object()) return Error{Code::corrupt, "the metadata of " + path.text() + " is not an object"};
      return std::move(value.get_object());
    });
  }

  Result<std::vector<AssetVersion>> list_versions(const AssetPath& asset) const override {
    return guarded([&]() -> Result<std::vector<AssetVersion>> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT v.version, v.blob, v.size, v.crc32, v.mime_type, v.modified_ns, v.created"
          " FROM node JOIN asset_version v ON v.node = id WHERE order_key = ? ORDER BY v.version DESC");
      row.bind(bytes_of(order_key(asset)));
      std::vector<AssetVersion> versions;
      while (row.step()) {
        versions.push_back(
            {static_cast<std::uint32_t>(row.integer(0)),
             {row.digest(1), static_cast<ByteCount>(row.integer(2)), static_cast<std::uint32_t>(row.integer(3))},
             row.text(4),
             model::Nanoseconds(std::chrono::nanoseconds(row.integer(5))),
             time_of(row.integer(6))});
      }
      if (versions.empty()) return missing(asset);
      return versions;
    });
  }

  Result<void> make_folder(const AssetPath& folder, const json::object& metadata) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      auto id = folder_id(*transaction.operator->(), folder);
      if (!metadata.empty()) {
        transaction->prepare("INSERT OR IGNORE INTO asset_metadata (node, properties) VALUES (?, ?)")
            .bind(id, json::serialize(metadata))
            .run();
      }
      transaction.commit();
      return ok();
    });
  }

  Result<void> put_assets(std::span<const AssetDraft> drafts, Seconds now,
                          const std::vector<model::Event>& events) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      AssetPath last_folder;
      std::int64_t last_folder_id = 0;
      for (const auto& draft : drafts) {
        auto folder = draft.path.parent();
        if (last_folder_id == 0 || folder != last_folder) last_folder_id = folder_id(*transaction.operator->(), folder);
        last_folder = folder;
        put(*transaction.operator->(), draft, last_folder_id, now);
      }
      add_events(*transaction.operator->(), events);
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove(const AssetPath& path) override {
    if (model::dam_root().is_within(path)) return Error{Code::denied, path.text() + " is part of the system and stays"};
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      // From the last key to the first, so that no folder goes before what it holds.
      transaction
          ->prepare(
              "DELETE FROM node WHERE id IN (SELECT id FROM node WHERE order_key > ? AND order_key < ?"
              " ORDER BY order_key DESC)")
          .bind(bytes_of(first_below(path)), bytes_of(end_below(path)))
          .run();
      auto removal = transaction->prepare("DELETE FROM node WHERE order_key = ?");
      removal.bind(bytes_of(order_key(path))).run();
      if (transaction->changes() == 0) return missing(path);
      transaction.commit();
      return ok();
    });
  }

  Result<void> visit_blobs(const std::function<Result<void>(const AssetPath&, const Blob&)>& visit) const override {
    return guarded([&]() -> Result<void> {
      auto reader = database_->read();
      auto row =
          reader->prepare("SELECT order_key, v.blob, v.size, v.crc32 FROM asset_version v JOIN node ON id = v.node");
      while (row.step()) {
        std::string path(row.view(0));
        std::replace(path.begin(), path.end(), '\0', '/');
        RETURN_IF_ERROR(
            visit(AssetPath::trusted(std::move(path)),
                  {row.digest(1), static_cast<ByteCount>(row.integer(2)), static_cast<std::uint32_t>(row.integer(3))}));
      }
      return ok();
    });
  }

 private:
  // The folder's id, made where it is missing.
  static std::int64_t folder_id(Connection& connection, const AssetPath& folder) {
    {
      auto row = connection.prepare("SELECT id, blob IS NULL FROM node WHERE order_key = ?");
      row.bind(bytes_of(order_key(folder)));
      if (row.step()) {
        if (!row.integer(1)) throw Failure(Code::conflict, folder.text() + " is an asset, not a folder");
        return row.integer(0);
      }
    }
    auto parent = folder_id(connection, folder.parent());
    connection.prepare("INSERT INTO node (order_key, parent, name) VALUES (?, ?, ?)")
        .bind(bytes_of(order_key(folder)), parent, folder.name())
        .run();
    return connection.last_id();
  }

  static void put(Connection& connection, const AssetDraft& draft, std::int64_t folder, Seconds now) {
    const auto& asset = draft.asset;
    auto modified = asset.modified.time_since_epoch().count();
    std::int64_t id = 0, version = 0;
    bool changed = true;
    {
      auto row = connection.prepare("SELECT id, blob, version FROM node WHERE order_key = ?");
      row.bind(bytes_of(order_key(draft.path)));
      if (row.step()) {
        if (row.is_null(1)) throw Failure(Code::conflict, draft.path.text() + " is a folder, not an asset");
        id = row.integer(0);
        changed = row.digest(1) != asset.original.id;
        version = row.integer(2);
      }
    }
    if (changed) ++version;
    auto set = static_cast<std::int64_t>(asset.set);
    const auto& protection = asset.protection;
    auto expires = protection.expires ? std::optional(number_of(*protection.expires)) : std::nullopt;
    if (id == 0) {
      connection
          .prepare(
              "INSERT INTO node (order_key, parent, name, blob, size, crc32, mime_type, modified_ns, version, set_kind,"
              " width, height, expires, licence_pages, restrictions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
              "?)")
          .bind(bytes_of(order_key(draft.path)), folder, draft.path.name(), asset.original.id, asset.original.size,
                asset.original.crc32, asset.mime_type, modified, version, set, asset.width, asset.height, expires,
                format_pages(protection), protection.restrictions)
          .run();
      id = connection.last_id();
    } else {
      connection
          .prepare(
              "UPDATE node SET blob = ?, size = ?, crc32 = ?, mime_type = ?, modified_ns = ?, version = ?, set_kind = "
              "?,"
              " width = ?, height = ?, expires = ?, licence_pages = ?, restrictions = ? WHERE id = ?")
          .bind(asset.original.id, asset.original.size, asset.original.crc32, asset.mime_type, modified, version, set,
                asset.width, asset.height, expires, format_pages(protection), protection.restrictions, id)
          .run();
    }
    connection.prepare("INSERT OR REPLACE INTO asset_metadata VALUES (?, ?)")
        .bind(id, json::serialize(draft.metadata))
        .run();
    if (!changed) return;
    connection.prepare("INSERT INTO asset_version VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(id, version, asset.original.id, asset.original.size, asset.original.crc32, asset.mime_type, modified,
              number_of(now))
        .run();
  }

  SharedDatabase database_;
};

}  // namespace

std::unique_ptr<model::AssetRepository> make_assets(SharedDatabase database) {
  return std::make_unique<Assets>(std::move(database));
}

}  // namespace dray::sqlite
