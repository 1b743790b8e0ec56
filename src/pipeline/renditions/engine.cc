#include "pipeline/renditions/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipeline/renditions/compose.h"
#include "pipeline/renditions/encode.h"
#include "pipeline/renditions/operations.h"
#include "pipeline/renditions/paths.h"
#include "pipeline/renditions/profiles.h"

namespace dray::pipeline {
namespace {

using is::PixelType;
using vips::VImage;

constexpr int kLargeWindow = 14;  // rows: what needs more of them at a time cannot read on and on

struct Scales {  // pixels of the picture for one of the geometry's
  double x = 1, y = 1;
};

int scaled(int value, double by) { return static_cast<int>(std::lround(value * by)); }

bool is_inside(const PixelBox& box, PixelSize of) {
  return box.at.x >= 0 && box.at.y >= 0 && box.at.x + box.size.width <= of.width &&
         box.at.y + box.size.height <= of.height;
}

// The part of a picture; what lies beyond it is `background`, or transparent.
Picture take_box(Picture picture, const PixelBox& box, const std::optional<is::Color>& background) {
  auto size = size_of(picture.pixels);
  if (box == PixelBox{{}, size}) return picture;
  if (is_inside(box, size)) {
    picture.pixels = picture.pixels.extract_area(box.at.x, box.at.y, box.size.width, box.size.height);
    return picture;
  }
  if (!background) picture = picture.with_alpha();
  std::vector<double> fill = background ? components_of(*background, picture.type)
                                        : std::vector<double>(static_cast<std::size_t>(component_count(picture.type)));
  if (picture.has_alpha) fill.push_back(background ? 255 : 0);
  // The part that there is, laid onto the box; both may be empty, then all is background.
  auto left = std::clamp(box.at.x, 0, size.width), right = std::clamp(box.at.x + box.size.width, 0, size.width);
  auto top = std::clamp(box.at.y, 0, size.height), bottom = std::clamp(box.at.y + box.size.height, 0, size.height);
  if (right <= left || bottom <= top) {
    auto blank = picture.pixels.extract_area(0, 0, 1, 1).linear({0}, {0});
    std::vector<VImage> bands;
    for (auto value : fill) bands.push_back(blank[0].linear({1}, {value}));
    auto pixel = VImage::bandjoin(bands).cast(VIPS_FORMAT_UCHAR);
    picture.pixels =
        pixel.embed(0, 0, box.size.width, box.size.height, VImage::option()->set("extend", VIPS_EXTEND_COPY))
            .copy(VImage::option()->set("interpretation", picture.pixels.interpretation()));
    return picture;
  }
  auto part = picture.pixels.extract_area(left, top, right - left, bottom - top);
  picture.pixels = part.embed(left - box.at.x, top - box.at.y, box.size.width, box.size.height,
                              VImage::option()->set("extend", VIPS_EXTEND_BACKGROUND)->set("background", fill));
  return picture;
}

Picture rotate(Picture picture, double degrees) {
  if (degrees == 0) return picture;
  if (degrees == 90 || degrees == 180 || degrees == 270) {
    picture.pixels = picture.pixels.rot(degrees == 90    ? VIPS_ANGLE_D90
                                        : degrees == 180 ? VIPS_ANGLE_D180
                                                         : VIPS_ANGLE_D270);
    return picture;
  }
  picture = picture.with_alpha();
  auto interpretation = picture.pixels.interpretation();
  std::vector<double> clear(static_cast<std::size_t>(picture.pixels.bands()), 0);
  auto turned =
      picture.pixels.premultiply().similarity(VImage::option()
                                                  ->set("angle", degrees)
                                                  ->set("background", clear)
                                                  ->set("interpolate", vips::VInterpolate::new_from_name("bicubic")));
  picture.pixels =
      turned.unpremultiply()
          .rint()
          .cast(VIPS_FORMAT_UCHAR)
          .copy(VImage::option()->set("interpretation", interpretation)->set("xoffset", 0)->set("yoffset", 0))
          .copy_memory();  // or what follows has it turned again and again
  return picture;
}

Picture flip(Picture picture, is::Flip flip) {
  if (flip.left_right) picture.pixels = picture.pixels.flip(VIPS_DIRECTION_HORIZONTAL);
  if (flip.up_down) picture.pixels = picture.pixels.flip(VIPS_DIRECTION_VERTICAL);
  return picture;
}

// Edges are rounded, not sizes: what ends at the picture's edge still does.
PixelBox scale_box(const PixelBox& box, Scales by) {
  auto left = scaled(box.at.x, by.x), right = scaled(box.at.x + box.size.width, by.x);
  auto top = scaled(box.at.y, by.y), bottom = scaled(box.at.y + box.size.height, by.y);
  return {{left, top}, {std::max(1, right - left), std::max(1, bottom - top)}};
}

// It comes from a stranger's file.
std::string clean_name(std::string name) {
  constexpr std::size_t kLongest = 200;
  name.resize(std::min(name.size(), kLongest));
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return name;
}

class Rendering {
 public:
  Rendering(const Source& source, is::Recipe recipe, Subject subject, const ImageSettings& settings,
            const std::optional<SmartCropArea>& area)
      : source_(source),
        recipe_(std::move(recipe)),
        subject_(subject),
        settings_(settings),
        seen_(source.facts().seen) {
    if (!area) return;
    area_ = pixels_of(area->box, seen_, area->target);
    seen_ = area_->size;
    if (recipe_.width || recipe_.height || recipe_.reduction) return;
    bool is_large = seen_.width >= area->target.width && seen_.height >= area->target.height;
    auto size = is_large ? area->target : seen_;
    recipe_.width = size.width;
    recipe_.height = size.height;
    recipe_.fit = is::Fit{is::Fit::Mode::stretch, false};  // the aspect ratio is right but for a rounded pixel
  }

