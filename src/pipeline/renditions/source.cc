#include "pipeline/renditions/source.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/file.h"
#include "pipeline/renditions/paths.h"

namespace dray::pipeline {
namespace {

using vips::VError;
using vips::VImage;
using vips::VSource;

constexpr double kMillimetresPerInch = 25.4;

bool is_vector(SourceKind kind) { return kind == SourceKind::svg || kind == SourceKind::pdf; }

// The file as memory, for loaders that take nothing else.
std::shared_ptr<const void> map_file(int fd, ByteCount size) {
  auto* mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (mapping == MAP_FAILED) throw VError("cannot map the file");
  return {mapping, [size](void* address) { ::munmap(address, size); }};
}

int page_count(const VImage& image) {
  return image.get_typeof("n-pages") != 0 ? std::max(1, image.get_int("n-pages")) : 1;
}

int orientation_of(const VImage& image) {
  if (image.get_typeof(VIPS_META_ORIENTATION) == 0) return 1;
  auto value = image.get_int(VIPS_META_ORIENTATION);
  return value >= 1 && value <= 8 ? value : 1;
}

bool is_held_whole(SourceKind kind, const VImage& image) {
  if (kind == SourceKind::gif) return true;
  if (kind != SourceKind::jpeg && kind != SourceKind::png) return false;
  return image.get_typeof("interlaced") != 0 && image.get_int("interlaced") != 0;
}

bool has_alpha_band(const VImage& image) { return vips_image_hasalpha(image.get_image()) != 0; }

// What shrink on load the JPEG reader has.
int jpeg_shrink(double reduction) { return reduction >= 8 ? 8 : reduction >= 4 ? 4 : reduction >= 2 ? 2 : 1; }

Result<void> check_size(PixelSize size, bool whole, const ImageLimits& limits) {
  auto pixels = static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height);
  auto refuse = [&](std::string limit) {
    return Error{Code::invalid, fmt::format("the image has {} x {} pixels; {}", size.width, size.height, limit)};
  };
  if (size.width > limits.side || size.height > limits.side)
    return refuse(fmt::format("a side may have {}", limits.side));
  if (pixels > limits.pixels) return refuse(fmt::format("it may have {} million", limits.pixels / 1'000'000));
  if (whole && pixels > limits.whole_pixels) {
    return refuse(
        fmt::format("GIF, progressive and interlaced ones may have {} million", limits.whole_pixels / 1'000'000));
  }
  return ok();
}

// 8 bits, and as many bands as there are components and at most one alpha.
VImage to_bytes(VImage image) {
  // Two bands that nobody calls gray and alpha are gray and something.
  if (image.bands() == 2 && image.interpretation() != VIPS_INTERPRETATION_B_W &&
      image.interpretation() != VIPS_INTERPRETATION_GREY16)
    image = image.extract_band(0).copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_B_W));
  if (image.coding() != VIPS_CODING_NONE) image = image.colourspace(VIPS_INTERPRETATION_sRGB);
  switch (image.interpretation()) {
    case VIPS_INTERPRETATION_RGB16:
    case VIPS_INTERPRETATION_GREY16:
      if (image.format() == VIPS_FORMAT_USHORT) {
        bool is_gray = image.interpretation() == VIPS_INTERPRETATION_GREY16;
        image = image.cast(VIPS_FORMAT_UCHAR, VImage::option()->set("shift", true));
        return image.copy(
            VImage::option()->set("interpretation", is_gray ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB));
      }
      [[fallthrough]];
    case VIPS_INTERPRETATION_scRGB:
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_LABS:
    case VIPS_INTERPRETATION_XYZ:
      image = image.colourspace(VIPS_INTERPRETATION_sRGB);
      break;
    default:
      break;
  }
  if (image.format() == VIPS_FORMAT_USHORT) return image.cast(VIPS_FORMAT_UCHAR, VImage::option()->set("shift", true));
  return image.format() == VIPS_FORMAT_UCHAR ? image : image.cast(VIPS_FORMAT_UCHAR);
}

VImage keep_known_bands(VImage image) {
  auto bands = image.bands();
  auto is_cmyk = image.interpretation() == VIPS_INTERPRETATION_CMYK;
  auto most = is_cmyk ? 5 : 4;
  if (bands > most) image = image.extract_band(0, VImage::option()->set("n", most));
  return image;
}

