// The port to processing profiles, which say what static renditions the assets of a folder have beside the default
// ones.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/asset_path.h"
#include "base/json.h"
#include "base/result.h"
#include "model/renditions/profile_folders.h"

namespace dray::model {

// Adobe's words for its fields: name, fmt, wid, hei, qlt, includeMimeTypes, excludeMimeTypes.
struct ProcessingRendition {
  std::string name;                       // cq5dam.zoom.2048.2048.jpeg, or any other: banner.webp
  std::string format = "jpeg";            // jpeg, png, gif, webp
  std::uint32_t width = 0, height = 0;    // pixels: the largest size inside, never enlarged; 0 is any
  std::uint32_t quality = 85;             // 1 to 100; of JPEG and WebP
  std::vector<std::string> include{};     // MIME types, with * for any text; none: all
  std::vector<std::string> exclude = {};  // looked at first
  bool operator==(const ProcessingRendition&) const = default;
};

// Whether files of this MIME type get it.
bool applies_to(const ProcessingRendition& rendition, std::string_view mime_type);

struct ProcessingProfile {
  std::string name;
  std::vector<ProcessingRendition> renditions;
  std::vector<AssetPath> folders;  // that it holds for, and for what is below, unless another stands nearer
  bool operator==(const ProcessingProfile&) const = default;
};

// Code::invalid: a name that is empty, taken twice, that of a default rendition or has others than it may; a size,
// quality or format that cannot be; more than 50 renditions.
Result<void> check_processing_profile(const ProcessingProfile& profile);
json::object to_json(const ProcessingProfile& profile);
Result<ProcessingProfile> processing_profile_from_json(std::string name, const json::value& value);

// Safe for use from any thread.
class ProcessingProfileRepository {
 public:
  virtual ~ProcessingProfileRepository() = default;
  virtual Result<std::vector<ProcessingProfile>> list() const = 0;  // by name
  virtual Result<void> put(const ProcessingProfile& profile) = 0;  // replaces; Code::conflict: a folder has another one
  virtual Result<void> remove(const std::string& name) = 0;        // Code::not_found
};

std::unique_ptr<ProcessingProfileRepository> make_memory_processing_profiles();

}  // namespace dray::model
