// The port to folders and assets.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/assets/asset.h"
#include "model/events/events.h"

namespace dray::model {

// An asset as it comes in.
struct AssetDraft {
  AssetPath path;
  Asset asset;  // its version is given by the repository
  json::object metadata;
};

struct AssetVersion {
  std::uint32_t version = 0;
  Blob original;
  std::string mime_type;
  Nanoseconds modified{};
  Seconds created{};

  bool operator==(const AssetVersion&) const = default;
};

enum class Visit { go_on, stop };

// Safe for use from any thread. "/content/dam" always exists.
class AssetRepository {
 public:
  virtual ~AssetRepository() = default;
  virtual Result<std::optional<Node>> find(const AssetPath& path) const = 0;
  // Children of `folder` by name in code-point order, from the first after `after` ("" for the beginning), at most
  // `limit`.
  virtual Result<std::vector<Node>> list_children(const AssetPath& folder, const std::string& after,
                                                  std::size_t limit) const = 0;
  // Everything below `folder`, depth first, children by name in code-point order; a folder comes before what it holds.
  // It sees one state of the repository, whatever is written meanwhile. `visit` may take the node's members.
  virtual Result<void> visit_below(const AssetPath& folder, const std::function<Visit(Node&)>& visit) const = 0;
  // Of an asset or a folder. Code::not_found
  virtual Result<json::object> get_metadata(const AssetPath& path) const = 0;
  virtual Result<std::vector<AssetVersion>> list_versions(const AssetPath& asset) const = 0;  // the newest first

  // Creates the folder and those above it where missing; it gets the metadata (`jcr:title`) if it has none.
  // Code::conflict where an asset is in the way.
  virtual Result<void> make_folder(const AssetPath& folder, const json::object& metadata = {}) = 0;
  // All or none. A new path becomes an asset (folders above it are made); an asset there with other content gets a new
  // version; one with equal content keeps its version and takes the rest. Code::conflict where a folder is in the way.
  // The events are written in the same transaction.
  virtual Result<void> put_assets(std::span<const AssetDraft> drafts, Seconds now,
                                  const std::vector<Event>& events = {}) = 0;
  virtual Result<void> remove(
      const AssetPath& path) = 0;  // with everything below; Code::not_found, Code::denied for /content/dam
  // Every blob that an asset or one of its versions needs; stops at the first error of `visit`.
  virtual Result<void> visit_blobs(const std::function<Result<void>(const AssetPath&, const Blob&)>& visit) const = 0;
};

AssetPath dam_root();  // /content/dam

}  // namespace dray::model
