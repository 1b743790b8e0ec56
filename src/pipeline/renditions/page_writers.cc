#include "pipeline/renditions/page_writers.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "pipeline/renditions/color.h"
#include "pipeline/renditions/deflate.h"

namespace dray::pipeline {
namespace {

std::string_view device_space(is::PixelType type) {
  return type == is::PixelType::gray ? "/DeviceGray" : type == is::PixelType::rgb ? "/DeviceRGB" : "/DeviceCMYK";
}

// Lines of a PostScript comment.
std::string in_hexadecimal(std::string_view content) {
  constexpr std::size_t kBytesInLine = 64;
  std::string text;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (i % kBytesInLine == 0) text += i == 0 ? "% " : "\n% ";
    fmt::format_to(std::back_inserter(text), "{:02X}", static_cast<unsigned char>(content[i]));
  }
  return text + '\n';
}

double points(int pixels, double resolution) { return pixels * 72.0 / resolution; }

// Objects of a PDF file, numbered from 1 in the order in which they are added.
class PdfFile {
 public:
  PdfFile() { text_ = "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"; }

  void add(std::string_view content) {
    offsets_.push_back(text_.size());
    text_ += fmt::format("{} 0 obj\n", offsets_.size());
    text_.append(content).append("\nendobj\n");
  }
  void add_stream(std::string_view dictionary, std::string_view content) {
    std::string object = fmt::format("<<{} /Length {}>>\nstream\n", dictionary, content.size());
    object.append(content).append("\nendstream");
    add(object);
  }
  std::string finish(std::string_view trailer) {
    auto start = text_.size();
    text_ += fmt::format("xref\n0 {}\n0000000000 65535 f \n", offsets_.size() + 1);
    for (auto offset : offsets_) text_ += fmt::format("{:010} 00000 n \n", offset);
    text_ += fmt::format("trailer\n<</Size {} {}>>\nstartxref\n{}\n%%EOF\n", offsets_.size() + 1, trailer, start);
    return std::move(text_);
  }

 private:
  std::string text_;
  std::vector<std::size_t> offsets_;
};

}  // namespace

std::string format_pdf(const PagePicture& picture, PdfCompression compression) {
  PdfFile file;
  auto width = points(picture.size.width, picture.resolution), height = points(picture.size.height, picture.resolution);
  file.add("<</Type /Catalog /Pages 2 0 R>>");
  file.add("<</Type /Pages /Kids [3 0 R] /Count 1>>");
  file.add(
      fmt::format("<</Type /Page /Parent 2 0 R /MediaBox [0 0 {:.4f} {:.4f}] /Contents 4 0 R "
                  "/Resources <</XObject <</Image 5 0 R>>>>>>",
                  width, height));
  file.add_stream("", fmt::format("q {:.4f} 0 0 {:.4f} 0 0 cm /Image Do Q", width, height));
  auto space = picture.profile.empty() ? std::string(device_space(picture.type)) : "[/ICCBased 6 0 R]";
  auto image = fmt::format("/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace {} /BitsPerComponent 8",
                           picture.size.width, picture.size.height, space);
  if (picture.is_jpeg) {
    // Adobe's JPEGs have CMYK upside down, and so have those that are made here.
    if (picture.type == is::PixelType::cmyk) image += " /Decode [1 0 1 0 1 0 1 0]";
    file.add_stream(image + " /Filter /DCTDecode", picture.content);
  } else if (compression == PdfCompression::zip) {
    file.add_stream(image + " /Filter /FlateDecode", deflated(picture.content));
  } else {
    file.add_stream(image, picture.content);
  }
  if (!picture.profile.empty()) {
    file.add_stream(fmt::format("/N {} /Alternate {} /Filter /FlateDecode", component_count(picture.type),
                                device_space(picture.type)),
                    deflated(picture.profile));
  }
  return file.finish("/Root 1 0 R");
}

std::string format_eps(const PagePicture& picture) {
  auto width = points(picture.size.width, picture.resolution), height = points(picture.size.height, picture.resolution);
  auto components = component_count(picture.type);
  std::string decode;
  for (int i = 0; i < components; ++i) decode += i > 0 ? " 0 1" : "0 1";
  auto program = fmt::format(
      "gsave\n{0:.4f} {1:.4f} scale\n{2} setcolorspace\n"
      "<</ImageType 1 /Width {3} /Height {4} /BitsPerComponent 8 /Decode [{5}]\n"
      "/ImageMatrix [{3} 0 0 -{4} 0 {4}] /DataSource currentfile>>\n",
      width, height, device_space(picture.type), picture.size.width, picture.size.height, decode);
  std::string out = fmt::format(
      "%!PS-Adobe-3.0 EPSF-3.0\n%%Creator: Dray\n%%BoundingBox: 0 0 {} {}\n%%HiResBoundingBox: 0 0 {:.4f} {:.4f}\n"
      "%%LanguageLevel: 2\n%%DocumentData: Binary\n%%Pages: 1\n%%EndComments\n%%BeginProlog\n%%EndProlog\n%%Page: 1 "
      "1\n",
      static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(height)), width, height);
  if (!picture.resources.empty()) {
    out += fmt::format("%BeginPhotoshop: {}\n{}%EndPhotoshop\n", picture.resources.size(),
                       in_hexadecimal(picture.resources));
  }
  if (!picture.profile.empty()) {
    out += fmt::format("%%BeginICCProfile: (photoshop) {} Hex\n{}%%EndICCProfile\n", picture.profile.size(),
                       in_hexadecimal(picture.profile));
  }
  out += program;
  constexpr std::string_view kImage = "image\n";  // the bytes begin right behind it
  out += fmt::format("%%BeginData: {} Binary Bytes\n{}", kImage.size() + picture.content.size(), kImage);
  return out.append(picture.content).append("\n%%EndData\ngrestore\nshowpage\n%%EOF\n");
}

}  // namespace dray::pipeline
