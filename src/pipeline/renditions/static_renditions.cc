#include "pipeline/renditions/static_renditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <numeric>

#include "base/text.h"
#include "pipeline/renditions/compose.h"
#include "pipeline/renditions/encode.h"
#include "pipeline/renditions/profiles.h"

namespace dray::pipeline {
namespace {

constexpr PixelSize kWebBox{1280, 1280};
constexpr int kLargestBox = 4096;
constexpr auto kResampling = is::Resampling::sharp2;
// PNG (third edition), 11.3.2.3: the chunk sRGB, perceptual; it stands behind the header.
constexpr std::size_t kPngHeader = 33;
constexpr std::string_view kSrgbChunk("\0\0\0\x01sRGB\0\xae\xce\x1c\xe9", 13);
constexpr is::Color kWhite{is::Color::Kind::rgb, {1, 1, 1, 0}, 1, false};
constexpr std::size_t kEncodersAtOnce = 4;

// What a smaller one is made from has at least so many times its pixels in each direction, if there is such a one.
constexpr double kMargin = 2;

std::optional<int> side_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  int value = 0;
  for (char c : text) value = value * 10 + (c - '0');
  return value > 0 ? std::optional(value) : std::nullopt;
}

Picture to_srgb(const Picture& picture, const ImageSettings& settings) {
  OutputColor to;
  to.type = picture.type == is::PixelType::gray ? is::PixelType::gray : is::PixelType::rgb;
  auto path = find_profile(to.type == is::PixelType::gray ? "sGray" : "sRGB", settings);
  to.profile = path.value_or("");
  return convert(picture, to, settings);
}

// Read off renditions that AEM as a Cloud Service had made, 165 of 165: a JPEG is read at 1/8, 1/4 or 1/2 first, then
// pixels are averaged by whole numbers, then resampled; each step rounds. All are made from the original.
PixelSize cloud_size(PixelSize size, PixelSize box, bool is_jpeg) {
  int read_at = 1;
  while (is_jpeg && box.width > 0 && read_at < 8 && size.width >= 2.0 * read_at * box.width) read_at *= 2;
  PixelSize read{std::max(1, size.width / read_at), std::max(1, size.height / read_at)};
  double factor = 0;
  if (box.width > 0) factor = std::max(factor, static_cast<double>(read.width) / box.width);
  if (box.height > 0) factor = std::max(factor, static_cast<double>(read.height) / box.height);
  if (factor == 0) return size;
  auto averaged = std::max(1.0, std::floor(factor / 2));
  auto side = [&](int pixels) {
    auto whole = std::floor(pixels / averaged + 0.5);
    return std::max(1, static_cast<int>(std::floor(whole / (factor / averaged) + 0.5)));
  };
  return {side(read.width), side(read.height)};
}

bool fits(PixelSize size, PixelSize box) {
  return (box.width == 0 || size.width <= box.width) && (box.height == 0 || size.height <= box.height);
}

// The name and format of a web rendition depend on whether the original sees through.
StaticRendition settle(StaticRendition wanted, bool has_alpha) {
  if (wanted.kind != StaticRendition::Kind::web) return wanted;
  wanted.format = has_alpha ? is::Output::Format::png : is::Output::Format::jpeg;
  wanted.name += has_alpha ? ".png" : ".jpeg";
  return wanted;
}

Result<Rendered> encode_static(const Picture& picture, const StaticRendition& wanted, double resolution) {
  Encoding encoding;
  encoding.output.format = wanted.format;
  encoding.output.alpha = picture.has_alpha;
  encoding.quality = {wanted.quality, false};
  encoding.resolution = resolution;
  encoding.embeds_profile = wanted.kind != StaticRendition::Kind::thumbnail;  // it would be most of their bytes
  Rendered rendered;
  ASSIGN_OR_RETURN(rendered.content, encode(picture, encoding));
  bool is_thumbnail = wanted.kind == StaticRendition::Kind::thumbnail;
  if (is_thumbnail && picture.type == is::PixelType::rgb && rendered.content.size() > kPngHeader)
    rendered.content.insert(kPngHeader, kSrgbChunk);
  rendered.mime_type = std::string(mime_type_of(wanted.format));
  rendered.size = {picture.pixels.width(), picture.pixels.height()};
  rendered.type = picture.type;
  rendered.has_alpha = picture.has_alpha;
  rendered.has_profile = encoding.embeds_profile && !picture.profile.empty();
  rendered.resolution = resolution;
  return rendered;
}

std::vector<StaticRendition> thumbnails() {
  std::vector<StaticRendition> all;
  for (auto name : {"cq5dam.thumbnail.48.48.png", "cq5dam.thumbnail.140.100.png", "cq5dam.thumbnail.319.319.png"})
    all.push_back(*static_rendition_of(name, Generation::cloud));
  return all;
}

bool holds_alpha(is::Output::Format format) {
  return format == is::Output::Format::png || format == is::Output::Format::webp || format == is::Output::Format::gif;
}

}  // namespace

const std::vector<StaticRendition>& default_static_renditions(Generation generation) {
  auto make = [](Generation made_for) {
    auto renditions = thumbnails();
    renditions.push_back(*static_rendition_of("cq5dam.web.1280.1280.jpeg", made_for));
    if (made_for == Generation::cloud) renditions.push_back(*static_rendition_of("cq5dam.web.1280.1280.png", made_for));
    return renditions;
  };
  static const auto cloud = make(Generation::cloud), classic = make(Generation::classic);
  return generation == Generation::cloud ? cloud : classic;
}