  Result<Rendered> run() {
    output_ = recipe_.output.value_or(is::Output());
    if (subject_ == Subject::mask) output_.pixel_type = PixelType::gray;
    if (!is::can_hold(output_.format, output_.pixel_type.value_or(PixelType::rgb)) && !recipe_.profile) {
      return Error{Code::invalid, fmt::format("{} cannot hold such pixels", is::name_of(output_.format))};
    }
    ASSIGN_OR_RETURN(color_, output_color_of(recipe_, output_, settings_));
    auto kind = subject_ == Subject::thumbnail ? ViewKind::thumbnail : ViewKind::image;
    ASSIGN_OR_RETURN(geometry_, make_geometry(recipe_, seen_, settings_, kind));
    auto picture = load();
    picture = make_layer(std::move(picture));
    picture = make_composite(std::move(picture));
    picture = make_view(std::move(picture));
    return finish(std::move(picture));
  }

 private:
  // Whether pixels are wanted in another order than from top to bottom.
  bool jumps() const {
    return recipe_.rotation != 0 || (recipe_.flip && recipe_.flip->up_down) || recipe_.colorize.has_value() ||
           recipe_.blur > kLargeWindow || recipe_.grow != 0 || recipe_.grow_mask ||
           (recipe_.unsharp_mask && recipe_.unsharp_mask->radius > kLargeWindow);
  }

  Picture load() {
    auto reduction = reduction_of(geometry_);
    bool is_vector = source_.facts().kind == SourceKind::svg || source_.facts().kind == SourceKind::pdf;
    if (!is_vector || jumps()) reduction = std::max(1.0, reduction);
    auto image = source_.load(reduction, jumps() ? Source::Access::random : Source::Access::sequential);
    const auto& whole = source_.facts().seen;
    scales_ = {static_cast<double>(image.width()) / whole.width, static_cast<double>(image.height()) / whole.height};
    auto picture = Picture::of(image);
    if (!area_) return picture;
    picture = take_box(picture, scale_box(*area_, scales_), std::nullopt);
    scales_ = {static_cast<double>(picture.pixels.width()) / seen_.width,
               static_cast<double>(picture.pixels.height()) / seen_.height};
    return picture;
  }

  // crop → size → rotate → extend. A layer that becomes smaller is left as it is until the view is scaled, so that
  // pixels are resampled once.
  Picture make_layer(Picture picture) {
    picture = take_box(picture, scale_box(geometry_.crop, scales_), std::nullopt);
    if (geometry_.layer.width > geometry_.crop.size.width) {
      picture = resize(picture, geometry_.layer, resampling());
    }
    auto size = size_of(picture.pixels);
    scales_ = {static_cast<double>(size.width) / geometry_.layer.width,
               static_cast<double>(size.height) / geometry_.layer.height};
    if (geometry_.rotation != 0) {
      picture = rotate(picture, geometry_.rotation);
      size = size_of(picture.pixels);
      scales_ = {static_cast<double>(size.width) / geometry_.rotated.width,
                 static_cast<double>(size.height) / geometry_.rotated.height};
    }
    picture = take_box(picture, scale_box(geometry_.composite, scales_), std::nullopt);
    if (recipe_.layer_background) picture = put_under(picture, *recipe_.layer_background);
    return picture;
  }

  Picture make_composite(Picture picture) {
    picture = flip(std::move(picture), geometry_.flip);
    return apply_operations(std::move(picture), recipe_, (scales_.x + scales_.y) / 2);
  }

