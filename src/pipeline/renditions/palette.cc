#include "pipeline/renditions/palette.h"

#include <cgif.h>
#include <libimagequant.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "base/digest.h"
#include "base/text.h"
#include "pipeline/renditions/deflate.h"

namespace dray::pipeline {
namespace {

constexpr std::uint8_t kOpaqueFrom = 128;  // of alpha, where there is only all or nothing

std::uint8_t hex_byte(std::string_view text, std::size_t at) {
  auto bytes = parse_hex(text.substr(at, 2));
  return bytes ? std::to_integer<std::uint8_t>(bytes->front()) : std::uint8_t{0};
}

PaletteColor listed_color(std::string_view hex) { return {hex_byte(hex, 0), hex_byte(hex, 2), hex_byte(hex, 4), 255}; }

// The 216 colours whose components are multiples of 51.
std::vector<PaletteColor> web_palette() {
  std::vector<PaletteColor> colors;
  for (int red = 255; red >= 0; red -= 51)
    for (int green = 255; green >= 0; green -= 51)
      for (int blue = 255; blue >= 0; blue -= 51)
        colors.push_back(
            {static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green), static_cast<std::uint8_t>(blue), 255});
  return colors;
}

// The web palette but black, then ramps of red, green, blue and gray in steps of 17 that it has not, then black.
std::vector<PaletteColor> mac_palette() {
  auto colors = web_palette();
  colors.pop_back();
  for (int ramp = 0; ramp < 4; ++ramp) {
    for (int level = 238; level > 0; level -= 17) {
      if (level % 51 == 0) continue;
      auto value = static_cast<std::uint8_t>(level);
      auto in = [&](int component) { return ramp == 3 || ramp == component ? value : std::uint8_t{0}; };
      colors.push_back({in(0), in(1), in(2), 255});
    }
  }
  colors.push_back({0, 0, 0, 255});
  return colors;
}

struct Delete {
  void operator()(liq_attr* attributes) const { liq_attr_destroy(attributes); }
  void operator()(liq_image* image) const { liq_image_destroy(image); }
  void operator()(liq_result* result) const { liq_result_destroy(result); }
};
template <typename T>
using Owned = std::unique_ptr<T, Delete>;

void check(liq_error error) {
  if (error != LIQ_OK) throw std::runtime_error("the colours of the picture cannot be reduced");
}

// Nearest colour of a fixed palette, the error handed on to the neighbours (Floyd and Steinberg) where that is asked
// for.
class FixedMapper {
 public:
  FixedMapper(const std::vector<PaletteColor>& palette, PixelSize size, bool diffuse)
      : palette_(palette), width_(static_cast<std::size_t>(size.width)), diffuse_(diffuse), next_((width_ + 2) * 3) {}

  void map_row(const std::uint8_t* rgba, std::uint8_t* out, int key) {
    auto here = std::exchange(next_, std::vector<double>((width_ + 2) * 3));
    for (std::size_t x = 0; x < width_; ++x) {
      const auto* pixel = rgba + x * 4;
      if (key >= 0 && pixel[3] < kOpaqueFrom) {
        out[x] = static_cast<std::uint8_t>(key);
        continue;
      }
      double wanted[3];
      for (std::size_t band = 0; band < 3; ++band)
        wanted[band] = std::clamp(pixel[band] + here[(x + 1) * 3 + band], 0.0, 255.0);
      auto index = nearest(wanted);
      out[x] = static_cast<std::uint8_t>(index);
      if (diffuse_) spread(wanted, palette_[index], x, here);
    }
  }