// A profile that is too large, or for another number of components, is of no use.
VImage check_profile(VImage image, int components, std::size_t largest) {
  if (image.get_typeof(VIPS_META_ICC_NAME) == 0) return image;
  std::size_t size = 0;
  const auto* bytes = static_cast<const char*>(image.get_blob(VIPS_META_ICC_NAME, &size));
  auto is_right = [&] {
    if (size < 132 || size > largest || std::string_view(bytes + 36, 4) != "acsp") return false;
    std::string_view space(bytes + 16, 4);
    return space == (components == 1 ? "GRAY" : components == 3 ? "RGB " : "CMYK");
  };
  if (is_right()) return image;
  image = image.copy();
  image.remove(VIPS_META_ICC_NAME);
  return image;
}

int component_count(const VImage& image) { return image.bands() - (has_alpha_band(image) ? 1 : 0); }

}  // namespace

void prepare_vips(int threads) {
  ::setenv("VIPS_BLOCK_UNTRUSTED", "1", 1);
  ::setenv("VIPS_DISC_THRESHOLD", "1000g", 1);  // never onto the disk
  if (VIPS_INIT("dray") != 0) vips_error_exit("cannot start libvips");
  vips_block_untrusted_set(TRUE);
  for (const auto* loader : {"VipsForeignLoadPdf", "VipsForeignLoadSvg", "VipsForeignLoadJp2k", "VipsForeignLoadJxl",
                             "VipsForeignLoadMagick"})
    vips_operation_block_set(loader, FALSE);
  vips_operation_block_set("VipsForeignLoadMatrix", TRUE);
  vips_concurrency_set(threads);
  vips_cache_set_max(0);
}

vips::VImage Source::read(int shrink, double scale, Access access) const {
  auto* options =
      VImage::option()->set("access", access == Access::random ? VIPS_ACCESS_RANDOM : VIPS_ACCESS_SEQUENTIAL);
  options->set("fail_on", VIPS_FAIL_ON_ERROR);
  auto source = [&] {
    ::lseek(fd_, 0, SEEK_SET);
    return VSource::new_from_descriptor(fd_);
  };
  switch (facts_.kind) {
    case SourceKind::jpeg:
      return VImage::jpegload_source(source(), options->set("shrink", shrink));
    case SourceKind::png:
      return VImage::pngload_source(source(), options);
    case SourceKind::gif:
      return VImage::gifload_source(source(), options);
    case SourceKind::webp:
      return VImage::webpload_source(source(), options->set("scale", 1.0 / shrink));
    case SourceKind::tiff:
      return VImage::tiffload_source(source(), options);
    case SourceKind::heif:
    case SourceKind::avif:
      return VImage::heifload_source(source(), options);
    case SourceKind::jxl:
      return VImage::jxlload_source(source(), options);
    case SourceKind::jpeg2000:
      return VImage::jp2kload_source(source(), options);
    case SourceKind::pdf:
      return VImage::pdfload_source(source(), options->set("scale", scale));
    case SourceKind::svg:
    case SourceKind::psd:
    case SourceKind::bmp:
      break;
  }
  bytes();  // maps them
  auto* blob = vips_blob_new(nullptr, mapping_.get(), size_);
  auto image = facts_.kind == SourceKind::svg ? VImage::svgload_buffer(blob, options->set("scale", scale))
                                              : VImage::magickload_buffer(blob, options);
  vips_area_unref(VIPS_AREA(blob));
  return image;
}

Bytes Source::bytes() const {
  if (!mapping_) mapping_ = map_file(fd_, size_);
  return {static_cast<const std::byte*>(mapping_.get()), size_};
}

std::string Source::image_resources() const {
  if (facts_.kind == SourceKind::psd) return std::string(image_resources_of_psd(text_of(bytes())));
  if (facts_.kind != SourceKind::jpeg && facts_.kind != SourceKind::tiff) return "";
  auto image = read(1, 1, Access::sequential);
  const auto* field = facts_.kind == SourceKind::jpeg ? VIPS_META_IPTC_NAME : VIPS_META_PHOTOSHOP_NAME;
  if (image.get_typeof(field) == 0) return "";
  std::size_t size = 0;
  const auto* content = static_cast<const char*>(image.get_blob(field, &size));
  std::string_view resources(content, size);
  if (resources.starts_with(kPhotoshopSegment)) resources.remove_prefix(kPhotoshopSegment.size());
  return std::string(resources);
}

