#include "pipeline/renditions/source_kind.h"

#include <algorithm>
#include <array>

namespace dray::pipeline {
namespace {

using namespace std::string_view_literals;

struct KindInfo {
  SourceKind kind;
  std::string_view name;
  std::array<std::string_view, 4> mime_types;
};

constexpr KindInfo kKinds[] = {
    {SourceKind::jpeg, "JPEG", {"image/jpeg", "image/pjpeg"}},
    {SourceKind::png, "PNG", {"image/png", "image/apng"}},
    {SourceKind::gif, "GIF", {"image/gif"}},
    {SourceKind::webp, "WebP", {"image/webp"}},
    {SourceKind::tiff, "TIFF", {"image/tiff"}},
    {SourceKind::heif, "HEIC", {"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"}},
    {SourceKind::avif, "AVIF", {"image/avif", "image/avif-sequence"}},
    {SourceKind::jxl, "JPEG XL", {"image/jxl"}},
    {SourceKind::jpeg2000, "JPEG 2000", {"image/jp2", "image/jpx", "image/jpm", "image/x-jp2-codestream"}},
    {SourceKind::svg, "SVG", {"image/svg+xml"}},
    {SourceKind::pdf, "PDF", {"application/pdf", "application/illustrator", "application/vnd.adobe.illustrator"}},
    {SourceKind::psd, "Photoshop", {"image/vnd.adobe.photoshop", "image/x-photoshop", "application/photoshop"}},
    {SourceKind::bmp, "BMP", {"image/bmp", "image/x-ms-bmp", "image/x-bmp"}},
};

const KindInfo& info_of(SourceKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

bool has_type(const KindInfo& info, std::string_view mime_type) {
  if (mime_type.empty()) return false;  // as the unused places of the table are
  return std::find(info.mime_types.begin(), info.mime_types.end(), mime_type) != info.mime_types.end();
}

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  SourceKind kind;
};

constexpr Signature kSignatures[] = {
    {0, "\xff\xd8\xff"sv, SourceKind::jpeg},
    {0, "\x89PNG\r\n\x1a\n"sv, SourceKind::png},
    {0, "GIF87a"sv, SourceKind::gif},
    {0, "GIF89a"sv, SourceKind::gif},
    {8, "WEBP"sv, SourceKind::webp},
    {0, "II*\0"sv, SourceKind::tiff},
    {0, "MM\0*"sv, SourceKind::tiff},
    {0, "II+\0"sv, SourceKind::tiff},
    {0, "MM\0+"sv, SourceKind::tiff},
    {0, "\xff\x0a"sv, SourceKind::jxl},
    {0, "\0\0\0\x0cJXL \r\n\x87\n"sv, SourceKind::jxl},
    {0, "\0\0\0\x0cjP  \r\n\x87\n"sv, SourceKind::jpeg2000},
    {0, "\xff\x4f\xff\x51"sv, SourceKind::jpeg2000},
    {0, "%PDF-"sv, SourceKind::pdf},
    {0, "8BPS\0\1"sv, SourceKind::psd},
    {0, "BM"sv, SourceKind::bmp},
};

// The brands of an ISO base media file stand behind "ftyp", the major one first.
std::optional<SourceKind> kind_of_brands(std::string_view start) {
  if (start.size() < 16 || start.substr(4, 4) != "ftyp") return std::nullopt;
  auto length =
      (static_cast<std::size_t>(static_cast<unsigned char>(start[2])) << 8) | static_cast<unsigned char>(start[3]);
  auto brands = start.substr(0, std::min(start.size(), length));
  for (std::size_t at = 8; at + 4 <= brands.size(); at += at == 8 ? 8 : 4) {
    auto brand = brands.substr(at, 4);
    if (brand == "avif" || brand == "avis") return SourceKind::avif;
    if (brand == "heic" || brand == "heix" || brand == "hevc" || brand == "heim" || brand == "heis")
      return SourceKind::heif;
  }
  return std::nullopt;
}

// The first element is <svg>, behind declarations, comments and white space at most.
bool is_svg(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (;;) {
    auto start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos || text[start] != '<') return false;
    text.remove_prefix(start);
    if (text.starts_with("<svg") || text.starts_with("<svg:svg")) return true;
    auto is_comment = text.starts_with("<!--");
    if (!is_comment && !text.starts_with("<?") && !text.starts_with("<!")) return false;
    auto end = is_comment ? text.find("-->") : text.find('>');
    auto bracket = text.find('[');  // <!DOCTYPE svg [ declarations ]>, as Illustrator writes it
    if (text.starts_with("<!DOCTYPE") && bracket < end) end = text.find('>', text.find(']', bracket));
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + (is_comment ? 3 : 1));
  }
}

}  // namespace

std::string_view name_of(SourceKind kind) { return info_of(kind).name; }

std::optional<SourceKind> source_kind_of(Bytes start) {
  auto text = text_of(start);
  for (const auto& signature : kSignatures) {
    if (text.size() >= signature.offset && text.substr(signature.offset).starts_with(signature.bytes) &&
        (signature.kind != SourceKind::webp || text.starts_with("RIFF")))
      return signature.kind;
  }
  if (auto kind = kind_of_brands(text)) return kind;
  if (is_svg(text)) return SourceKind::svg;
  return std::nullopt;
}

bool may_hold(std::string_view mime_type, SourceKind kind) {
  if (has_type(info_of(kind), mime_type)) return true;
  bool is_heif = has_type(info_of(SourceKind::heif), mime_type) || has_type(info_of(SourceKind::avif), mime_type);
  return is_heif && (kind == SourceKind::heif || kind == SourceKind::avif);
}

bool can_be_rendered(std::string_view mime_type) {
  return std::any_of(std::begin(kKinds), std::end(kKinds), [&](const auto& info) { return has_type(info, mime_type); });
}

bool is_film(std::string_view mime_type) { return mime_type.starts_with("video/"); }

bool has_static_renditions(std::string_view mime_type) {
  return can_be_rendered(mime_type) && !has_type(info_of(SourceKind::svg), mime_type);
}

}  // namespace dray::pipeline