 private:
  std::size_t nearest(const double* wanted) const {
    std::size_t best = 0;
    double least = 1e9;
    for (std::size_t i = 0; i < palette_.size(); ++i) {
      if (palette_[i].alpha == 0) continue;
      auto red = wanted[0] - palette_[i].red, green = wanted[1] - palette_[i].green,
           blue = wanted[2] - palette_[i].blue;
      auto distance = red * red + green * green + blue * blue;
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }

  void spread(const double* wanted, const PaletteColor& got, std::size_t x, std::vector<double>& here) {
    const double given[3] = {static_cast<double>(got.red), static_cast<double>(got.green),
                             static_cast<double>(got.blue)};
    for (std::size_t band = 0; band < 3; ++band) {
      auto error = wanted[band] - given[band];
      here[(x + 2) * 3 + band] += error * 7 / 16;
      next_[x * 3 + band] += error * 3 / 16;
      next_[(x + 1) * 3 + band] += error * 5 / 16;
      next_[(x + 2) * 3 + band] += error / 16;
    }
  }

  const std::vector<PaletteColor>& palette_;
  const std::size_t width_;
  const bool diffuse_;
  std::vector<double> next_;  // errors for the row below, with a pixel at each side
};

IndexedPicture map_to(std::vector<PaletteColor> palette, Bytes rgba, PixelSize size, bool diffuse, bool keyed) {
  IndexedPicture picture{size, std::move(palette), {}};
  int key = -1;
  if (keyed) {
    key = static_cast<int>(picture.palette.size());
    picture.palette.push_back({0, 0, 0, 0});
  }
  picture.pixels.resize(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height));
  FixedMapper mapper(picture.palette, size, diffuse);
  for (std::size_t y = 0; y < static_cast<std::size_t>(size.height); ++y) {
    auto row = y * static_cast<std::size_t>(size.width);
    mapper.map_row(reinterpret_cast<const std::uint8_t*>(rgba.data()) + row * 4, picture.pixels.data() + row, key);
  }
  return picture;
}

IndexedPicture adapt(std::vector<std::byte> rgba, PixelSize size, const is::Quantize& quantize) {
  Owned<liq_attr> attributes(liq_attr_create());
  check(liq_set_max_colors(attributes.get(), quantize.colors));
  check(liq_set_speed(attributes.get(), 5));
  Owned<liq_image> image(liq_image_create_rgba(attributes.get(), rgba.data(), size.width, size.height, 0));
  if (!image) throw std::runtime_error("the colours of the picture cannot be reduced");
  for (const auto& hex : quantize.listed) {
    auto color = listed_color(hex);
    check(liq_image_add_fixed_color(image.get(), {color.red, color.green, color.blue, 255}));
  }
  liq_result* made = nullptr;
  check(liq_image_quantize(image.get(), attributes.get(), &made));
  Owned<liq_result> result(made);
  check(liq_set_dithering_level(result.get(), quantize.diffuse ? 1.0f : 0.0f));
  IndexedPicture picture{size, {}, {}};
  picture.pixels.resize(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height));
  check(liq_write_remapped_image(result.get(), image.get(), picture.pixels.data(), picture.pixels.size()));
  const auto* palette = liq_get_palette(result.get());
  for (unsigned i = 0; i < palette->count; ++i) {
    const auto& entry = palette->entries[i];
    picture.palette.push_back({entry.r, entry.g, entry.b, entry.a});
  }
  return picture;
}

void put_big(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void add_chunk(std::string& out, std::string_view type, std::string_view content) {
  put_big(out, static_cast<std::uint32_t>(content.size()));
  auto start = out.size();
  out.append(type).append(content);
  put_big(out, crc32_of(bytes_of(std::string_view(out).substr(start))));
}

std::string png_rows(const IndexedPicture& picture) {
  std::string rows;
  auto width = static_cast<std::size_t>(picture.size.width);
  rows.reserve(picture.pixels.size() + static_cast<std::size_t>(picture.size.height));
  for (std::size_t at = 0; at < picture.pixels.size(); at += width) {
    rows.push_back(0);  // no filter: they do not help with indexes
    rows.append(reinterpret_cast<const char*>(picture.pixels.data()) + at, width);
  }
  return rows;
}

int append(void* context, const std::uint8_t* bytes, const std::size_t count) {
  static_cast<std::string*>(context)->append(reinterpret_cast<const char*>(bytes), count);
  return 0;
}

}  // namespace

