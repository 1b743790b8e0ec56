// The port to image profiles, which say what smart crops the pictures of a folder have, and to the crops themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/asset_path.h"
#include "base/json.h"
#include "base/result.h"
#include "model/blobs/blob.h"
#include "model/renditions/profile_folders.h"

namespace dray::model {

struct CropSize {
  std::string name;                     // Large
  std::uint32_t width = 0, height = 0;  // pixels
  bool operator==(const CropSize&) const = default;
};

struct ImageProfile {
  std::string name;
  std::vector<CropSize> crops;
  std::vector<AssetPath> folders;  // that it holds for, and for what is below, unless another stands nearer
  bool operator==(const ImageProfile&) const = default;
};

// As documented: at most 100 crops, none smaller than 50 x 50, no two of one size or name; names without what separates
// them in addresses and lists. Code::invalid.
Result<void> check_image_profile(const ImageProfile& profile);
json::object to_json(const ImageProfile& profile);
Result<ImageProfile> image_profile_from_json(std::string name, const json::value& value);

// Where a crop lies: fractions of the picture.
struct SmartCrop {
  std::string name;
  double left = 0, top = 0, width = 1, height = 1;
  std::uint32_t target_width = 0, target_height = 0;  // pixels
  bool by_hand = false;
  BlobId original;  // that it was found on
  bool operator==(const SmartCrop&) const = default;
};

// Safe for use from any thread.
class ImageProfileRepository {
 public:
  virtual ~ImageProfileRepository() = default;
  virtual Result<std::vector<ImageProfile>> list() const = 0;  // by name
  virtual Result<void> put(const ImageProfile& profile) = 0;   // replaces; Code::conflict: a folder has another one
  virtual Result<void> remove(const std::string& name) = 0;    // Code::not_found

  virtual Result<std::vector<SmartCrop>> list_crops(std::int64_t asset_id) const = 0;  // by name
  virtual Result<void> put_crops(std::int64_t asset_id,
                                 const std::vector<SmartCrop>& crops) = 0;  // replaces those named, but none
  // that was changed by hand, as long as its size is the same, by one that was not
};

std::unique_ptr<ImageProfileRepository> make_memory_image_profiles();

}  // namespace dray::model
