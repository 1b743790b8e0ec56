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
    web,  // of 6.5: the largest size inside the box, never enlarged; PNG where the original sees through, else JPEG
    thumbnail,  // the largest size inside the box, enlarged too
    format,     // the largest size inside the box, never enlarged, in its own format
    alpha,      // the same, and only of originals that see through
    film,       // a preview of a film: H.264, the largest size inside the box
  };
  std::string name;  // of `web` without what it ends with: that shows with the original
  Kind kind = Kind::format;
  PixelSize box;  // 0 is any
  is::Output::Format format = is::Output::Format::jpeg;
  int quality = 90;

  bool operator==(const StaticRendition&) const = default;
};

// Of pictures and documents: thumbnails 48x48, 140x100, 319x319 and the web rendition 1280x1280.
const std::vector<StaticRendition>& default_static_renditions(Generation generation);
// Of films: the thumbnails, of a frame in its middle, and cq5dam.video.hq.m4v.
const std::vector<StaticRendition>& film_renditions();
// From a name like cq5dam.thumbnail.319.319.png, cq5dam.web.1280.1280.jpeg or cq5dam.zoom.2048.2048.jpeg.
std::optional<StaticRendition> static_rendition_of(std::string_view name, Generation generation);

// f = min(1, box/size), without the 1 where it `enlarges`; rounded down.
PixelSize fit_box(PixelSize size, PixelSize box, bool enlarges);
// How large a static rendition is, as that generation of AEM rounds.
PixelSize static_size(const StaticRendition& rendition, const SourceFacts& source, Generation generation);

struct NamedRendition {
  std::string name;
  Rendered rendered;
};

// All of them from one decoding of the source, the small ones from the large ones. In the order of `wanted`.
Result<std::vector<NamedRendition>> render_static(const Source& source, const std::vector<StaticRendition>& wanted,
                                                  const ImageSettings& settings);

}  // namespace dray::pipeline
