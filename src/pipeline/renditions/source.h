// An original, opened for making renditions of it. Only in processes that may die (`dray worker`): decoders of many
// formats, written for speed, read what strangers have sent.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vips/vips8>

#include "base/result.h"
#include "pipeline/renditions/settings.h"
#include "pipeline/renditions/source_kind.h"

namespace dray::pipeline {

struct ImageLimits {
  std::uint64_t pixels = 268'000'000;       // width times height
  std::uint64_t whole_pixels = 64'000'000;  // of progressive JPEG and interlaced PNG, which are held whole
  int side = 65'500;                        // pixels
  int pages = 100;
  std::size_t profile_bytes = 4 * 1024 * 1024;  // of an embedded ICC profile; a larger one is not used
  bool operator==(const ImageLimits&) const = default;
};

// What is known of an original without its pixels.
struct SourceFacts {
  SourceKind kind = SourceKind::jpeg;
  PixelSize stored;     // as it lies in the file
  PixelSize seen;       // as it is seen: after its EXIF orientation where that is asked for
  int orientation = 1;  // 1 to 8
  int bands = 3;        // alpha not counted: 1, 3 or 4
  bool has_alpha = false;
  double resolution = 72;  // dots per inch
  int pages = 1;
  bool has_profile = false;
};

// libvips with everything that is not needed switched off. Once per process, before anything else here.
void prepare_vips(int threads);

class Source {
 public:
  // `fd` is a file of `size` bytes at its start; it must stay open as long as the source.
  // Code::invalid: it is not what `mime_type` promises, no picture that can be read, or larger than the limits.
  static Result<Source> open(int fd, ByteCount size, std::string_view mime_type, const ImageLimits& limits,
                             const ImageSettings& settings);

  const SourceFacts& facts() const { return facts_; }
  const std::string& xmp() const { return xmp_; }  // as the file has it
  std::string image_resources() const;             // Photoshop's, of JPEG, TIFF and PSD; throws vips::VError

  // The first page or frame as it is seen, with at least 1/`reduction` of the pixels in each direction; below 1 pages
  // and drawings are made larger. 8 bits, 1, 3 or 4 bands, alpha behind them where there is one; a profile that does
  // not fit is taken off. Pixels are read when they are asked for, from top to bottom unless `access` says otherwise;
  // the image must not outlive the source. Throws vips::VError.
  enum class Access { sequential, random };
  vips::VImage load(double reduction, Access access) const;
  vips::VImage load_page(int page) const;  // of a TIFF, from 0, with the bits that the file has
  Bytes bytes() const;                     // the file, as long as the source is there

 private:
  vips::VImage read(int shrink, double scale, Access access) const;

  int fd_ = -1;
  ByteCount size_ = 0;
  bool orients_ = true;
  ImageLimits limits_;
  SourceFacts facts_;
  std::string xmp_;
  mutable std::shared_ptr<const void> mapping_;  // for loaders that want memory
};

}  // namespace dray::pipeline
