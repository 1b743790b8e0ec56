#include "pipeline/renditions/jpeg_writer.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

// After <cstdio>, which it needs and does not include.
#include <jpeglib.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "pipeline/renditions/paths.h"

namespace dray::pipeline {
namespace {

constexpr std::string_view kXmpName{"http://ns.adobe.com/xap/1.0/\0", 29};
constexpr std::size_t kLargestSegment = 65'533;

// ITU-T T.81, table K.2.
constexpr unsigned kColorTable[DCTSIZE2] = {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
                                            24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
                                            99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
                                            99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};

// libjpeg tells of errors by jumping; whoever calls it sets the place to jump to.
struct ErrorManager : jpeg_error_mgr {
  std::jmp_buf place;
  char message[JMSG_LENGTH_MAX] = {};
};

void jump(j_common_ptr info) {
  auto* manager = static_cast<ErrorManager*>(info->err);
  manager->format_message(info, manager->message);
  std::longjmp(manager->place, 1);
}

// One component after the other where there are many, in scans of their own.
std::vector<jpeg_scan_info> scan_script(int components, int scans) {
  auto dc = [&](int high, int low) {
    jpeg_scan_info scan{};
    scan.comps_in_scan = components;
    for (int i = 0; i < components; ++i) scan.component_index[i] = i;
    scan.Ah = high;
    scan.Al = low;
    return scan;
  };
  std::vector<jpeg_scan_info> script{dc(0, scans >= 5 ? 1 : 0)};
  for (int i = 0; i < components; ++i) {
    jpeg_scan_info ac{};
    ac.comps_in_scan = 1;
    ac.component_index[0] = i;
    ac.Ss = 1;
    ac.Se = 63;
    script.push_back(ac);
  }
  if (scans >= 5) script.push_back(dc(1, 0));
  return script;
}

class Writer {
 public:
  Writer(const Picture& picture, const JpegOptions& options)
      : picture_(picture), options_(options), is_cmyk_(picture.type == is::PixelType::cmyk) {
    info_.err = ::jpeg_std_error(&errors_);
    errors_.error_exit = jump;
    errors_.output_message = [](j_common_ptr) {};
  }
  Writer(const Writer&) = delete;
  ~Writer() {
    ::jpeg_destroy_compress(&info_);
    std::free(bytes_);
  }

  std::string write() {
    prepare();
    if (!start()) fail();
    auto lines = [](VipsRegion* region, VipsRect* area, void* writer) {
      return static_cast<Writer*>(writer)->put_lines(region, area) ? 0 : -1;
    };
    if (vips_sink_disc(picture_.pixels.get_image(), lines, this) != 0) fail();
    if (!finish()) fail();
    return {reinterpret_cast<const char*>(bytes_), length_};
  }

 private:
  [[noreturn]] void fail() const {
    throw vips::VError(errors_.message[0] ? std::string(errors_.message) : std::string(vips_error_buffer()));
  }

  // What needs memory of C++ is made here: a jump runs no destructors.
  void prepare() {
    if (options_.scans != 0) script_ = scan_script(component_count(picture_.type), options_.scans);
    if (!options_.xmp.empty() && options_.xmp.size() <= kLargestSegment - kXmpName.size())
      xmp_ = std::string(kXmpName) + options_.xmp;
    constexpr auto kPart = kLargestSegment - kPhotoshopSegment.size();
    for (std::size_t at = 0; at < options_.resources.size(); at += kPart)
      resources_.push_back(std::string(kPhotoshopSegment) + options_.resources.substr(at, kPart));
    if (is_cmyk_) inverted_.resize(static_cast<std::size_t>(picture_.pixels.width()) * 4);
  }

  bool start() {
    if (setjmp(errors_.place) != 0) return false;
    ::jpeg_create_compress(&info_);
    ::jpeg_mem_dest(&info_, &bytes_, &length_);
    info_.image_width = static_cast<JDIMENSION>(picture_.pixels.width());
    info_.image_height = static_cast<JDIMENSION>(picture_.pixels.height());
    info_.input_components = component_count(picture_.type);
    info_.in_color_space = is_cmyk_ ? JCS_CMYK : info_.input_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    ::jpeg_set_defaults(&info_);
    set_quality();
    info_.density_unit = 1;
    info_.X_density = info_.Y_density = static_cast<UINT16>(std::clamp(std::lround(options_.resolution), 1L, 65'535L));
    info_.optimize_coding = options_.is_small || options_.progressive ? TRUE : FALSE;
    if (options_.progressive) set_scans();
    ::jpeg_start_compress(&info_, TRUE);
    write_metadata();
    return true;
  }

  // The usual tables at two qualities: one for light, one for colours.
  void set_quality() {
    ::jpeg_set_quality(&info_, options_.quality, TRUE);
    ::jpeg_add_quant_table(&info_, 1, kColorTable, ::jpeg_quality_scaling((100 + options_.quality) / 2), TRUE);
    if (info_.in_color_space != JCS_RGB) return;
    info_.comp_info[0].h_samp_factor = info_.comp_info[0].v_samp_factor = options_.full_chroma ? 1 : 2;
  }

  void set_scans() {
    if (options_.scans == 0) return ::jpeg_simple_progression(&info_);
    info_.scan_info = script_.data();
    info_.num_scans = static_cast<int>(script_.size());
  }

  void write_metadata() {
    if (!options_.profile.empty()) {
      ::jpeg_write_icc_profile(&info_, reinterpret_cast<const JOCTET*>(options_.profile.data()),
                               static_cast<unsigned>(options_.profile.size()));
    }
    if (!xmp_.empty()) write_marker(JPEG_APP0 + 1, xmp_);
    for (const auto& segment : resources_) write_marker(JPEG_APP0 + 13, segment);
  }

  void write_marker(int marker, const std::string& content) {
    ::jpeg_write_marker(&info_, marker, reinterpret_cast<const JOCTET*>(content.data()),
                        static_cast<unsigned>(content.size()));
  }

  bool put_lines(VipsRegion* region, const VipsRect* area) {
    if (setjmp(errors_.place) != 0) return false;
    for (int y = area->top; y < area->top + area->height; ++y) {
      auto* row = VIPS_REGION_ADDR(region, 0, y);
      if (is_cmyk_) {
        std::transform(row, row + static_cast<std::size_t>(area->width) * 4, inverted_.begin(),
                       [](VipsPel value) { return static_cast<JSAMPLE>(255 - value); });
        row = inverted_.data();
      }
      JSAMPROW rows[] = {row};
      ::jpeg_write_scanlines(&info_, rows, 1);
    }
    return true;
  }

  bool finish() {
    if (setjmp(errors_.place) != 0) return false;
    ::jpeg_finish_compress(&info_);
    return true;
  }

  const Picture& picture_;
  const JpegOptions& options_;
  const bool is_cmyk_;
  jpeg_compress_struct info_{};
  ErrorManager errors_;
  unsigned char* bytes_ = nullptr;
  unsigned long length_ = 0;
  std::string xmp_;
  std::vector<std::string> resources_;  // as segments
  std::vector<JSAMPLE> inverted_;
  std::vector<jpeg_scan_info> script_;
};

}  // namespace

std::string format_jpeg(const Picture& picture, const JpegOptions& options) { return Writer(picture, options).write(); }

}  // namespace dray::pipeline