  // region → scaling → sharpening → colours → background → canvas → tile
  Picture make_view(Picture picture) {
    auto box = scale_box(geometry_.region, scales_);
    picture = take_box(std::move(picture), box, std::nullopt);
    picture = resize(std::move(picture), geometry_.scaled, resampling());
    if (resampling() == is::Resampling::bisharp) picture = sharpen_lightly(std::move(picture));
    auto scale = std::min(static_cast<double>(geometry_.scaled.width) / geometry_.region.size.width,
                          static_cast<double>(geometry_.scaled.height) / geometry_.region.size.height);
    picture = sharpen(std::move(picture), recipe_, scale);
    if (subject_ == Subject::mask) picture = mask_of(picture);
    picture = convert(picture, color_, settings_);
    bool keeps_alpha = output_.alpha && subject_ != Subject::mask;
    auto background = recipe_.background.value_or(settings_.background);
    background.alpha = 1;
    if (!keeps_alpha) picture = put_under(picture, background);
    std::optional<is::Color> around;
    if (!keeps_alpha) around = background;
    picture = take_box(std::move(picture), geometry_.canvas, around);
    picture = take_box(std::move(picture), geometry_.tile, around);
    return keeps_alpha ? picture.with_alpha() : picture;
  }

  static Picture mask_of(const Picture& picture) {
    Picture mask;
    mask.type = PixelType::gray;
    mask.pixels = picture.with_alpha().alpha().copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_B_W));
    return mask;
  }

  Result<Rendered> finish(const Picture& picture) {
    Encoding encoding;
    encoding.output = output_;
    encoding.quality = recipe_.quality.value_or(settings_.quality);
    encoding.quantize = recipe_.quantize.value_or(is::Quantize());
    encoding.largest_jpeg = recipe_.largest_jpeg;
    encoding.scans = recipe_.scans.value_or(0);
    encoding.resolution =
        recipe_.print_resolution.value_or(settings_.print_resolution.value_or(source_.facts().resolution));
    encoding.embeds_profile = recipe_.embeds_profile.value_or(settings_.embeds_profile);
    if (recipe_.embeds_xmp.value_or(false) && can_hold_xmp(output_.format)) encoding.xmp = source_.xmp();
    if (recipe_.embeds_paths.value_or(false) && can_hold_paths(output_.format)) encoding.resources = paths();
    Rendered rendered;
    ASSIGN_OR_RETURN(rendered.content, encode(picture, encoding));
    rendered.mime_type = std::string(mime_type_of(output_.format));
    rendered.size = geometry_.reply();
    rendered.type = picture.type;
    rendered.has_alpha = picture.has_alpha;
    rendered.has_profile = encoding.embeds_profile && !picture.profile.empty() && can_hold_profile(output_.format);
    rendered.has_paths = !encoding.resources.empty();
    rendered.profile_name = clean_name(description_of_profile(picture.profile));
    rendered.resolution = encoding.resolution;
    return rendered;
  }

  std::string paths() const {
    auto mapping = mapping_of_orientation(source_.facts().orientation);
    if (area_) mapping = mapping.then(mapping_of(*area_, source_.facts().seen));
    return carry_paths(source_.image_resources(), mapping.then(mapping_of(geometry_, seen_)));
  }

  is::Resampling resampling() const { return recipe_.resampling.value_or(settings_.resampling); }

  const Source& source_;
  is::Recipe recipe_;
  const Subject subject_;
  const ImageSettings& settings_;
  PixelSize seen_;                // of the source, or of the part that stands for it
  std::optional<PixelBox> area_;  // that part
  is::Output output_;
  OutputColor color_;
  Geometry geometry_;
  Scales scales_;
};

Result<Rendered> render_xmp(const Source& source) {
  if (source.xmp().empty()) return Error{Code::invalid, "the image has no XMP"};
  Rendered rendered;
  rendered.content = source.xmp();
  rendered.mime_type = kXmpType;
  rendered.size = source.facts().seen;
  return rendered;
}

}  // namespace

Result<Rendered> render(const Source& source, const is::Recipe& recipe, Subject subject, const ImageSettings& settings,
                        const std::optional<SmartCropArea>& area) {
  if (subject == Subject::xmp) return render_xmp(source);
  try {
    return Rendering(source, recipe, subject, settings, area).run();
  } catch (const vips::VError& error) {
    vips_error_clear();
    return Error{Code::invalid, "the image cannot be made: the file is damaged", error.what()};
  } catch (const std::runtime_error& error) {
    return Error{Code::invalid, fmt::format("the image cannot be made: {}", error.what())};
  }
}

}  // namespace dray::pipeline
