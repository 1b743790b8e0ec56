#include "pipeline/renditions/encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipeline/renditions/jpeg_writer.h"
#include "pipeline/renditions/page_writers.h"
#include "pipeline/renditions/palette.h"

namespace dray::pipeline {
namespace {

using Format = is::Output::Format;
using vips::VImage;
using vips::VOption;

constexpr double kMillimetresPerInch = 25.4;

std::string take(VipsBlob* blob) {
  std::size_t size = 0;
  const auto* bytes = static_cast<const char*>(vips_blob_get(blob, &size));
  std::string text(bytes, size);
  vips_area_unref(VIPS_AREA(blob));
  return text;
}

void set_blob(VImage& image, const char* name, const std::string& content) {
  if (content.empty()) return;
  auto* bytes = g_malloc(content.size());
  std::copy(content.begin(), content.end(), static_cast<char*>(bytes));
  image.set(name, reinterpret_cast<VipsCallbackFn>(vips_area_free_cb), bytes, content.size());
}

// Only what is asked for stays beside the pixels.
VImage with_metadata(const Picture& picture, const Encoding& encoding) {
  auto image = picture.pixels.copy(VImage::option()
                                       ->set("xres", encoding.resolution / kMillimetresPerInch)
                                       ->set("yres", encoding.resolution / kMillimetresPerInch));
  std::unique_ptr<char*, decltype(&g_strfreev)> fields(vips_image_get_fields(image.get_image()), &g_strfreev);
  for (auto** field = fields.get(); *field; ++field) {
    std::string_view name = *field;
    bool is_ours = name == "width" || name == "height" || name == "bands" || name == "format" || name == "coding" ||
                   name == "interpretation" || name == "xres" || name == "yres" || name == "xoffset" ||
                   name == "yoffset";
    if (!is_ours) image.remove(*field);
  }
  if (encoding.embeds_profile && !picture.profile.empty() && can_hold_profile(encoding.output.format))
    image = with_embedded(image, picture.profile);
  set_blob(image, VIPS_META_XMP_NAME, encoding.xmp);
  set_blob(image, VIPS_META_PHOTOSHOP_NAME, encoding.resources);
  return image;
}

JpegOptions jpeg_options(const Picture& picture, const Encoding& encoding) {
  JpegOptions options;
  options.quality = encoding.quality.quality;
  options.full_chroma = encoding.quality.full_chroma;
  options.progressive = encoding.output.format == Format::pjpeg;
  options.scans = encoding.scans;
  options.resolution = encoding.resolution;
  if (encoding.embeds_profile) options.profile = picture.profile;
  options.xmp = encoding.xmp;
  options.resources = encoding.resources;
  return options;
}

// The best quality, up to the one asked for, that is small enough.
Result<std::string> encode_small_jpeg(Picture picture, const Encoding& encoding) {
  auto limit = static_cast<std::size_t>(encoding.largest_jpeg) * 1024;
  auto options = jpeg_options(picture, encoding);
  options.is_small = true;
  picture.pixels = picture.pixels.copy_memory();
  auto best = format_jpeg(picture, options);
  if (best.size() <= limit) return best;
  int low = 1, high = options.quality;  // low is known to do, once found; high is not
  options.quality = low;
  best = format_jpeg(picture, options);
  if (best.size() > limit) {
    return Error{Code::invalid,
                 fmt::format("the JPEG has {} bytes at its lowest quality, which is more than jpegSize={} "
                             "allows; ask for a smaller image",
                             best.size(), encoding.largest_jpeg)};
  }
  while (high - low > 1) {
    options.quality = (low + high) / 2;
    auto made = format_jpeg(picture, options);
    if (made.size() <= limit) {
      best = std::move(made);
      low = options.quality;
    } else {
      high = options.quality;
    }
  }
  return best;
}

// As RGBA, whatever it was.
std::string encode_indexed(const Picture& picture, const Encoding& encoding) {
  auto rgba = convert_naively(picture, is::PixelType::rgb).with_alpha().pixels;
  std::size_t size = 0;
  std::unique_ptr<void, decltype(&g_free)> memory(rgba.write_to_memory(&size), &g_free);
  PixelSize extent{rgba.width(), rgba.height()};
  Bytes bytes(static_cast<const std::byte*>(memory.get()), size);
  bool is_gif = encoding.output.format == Format::gif;
  auto indexed = make_indexed(bytes, extent, encoding.quantize, encoding.output.alpha, is_gif);
  if (is_gif) return format_gif(indexed);
  auto profile = encoding.embeds_profile ? picture.profile : std::string();
  return format_png8(indexed, static_cast<std::uint32_t>(std::lround(encoding.resolution / 0.0254)), profile);
}

VipsForeignTiffCompression tiff_compression(is::Compression compression) {
  switch (compression) {
    case is::Compression::lzw:
      return VIPS_FOREIGN_TIFF_COMPRESSION_LZW;
    case is::Compression::zip:
      return VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE;
    case is::Compression::jpeg:
      return VIPS_FOREIGN_TIFF_COMPRESSION_JPEG;
    default:
      return VIPS_FOREIGN_TIFF_COMPRESSION_NONE;
  }
}

std::string encode_tiff(VImage image, const Encoding& encoding) {
  auto compression = encoding.output.compression.value_or(is::Compression::none);
  auto* options = VImage::option()
                      ->set("compression", tiff_compression(compression))
                      ->set("resunit", VIPS_FOREIGN_TIFF_RESUNIT_INCH)
                      ->set("Q", encoding.quality.quality);
  bool predicts = compression == is::Compression::lzw || compression == is::Compression::zip;
  if (predicts) options->set("predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL);
  return take(image.tiffsave_buffer(options));
}

std::string encode_page(const Picture& picture, const Encoding& encoding) {
  PagePicture page;
  page.size = {picture.pixels.width(), picture.pixels.height()};
  page.type = picture.type;
  page.resolution = encoding.resolution;
  if (encoding.embeds_profile) page.profile = picture.profile;
  page.resources = encoding.resources;
  auto compression = encoding.output.compression.value_or(is::Compression::none);
  page.is_jpeg = compression == is::Compression::jpeg;
  if (page.is_jpeg) {
    auto options = jpeg_options(picture, encoding);
    options.profile.clear();  // the page has it
    page.content = format_jpeg(picture, options);
  } else {
    std::size_t size = 0;
    std::unique_ptr<void, decltype(&g_free)> memory(picture.pixels.write_to_memory(&size), &g_free);
    page.content.assign(static_cast<const char*>(memory.get()), size);
  }
  if (encoding.output.format == Format::eps) return format_eps(page);
  return format_pdf(page, compression == is::Compression::zip ? PdfCompression::zip : PdfCompression::none);
}

}  // namespace

bool can_hold_profile(Format format) {
  switch (format) {
    case Format::jpeg:
    case Format::pjpeg:
    case Format::png:
    case Format::png8:
    case Format::tif:
    case Format::pdf:
    case Format::eps:
      return true;
    default:
      return false;
  }
}

bool can_hold_xmp(Format format) { return format == Format::jpeg || format == Format::pjpeg || format == Format::tif; }

bool can_hold_paths(Format format) { return can_hold_xmp(format) || format == Format::eps; }

std::string_view mime_type_of(Format format) {
  switch (format) {
    case Format::jpeg:
    case Format::pjpeg:
      return "image/jpeg";
    case Format::png:
    case Format::png8:
      return "image/png";
    case Format::gif:
      return "image/gif";
    case Format::tif:
      return "image/tiff";
    case Format::pdf:
      return "application/pdf";
    case Format::eps:
      return "image/eps";
    case Format::webp:
      return "image/webp";
    case Format::avif:
      return "image/avif";
    case Format::heic:
      return "image/heic";
    case Format::jpeg2000:
      return "image/jp2";
    case Format::jxl:
      return "image/jxl";
  }
  return "application/octet-stream";
}

std::string_view extension_of(Format format) {
  switch (format) {
    case Format::jpeg:
    case Format::pjpeg:
      return "jpg";
    case Format::png:
    case Format::png8:
      return "png";
    case Format::jpeg2000:
      return "jp2";
    default:
      return is::name_of(format);
  }
}

Result<std::string> encode(const Picture& picture, const Encoding& encoding) {
  auto image = with_metadata(picture, encoding);
  auto quality = encoding.quality.quality;
  bool lossless = encoding.output.compression == is::Compression::lossless;
  switch (encoding.output.format) {
    case Format::jpeg:
    case Format::pjpeg:
      if (encoding.largest_jpeg > 0) return encode_small_jpeg(picture, encoding);
      return format_jpeg(picture, jpeg_options(picture, encoding));
    case Format::png:
      return take(image.pngsave_buffer(VImage::option()->set("compression", 6)));
    case Format::png8:
    case Format::gif:
      return encode_indexed(picture, encoding);
    case Format::tif:
      return encode_tiff(image, encoding);
    case Format::pdf:
    case Format::eps:
      return encode_page(picture, encoding);
    case Format::webp:
      return take(image.webpsave_buffer(VImage::option()->set("Q", quality)->set("lossless", lossless)));
    case Format::avif:
    case Format::heic: {
      bool is_avif = encoding.output.format == Format::avif;
      return take(image.heifsave_buffer(
          VImage::option()
              ->set("Q", quality)
              ->set("lossless", lossless)
              ->set("effort", is_avif ? 2 : 4)
              ->set("compression", is_avif ? VIPS_FOREIGN_HEIF_COMPRESSION_AV1 : VIPS_FOREIGN_HEIF_COMPRESSION_HEVC)));
    }
    case Format::jpeg2000:
      return take(image.jp2ksave_buffer(VImage::option()->set("Q", quality)->set("lossless", lossless)));
    case Format::jxl:
      return take(image.jxlsave_buffer(VImage::option()->set("Q", quality)->set("lossless", lossless)));
  }
  return Error{Code::invalid, "there is no such format"};
}

}  // namespace dray::pipeline
