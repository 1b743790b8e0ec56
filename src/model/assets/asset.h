// Folders and assets, as values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/asset_path.h"
#include "base/clock.h"
#include "base/json.h"
#include "model/assets/protection.h"
#include "model/blobs/blob.h"

namespace dray::model {

// The four kinds of sets that can never be downloaded (Adobe's words).
enum class SetKind { none, image_set, spin_set, mixed_media_set, carousel_set };
std::string_view name_of(SetKind kind);  // "Image Set", ...; "" for none
// From `dam:s7damType` ("ImageSet", "SpinSet", "MixedMediaSet", "CarouselSet"); none for anything else.
SetKind set_kind_of(std::string_view s7_dam_type);

using Nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;

struct Asset {
  Blob original;
  std::string mime_type;
  Nanoseconds modified{};  // of the binary, as its source had it
  std::uint32_t version = 1;
  SetKind set = SetKind::none;
  std::optional<std::uint32_t> width, height;  // pixels
  Protection protection = {};

  bool operator==(const Asset&) const = default;
};

// A folder when `asset` is empty.
struct Node {
  std::int64_t id = 0;  // never used again, survives moves
  AssetPath path;
  std::optional<Asset> asset;

  bool is_folder() const { return !asset; }
  bool operator==(const Node&) const = default;
};

json::object to_json(const Node& node);  // AEM's names

}  // namespace dray::model