IndexedPicture make_indexed(Bytes rgba, PixelSize size, const is::Quantize& quantize, bool alpha, bool only_keyed) {
  std::vector<std::byte> copy(rgba.begin(), rgba.end());
  bool sees_through = false;
  for (std::size_t at = 3; at < copy.size(); at += 4) {
    auto value = std::to_integer<std::uint8_t>(copy[at]);
    if (!alpha || (only_keyed && value >= kOpaqueFrom)) value = 255;
    if (only_keyed && value < kOpaqueFrom) value = 0;
    copy[at] = std::byte{value};
    sees_through = sees_through || value < 255;
  }
  if (quantize.palette == is::Quantize::Palette::web)
    return map_to(web_palette(), copy, size, quantize.diffuse, sees_through);
  if (quantize.palette == is::Quantize::Palette::mac) return map_to(mac_palette(), copy, size, quantize.diffuse, false);
  if (quantize.listed.size() == static_cast<std::size_t>(quantize.colors)) {
    std::vector<PaletteColor> palette;
    for (const auto& hex : quantize.listed) palette.push_back(listed_color(hex));
    if (sees_through && palette.size() == 256) palette.pop_back();
    return map_to(std::move(palette), copy, size, quantize.diffuse, sees_through);
  }
  return adapt(std::move(copy), size, quantize);
}

// The colour that is transparent stands first in a GIF, as cgif wants it.
std::string format_gif(const IndexedPicture& picture) {
  constexpr int kLargestSide = 65'535;
  if (picture.size.width > kLargestSide || picture.size.height > kLargestSide)
    throw std::runtime_error("a GIF has at most 65535 pixels a side");
  auto colors = picture.palette;
  auto pixels = picture.pixels;
  auto found = std::find_if(colors.begin(), colors.end(), [](const auto& color) { return color.alpha == 0; });
  bool is_keyed = found != colors.end();
  if (is_keyed && found != colors.begin()) {
    auto key = static_cast<std::uint8_t>(found - colors.begin());
    std::swap(colors.front(), *found);
    for (auto& pixel : pixels) pixel = pixel == key ? 0 : pixel == 0 ? key : pixel;
  }
  std::vector<std::uint8_t> palette;
  for (const auto& color : colors) palette.insert(palette.end(), {color.red, color.green, color.blue});
  std::string out;
  CGIF_Config config{};
  config.width = static_cast<std::uint16_t>(picture.size.width);
  config.height = static_cast<std::uint16_t>(picture.size.height);
  // Only animations get the block that says which colour is transparent.
  if (is_keyed) config.attrFlags = CGIF_ATTR_HAS_TRANSPARENCY | CGIF_ATTR_IS_ANIMATED | CGIF_ATTR_NO_LOOP;
  config.pGlobalPalette = palette.data();
  config.numGlobalPaletteEntries = static_cast<std::uint16_t>(picture.palette.size());
  config.pWriteFn = append;
  config.pContext = &out;
  std::unique_ptr<CGIF, decltype(&cgif_close)> gif(cgif_newgif(&config), &cgif_close);
  if (!gif) throw std::runtime_error("the picture cannot be written as GIF");
  CGIF_FrameConfig frame{};
  frame.pImageData = pixels.data();
  if (cgif_addframe(gif.get(), &frame) != CGIF_OK || cgif_close(gif.release()) != CGIF_OK)
    throw std::runtime_error("the picture cannot be written as GIF");
  return out;
}

// PNG (ISO 15948), 11.2: IHDR with depth 8 and colour type 3, iCCP, PLTE, tRNS, pHYs, IDAT.
std::string format_png8(const IndexedPicture& picture, std::uint32_t dots_per_metre, std::string_view profile) {
  std::string out("\x89PNG\r\n\x1a\n", 8), chunk;
  put_big(chunk, static_cast<std::uint32_t>(picture.size.width));
  put_big(chunk, static_cast<std::uint32_t>(picture.size.height));
  chunk.append("\x08\x03\0\0\0", 5);
  add_chunk(out, "IHDR", chunk);
  if (!profile.empty()) add_chunk(out, "iCCP", std::string("icc\0\0", 5) + deflated(profile));
  std::string colors, transparency;
  for (const auto& color : picture.palette) {
    for (auto value : {color.red, color.green, color.blue}) colors.push_back(static_cast<char>(value));
    transparency.push_back(static_cast<char>(color.alpha));
  }
  add_chunk(out, "PLTE", colors);
  transparency.resize(transparency.find_last_not_of('\xff') + 1);
  if (!transparency.empty()) add_chunk(out, "tRNS", transparency);
  chunk.clear();
  put_big(chunk, dots_per_metre);
  put_big(chunk, dots_per_metre);
  chunk.push_back(1);
  add_chunk(out, "pHYs", chunk);
  add_chunk(out, "IDAT", deflated(png_rows(picture)));
  add_chunk(out, "IEND", "");
  return out;
}

}  // namespace dray::pipeline
