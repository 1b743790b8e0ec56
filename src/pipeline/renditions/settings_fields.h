// The fields of settings, for JSON (base/json_fields.h). They stand beside their types, where its templates look.
#pragma once

#include "base/json_fields.h"
#include "pipeline/renditions/settings.h"

namespace dray::is {

template <typename Fields>
void visit_fields(Fields& fields, Color& color) {
  fields("kind", color.kind);
  fields("c1", color.components[0]);
  fields("c2", color.components[1]);
  fields("c3", color.components[2]);
  fields("c4", color.components[3]);
  fields("alpha", color.alpha);
}

template <typename Fields>
void visit_fields(Fields& fields, Quality& quality) {
  fields("quality", quality.quality);
  fields("fullChroma", quality.full_chroma);
}

}  // namespace dray::is

namespace dray::pipeline {

template <typename Fields>
void visit_fields(Fields& fields, PixelSize& size) {
  fields("width", size.width);
  fields("height", size.height);
}

template <typename Fields>
void visit_fields(Fields& fields, ImageSettings& settings) {
  fields("largest", settings.largest);
  fields("defaultSize", settings.default_size);
  fields("defaultThumbnail", settings.default_thumbnail);
  fields("thumbnail", settings.thumbnail);
  fields("background", settings.background);
  fields("quality", settings.quality);
  fields("resampling", settings.resampling);
  fields("printResolution", settings.print_resolution);
  fields("objectResolution", settings.object_resolution);
  fields("intent", settings.intent);
  fields("blackPointCompensation", settings.black_point_compensation);
  fields("dither", settings.dither);
  fields("embedsProfile", settings.embeds_profile);
  fields("orients", settings.orients);
  fields("staticRenditions", settings.static_renditions);
  fields("rgbProfile", settings.rgb_profile);
  fields("grayProfile", settings.gray_profile);
  fields("cmykProfile", settings.cmyk_profile);
  fields("sourceRgbProfile", settings.source_rgb_profile);
  fields("sourceGrayProfile", settings.source_gray_profile);
  fields("sourceCmykProfile", settings.source_cmyk_profile);
  fields("profileFiles", settings.profile_files);
}

}  // namespace dray::pipeline