const std::vector<StaticRendition>& film_renditions() {
  static const auto renditions = [] {
    auto all = thumbnails();
    all.push_back({"cq5dam.video.hq.m4v", StaticRendition::Kind::film, {1280, 720}, {}, 0});
    return all;
  }();
  return renditions;
}

std::optional<StaticRendition> static_rendition_of(std::string_view name, Generation generation) {
  using Kind = StaticRendition::Kind;
  auto parts = split(name, '.');
  if (parts.size() != 5 || parts[0] != "cq5dam") return std::nullopt;
  auto width = side_of(parts[2]), height = side_of(parts[3]);
  if (!width || !height || *width > kLargestBox || *height > kLargestBox) return std::nullopt;
  StaticRendition rendition;
  rendition.name = std::string(name);
  rendition.box = {*width, *height};
  bool is_png = parts[4] == "png";
  if (is_png) rendition.format = is::Output::Format::png;
  if (parts[1] == "thumbnail" && is_png) {
    rendition.kind = Kind::thumbnail;
    return rendition;
  }
  if ((parts[1] != "web" && parts[1] != "zoom") || (parts[4] != "jpeg" && !is_png)) return std::nullopt;
  rendition.kind = is_png ? Kind::alpha : Kind::format;
  if (generation == Generation::cloud) return rendition;
  rendition.kind = Kind::web;
  rendition.format = is::Output::Format::jpeg;  // until the original is known
  rendition.name = std::string(name.substr(0, name.rfind('.')));
  return rendition;
}

PixelSize static_size(const StaticRendition& rendition, const SourceFacts& source, Generation generation) {
  bool is_thumbnail = rendition.kind == StaticRendition::Kind::thumbnail;
  if (generation == Generation::classic) {
    if (!is_thumbnail) return fit_box(source.seen, rendition.box, false);
    return fit_box(fit_box(source.seen, kWebBox, false), rendition.box, true);
  }
  bool is_enlarged = is_thumbnail || source.kind == SourceKind::pdf;  // pages have no size in pixels
  if (!is_enlarged && fits(source.seen, rendition.box)) return source.seen;
  return cloud_size(source.seen, rendition.box, source.kind == SourceKind::jpeg);
}

PixelSize fit_box(PixelSize size, PixelSize box, bool enlarges) {
  double factor = enlarges ? 1e9 : 1;
  if (box.width > 0) factor = std::min(factor, static_cast<double>(box.width) / size.width);
  if (box.height > 0) factor = std::min(factor, static_cast<double>(box.height) / size.height);
  if (factor == 1e9) factor = 1;
  // A product that is a whole number must not fall below it by a rounding error.
  auto side = [&](int pixels) { return std::max(1, static_cast<int>(std::floor(pixels * factor + 1e-9))); };
  return {side(size.width), side(size.height)};
}

Result<std::vector<NamedRendition>> render_static(const Source& source, const std::vector<StaticRendition>& wanted,
                                                  const ImageSettings& settings) try {
  const auto& facts = source.facts();
  auto size_of = [&](const StaticRendition& one) { return static_size(one, facts, settings.static_renditions); };
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto width_of = [&](std::size_t i) { return size_of(wanted[i]).width; };
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return width_of(a) > width_of(b); });
  std::vector<NamedRendition> made(wanted.size());
  std::vector<std::pair<std::size_t, std::future<Result<Rendered>>>> encoders;
  std::size_t waited_for = 0;  // of the encoders
  std::vector<Picture> larger;
  for (auto i : order) {
    auto size = size_of(wanted[i]);
    const Picture* from = nullptr;
    for (const auto& picture : larger) {  // the smallest that leaves a margin
      if (picture.pixels.width() >= kMargin * size.width || picture.pixels.width() == size.width) from = &picture;
    }
    if (!from && !larger.empty()) from = &larger.front();
    Picture picture;
    if (from) {
      picture = resize(*from, size, kResampling);
    } else {
      auto reduction = static_cast<double>(facts.seen.width) / size.width;
      picture =
          to_srgb(resize(Picture::of(source.load(reduction, Source::Access::sequential)), size, kResampling), settings);
    }
    picture.pixels = picture.pixels.copy_memory();
    larger.push_back(picture);
    auto settled = settle(wanted[i], picture.has_alpha);
    if (picture.has_alpha && !holds_alpha(settled.format)) picture = put_under(picture, kWhite);
    made[i].name = settled.name;
    if (encoders.size() - waited_for >= kEncodersAtOnce) encoders[waited_for++].second.wait();
    encoders.emplace_back(i, std::async(std::launch::async, [picture, settled, resolution = facts.resolution] {
                            return encode_static(picture, settled, resolution);
                          }));
  }
  for (auto& [i, encoder] : encoders) {
    ASSIGN_OR_RETURN(made[i].rendered, encoder.get());
  }
  return made;
} catch (const std::exception& error) {
  vips_error_clear();
  return Error{Code::invalid, "no renditions can be made: the file is damaged", error.what()};
}

}  // namespace dray::pipeline