vips::VImage Source::load_page(int page) const {
  auto* blob = vips_blob_new(nullptr, bytes().data(), size_);
  auto image = VImage::tiffload_buffer(blob, VImage::option()->set("page", page)->set("fail_on", VIPS_FAIL_ON_ERROR));
  vips_area_unref(VIPS_AREA(blob));
  return image;
}

Result<Source> Source::open(int fd, ByteCount size, std::string_view mime_type, const ImageLimits& limits,
                            const ImageSettings& settings) {
  std::vector<std::byte> start(std::min<ByteCount>(size, kSniffedBytes));
  ASSIGN_OR_RETURN(auto got, read_at(fd, 0, start, "the original"));
  auto kind = source_kind_of(Bytes(start).first(got));
  if (!kind) return Error{Code::invalid, "the file is no picture of a kind that can be read"};
  if (!mime_type.empty() && !may_hold(mime_type, *kind)) {
    return Error{Code::invalid, fmt::format("the file says it is {}, but holds {}", mime_type, name_of(*kind))};
  }
  Source opened;
  opened.fd_ = fd;
  opened.size_ = size;
  opened.orients_ = settings.orients;
  opened.limits_ = limits;
  auto& facts = opened.facts_;
  facts.kind = *kind;
  try {
    auto image = opened.read(1, 1, Access::sequential);
    facts.stored = facts.seen = {image.width(), image.height()};
    RETURN_IF_ERROR(check_size(facts.stored, is_held_whole(*kind, image), limits));
    facts.pages = page_count(image);
    if (*kind == SourceKind::tiff && facts.pages > limits.pages)
      return Error{Code::invalid, fmt::format("the file has {} pages; it may have {}", facts.pages, limits.pages)};
    facts.orientation = settings.orients ? orientation_of(image) : 1;
    if (facts.orientation >= 5) std::swap(facts.seen.width, facts.seen.height);
    auto known = keep_known_bands(image);
    facts.has_alpha = has_alpha_band(known) && *kind != SourceKind::pdf;
    facts.bands = component_count(known);
    if (image.xres() > 0 && !is_vector(*kind)) {
      auto dots = image.xres() * kMillimetresPerInch;
      if (dots > 1.5) facts.resolution = std::round(dots * 100) / 100;  // libvips says 1 dot a millimetre for nothing
      if (image.xres() == 1) facts.resolution = 72;
    }
    facts.has_profile = image.get_typeof(VIPS_META_ICC_NAME) != 0;
    if (image.get_typeof(VIPS_META_XMP_NAME) != 0) {
      std::size_t length = 0;
      const auto* bytes = static_cast<const char*>(image.get_blob(VIPS_META_XMP_NAME, &length));
      opened.xmp_.assign(bytes, length);
    }
  } catch (const VError& error) {
    return Error{Code::invalid, fmt::format("the file cannot be read as {}", name_of(*kind)), error.what()};
  }
  return opened;
}

vips::VImage Source::load(double reduction, Access access) const {
  auto turns = facts_.orientation != 1;
  auto shrink = facts_.kind == SourceKind::jpeg || facts_.kind == SourceKind::webp ? jpeg_shrink(reduction) : 1;
  auto smallest = 1.0 / std::min(facts_.stored.width, facts_.stored.height);  // no side without pixels
  auto scale = is_vector(facts_.kind) ? std::max(smallest, 1 / reduction) : 1;
  auto image = read(shrink, scale, Access::sequential);
  image = keep_known_bands(to_bytes(image));
  if (facts_.kind == SourceKind::pdf && has_alpha_band(image))
    image = image.flatten(VImage::option()->set("background", std::vector<double>{255, 255, 255}));  // paper
  auto components = component_count(image);
  if (components != 1 && components != 3 && components != 4)
    throw VError(fmt::format("pictures of {} components are not read", components).c_str());
  image = check_profile(image, components, limits_.profile_bytes);
  // Turned and random access need pixels that are there; libvips would keep them on the disk.
  if (access == Access::random || turns) image = image.copy_memory();
  if (orients_ && turns) image = image.autorot();
  return image;
}

}  // namespace dray::pipeline
