// What kind of picture a file holds, from its first bytes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace dray::pipeline {

enum class SourceKind { jpeg, png, gif, webp, tiff, heif, avif, jxl, jpeg2000, svg, pdf, psd, bmp };

std::string_view name_of(SourceKind kind);  // "JPEG", "PNG", ...

inline constexpr std::size_t kSniffedBytes = 4096;

// From the first kSniffedBytes of a file, or all of a smaller one. nullopt: none that is made into renditions.
std::optional<SourceKind> source_kind_of(Bytes start);

// Whether a file of this MIME type may hold that kind: one that holds another is refused, since it lies about itself.
bool may_hold(std::string_view mime_type, SourceKind kind);
// Whether files of this MIME type are made into renditions at all.
bool can_be_rendered(std::string_view mime_type);
// Whether they get static ones when they come in: AEM makes none of SVG.
bool has_static_renditions(std::string_view mime_type);
bool is_film(std::string_view mime_type);

}  // namespace dray::pipeline
