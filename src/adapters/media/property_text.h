// The text of metadata, cleaned. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray::media {

constexpr std::size_t kMaxValueBytes = 4096;
constexpr std::size_t kMaxListItems = 200;

enum class Charset { utf8, unknown };

// The first part between NULs that is not blank, without blanks around it and without control characters but tabs and
// line ends, cut to kMaxValueBytes between two characters. Always valid UTF-8: what is not becomes U+FFFD where the
// file promises UTF-8, and is read as Latin-1 where it does not say.
std::string clean_text(std::string_view raw, Charset charset);

// ISO 8601 as XMP writes it, from that or from EXIF's "2026:11:24 10:30:00": year, month, day, time, fraction and zone,
// as many as there are. nullopt for anything else, such as the zeros of a camera whose clock was not set.
std::optional<std::string> iso8601_date(std::string_view text);

// Decimal degrees from EXIF's "37/1 46/1 2952/100" or XMP's "37,46.492N". `reference` is N, E, S or W; the text's own
// wins.
std::optional<double> decimal_degrees(std::string_view text, std::string_view reference);

}  // namespace dray::media
