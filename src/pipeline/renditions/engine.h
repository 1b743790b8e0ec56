// Makes renditions: a source and a recipe become a file. Only in processes that may die (source.h).
#pragma once

#include <string>

#include "base/result.h"
#include "lang/is/recipe.h"
#include "pipeline/renditions/geometry.h"
#include "pipeline/renditions/settings.h"
#include "pipeline/renditions/smart_crop.h"
#include "pipeline/renditions/source.h"

namespace dray::pipeline {

enum class Subject { image, thumbnail, mask, xmp };  // xmp: the packet as the file has it

inline constexpr std::string_view kXmpType = "text/xml";

struct Rendered {
  std::string content;
  std::string mime_type;
  PixelSize size;
  is::PixelType type = is::PixelType::rgb;
  bool has_alpha = false, has_profile = false, has_paths = false;
  std::string profile_name;  // what the profile that the pixels are in calls itself
  double resolution = 72;    // dots per inch
};

// A part of the source that is taken for the whole of it.
struct SmartCropArea {
  NormalBox box;
  PixelSize target;  // that its profile asks for: the size of the reply where the recipe names none
  bool operator==(const SmartCropArea&) const = default;
};

// Code::invalid: the recipe cannot be carried out on this source, or the source is damaged; the message says why.
Result<Rendered> render(const Source& source, const is::Recipe& recipe, Subject subject, const ImageSettings& settings,
                        const std::optional<SmartCropArea>& area = std::nullopt);

}  // namespace dray::pipeline
