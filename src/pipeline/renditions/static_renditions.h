// The renditions that every picture gets when it comes in: AEM's names, box rule and rounding.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lang/is/recipe.h"
#include "pipeline/renditions/engine.h"

namespace dray::pipeline {

struct StaticRendition {
  enum class Kind {
    web,        // the largest size inside the box, never enlarged; PNG where the original sees through, else JPEG
    thumbnail,  // the largest size inside the box, enlarged too; made from the web rendition
    profile,    // of a processing profile: the largest size inside the box, never enlarged, in its own format
  };
  std::string name;  // without what web renditions end with: that shows with the original
  Kind kind = Kind::web;
  PixelSize box;  // 0 is any
  is::Output::Format format = is::Output::Format::jpeg;
  int quality = 90;

  bool operator==(const StaticRendition&) const = default;
};

// Thumbnails 48x48, 140x100, 319x319 and the web rendition 1280x1280.
const std::vector<StaticRendition>& default_static_renditions();
// From a name like cq5dam.thumbnail.319.319.png, cq5dam.web.1280.1280.jpeg or cq5dam.zoom.2048.2048.jpeg.
std::optional<StaticRendition> static_rendition_of(std::string_view name);

// f = min(1, box/size); rounded down. Of a thumbnail without the 1, from the size of the web rendition.
PixelSize fit_box(PixelSize size, PixelSize box, bool enlarges);

struct NamedRendition {
  std::string name;
  Rendered rendered;
};

// All of them from one decoding of the source, the small ones from the large ones. In the order of `wanted`.
Result<std::vector<NamedRendition>> render_static(const Source& source, const std::vector<StaticRendition>& wanted,
                                                  const ImageSettings& settings);

}  // namespace dray::pipeline
