#include "adapters/media/mime_types.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/text.h"

namespace dray::media {
namespace {

constexpr std::string_view kUnknown = "application/octet-stream";

// The outer forms in which libmagic may see no further, as bits.
using Forms = std::uint16_t;
constexpr Forms kBinary = 1 << 0;
constexpr Forms kText = 1 << 1;
constexpr Forms kXml = 1 << 2;
constexpr Forms kJson = 1 << 3;
constexpr Forms kZip = 1 << 4;
constexpr Forms kOle = 1 << 5;
constexpr Forms kTiff = 1 << 6;
constexpr Forms kMp4 = 1 << 7;
constexpr Forms kHeif = 1 << 8;
constexpr Forms kPdf = 1 << 9;
constexpr Forms kPostScript = 1 << 10;
constexpr Forms kAsf = 1 << 11;
constexpr Forms kOgg = 1 << 12;
constexpr Forms kFont = 1 << 13;
constexpr Forms kMatroska = 1 << 14;

struct Alias {
  std::string_view from, to;
};

// libmagic's names on the left; on the right those that IANA or, where it knows none, AEM and browsers use.
constexpr Alias kAliases[] = {
    {"application/cdfv2", "application/x-ole-storage"},
    {"application/javascript", "text/javascript"},
    {"application/vnd.ms-office", "application/x-ole-storage"},
    {"application/vnd.ms-opentype", "font/otf"},
    {"application/x-bzip", "application/x-bzip2"},
    {"application/x-cdf", "application/x-ole-storage"},
    {"application/x-dosexec", "application/vnd.microsoft.portable-executable"},
    {"application/x-gzip", "application/gzip"},
    {"application/x-rar", "application/vnd.rar"},
    {"application/x-zip", "application/zip"},
    {"application/x-zip-compressed", "application/zip"},
    {"audio/mid", "audio/midi"},
    {"audio/x-aiff", "audio/aiff"},
    {"audio/x-flac", "audio/flac"},
    {"audio/x-hx-aac-adif", "audio/aac"},
    {"audio/x-hx-aac-adts", "audio/aac"},
    {"audio/x-m4a", "audio/mp4"},
    {"audio/x-mp4a-latm", "audio/mp4"},
    {"audio/x-wav", "audio/wav"},
    {"image/pjpeg", "image/jpeg"},
    {"image/vnd.microsoft.icon", "image/x-icon"},
    {"image/x-eps", "application/postscript"},
    {"image/x-jp2-codestream", "image/jp2"},
    {"image/x-ms-bmp", "image/bmp"},
    {"image/x-portable-greymap", "image/x-portable-graymap"},
    // Its pattern fits one in a few files of random bytes: the extension has to agree.
    {"image/x-tga", kUnknown},
    {"image/x-win-bitmap", "image/bmp"},
    {"model/gltf", "model/gltf+json"},
    {"text/rtf", "application/rtf"},
    {"text/xml", "application/xml"},
    {"text/xml+svg", "image/svg+xml"},
    {"video/x-mpeg", "video/mpeg"},
};

struct Extension {
  std::string_view name;
  std::string_view type;
  Forms within;  // forms of content that this extension may refine
};

constexpr Extension kExtensions[] = {
    {"3fr", "image/x-hasselblad-3fr", kBinary | kTiff},
    {"3gp", "video/3gpp", kBinary | kMp4},
    {"aac", "audio/aac", kBinary},
    {"ai", "application/illustrator", kBinary | kPdf | kPostScript},
    {"aif", "audio/aiff", kBinary},
    {"aiff", "audio/aiff", kBinary},
    {"arw", "image/x-sony-arw", kBinary | kTiff},
    {"avi", "video/x-msvideo", kBinary},
    {"avif", "image/avif", kBinary | kHeif},
    {"bmp", "image/bmp", kBinary},
    {"cr2", "image/x-canon-cr2", kBinary | kTiff},
    {"cr3", "image/x-canon-cr3", kBinary | kMp4},
    {"crw", "image/x-canon-crw", kBinary},
    {"css", "text/css", kText},
    {"csv", "text/csv", kText},
    {"dae", "model/vnd.collada+xml", kText | kXml},
    {"dcr", "image/x-kodak-dcr", kBinary | kTiff},
    {"dng", "image/x-adobe-dng", kBinary | kTiff},
    {"doc", "application/msword", kBinary | kOle},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", kZip},
    {"eot", "application/vnd.ms-fontobject", kBinary},
    {"eps", "application/postscript", kBinary},
    {"epub", "application/epub+zip", kZip},
    {"erf", "image/x-epson-erf", kBinary | kTiff},
    {"f4v", "video/mp4", kBinary | kMp4},
    {"fbx", "application/x-fbx", kBinary},
    {"fff", "image/x-hasselblad-fff", kBinary | kTiff},
    {"flac", "audio/flac", kBinary},
    {"flv", "video/x-flv", kBinary},
    {"geojson", "application/geo+json", kText | kJson},
    {"gif", "image/gif", kBinary},
    {"glb", "model/gltf-binary", kBinary},
    {"gltf", "model/gltf+json", kText | kJson},
    {"gz", "application/gzip", kBinary},
    {"heic", "image/heic", kBinary | kHeif},
    {"heif", "image/heif", kBinary | kHeif},
    {"hif", "image/heif", kBinary | kHeif},
    {"htm", "text/html", kText},
    {"html", "text/html", kText},
    {"icc", "application/vnd.iccprofile", kBinary},
    {"ico", "image/x-icon", kBinary},
    {"ics", "text/calendar", kText},
    {"idml", "application/vnd.adobe.indesign-idml-package", kZip},
    {"iiq", "image/x-phaseone-iiq", kBinary | kTiff},
    {"indd", "application/x-indesign", kBinary},
    {"indt", "application/x-indesign", kBinary},
    {"jp2", "image/jp2", kBinary},
    {"jpe", "image/jpeg", kBinary},
    {"jpeg", "image/jpeg", kBinary},
    {"jpg", "image/jpeg", kBinary},
    {"js", "text/javascript", kText},
    {"json", "application/json", kText},
    {"jxl", "image/jxl", kBinary},
    {"m2ts", "video/mp2t", kBinary},
    {"m4a", "audio/mp4", kBinary | kMp4},
    {"m4v", "video/x-m4v", kBinary | kMp4},
    {"md", "text/markdown", kText},
    {"mef", "image/x-mamiya-mef", kBinary | kTiff},
    {"mjs", "text/javascript", kText},
    {"mka", "audio/x-matroska", kBinary | kMatroska},
    {"mkv", "video/x-matroska", kBinary},
    {"mos", "image/x-leaf-mos", kBinary | kTiff},
    {"mov", "video/quicktime", kBinary},
    {"mp3", "audio/mpeg", kBinary},
    {"mp4", "video/mp4", kBinary | kMp4},
    {"mpeg", "video/mpeg", kBinary},
    {"mpg", "video/mpeg", kBinary},
    {"mpp", "application/vnd.ms-project", kBinary | kOle},
    {"mrw", "image/x-minolta-mrw", kBinary},
    {"msg", "application/vnd.ms-outlook", kBinary | kOle},
    {"mts", "video/mp2t", kBinary},
    {"mxf", "application/mxf", kBinary},
    {"nef", "image/x-nikon-nef", kBinary | kTiff},
    {"nrw", "image/x-nikon-nrw", kBinary | kTiff},
    {"obj", "model/obj", kText},
    {"odg", "application/vnd.oasis.opendocument.graphics", kZip},
    {"odp", "application/vnd.oasis.opendocument.presentation", kZip},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet", kZip},
    {"odt", "application/vnd.oasis.opendocument.text", kZip},
    {"oga", "audio/ogg", kBinary | kOgg},
    {"ogg", "audio/ogg", kBinary | kOgg},
    {"ogv", "video/ogg", kBinary | kOgg},
    {"opus", "audio/ogg", kBinary | kOgg},
    {"orf", "image/x-olympus-orf", kBinary},
    {"otf", "font/otf", kBinary | kFont},
    {"pdf", "application/pdf", kBinary},
    {"pef", "image/x-pentax-pef", kBinary | kTiff},
    {"png", "image/png", kBinary},
    {"ppt", "application/vnd.ms-powerpoint", kBinary | kOle},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", kZip},
    {"ps", "application/postscript", kBinary},
    {"psb", "image/vnd.adobe.photoshop", kBinary},
    {"psd", "image/vnd.adobe.photoshop", kBinary},
    {"pub", "application/vnd.ms-publisher", kBinary | kOle},
    {"raf", "image/x-fuji-raf", kBinary},
    {"rar", "application/vnd.rar", kBinary},
    {"rtf", "application/rtf", kText},
    {"rw2", "image/x-panasonic-rw2", kBinary | kTiff},
    {"rwl", "image/x-leica-rwl", kBinary | kTiff},
    {"sketch", "application/x-sketch", kZip},
    {"sr2", "image/x-sony-sr2", kBinary | kTiff},
    {"srt", "application/x-subrip", kText},
    {"srw", "image/x-samsung-srw", kBinary | kTiff},
    {"stl", "model/stl", kBinary | kText},
    {"svg", "image/svg+xml", kText | kXml},
    {"swf", "application/x-shockwave-flash", kBinary},
    {"tar", "application/x-tar", kBinary},
    {"tga", "image/x-tga", kBinary},
    {"tif", "image/tiff", kBinary},
    {"tiff", "image/tiff", kBinary},
    {"ts", "video/mp2t", kBinary},
    {"tsv", "text/tab-separated-values", kText},
    {"ttf", "font/ttf", kBinary | kFont},
    {"txt", "text/plain", kText},
    {"usdz", "model/vnd.usdz+zip", kZip},
    {"vsd", "application/vnd.visio", kBinary | kOle},
    {"vtt", "text/vtt", kText},
    {"wav", "audio/wav", kBinary},
    {"weba", "audio/webm", kBinary | kMatroska},
    {"webm", "video/webm", kBinary},
    {"webp", "image/webp", kBinary},
    {"wma", "audio/x-ms-wma", kBinary | kAsf},
    {"wmv", "video/x-ms-wmv", kBinary | kAsf},
    {"woff", "font/woff", kBinary},
    {"woff2", "font/woff2", kBinary},
    {"xls", "application/vnd.ms-excel", kBinary | kOle},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", kZip},
    {"xml", "application/xml", kText},
    {"xmp", "application/rdf+xml", kText | kXml},
    {"yaml", "application/yaml", kText},
    {"yml", "application/yaml", kText},
    {"zip", "application/zip", kBinary},
};

const Extension* find_extension(std::string_view name) {
  auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  auto wanted = ascii_lower(name.substr(dot + 1));
  auto found = std::ranges::lower_bound(kExtensions, wanted, {}, &Extension::name);
  return found != std::end(kExtensions) && found->name == wanted ? found : nullptr;
}

std::string_view without_alias(std::string_view type) {
  auto found = std::ranges::lower_bound(kAliases, type, {}, &Alias::from);
  return found != std::end(kAliases) && found->from == type ? found->to : type;
}

// What the content left open; 0 when it said all there is to say.
Forms form_of(std::string_view type) {
  struct Row {
    std::string_view type;
    Forms form;
  };
  static constexpr Row kForms[] = {
      {kUnknown, kBinary},
      {"text/plain", kText},
      {"application/xml", kXml},
      {"application/json", kJson},
      {"application/zip", kZip},
      {"application/java-archive", kZip},
      {"application/x-ole-storage", kOle},
      {"image/tiff", kTiff},
      {"video/mp4", kMp4},
      {"audio/mp4", kMp4},  // libmagic knows the first brand only, and takes some films for sound
      {"image/heif", kHeif},
      {"image/heif-sequence", kHeif},
      {"application/pdf", kPdf},
      {"application/postscript", kPostScript},
      {"video/x-ms-asf", kAsf},
      {"application/ogg", kOgg},
      {"audio/ogg", kOgg},
      {"font/sfnt", kFont},
      {"video/webm", kMatroska},
      {"video/x-matroska", kMatroska},
  };
  for (const auto& row : kForms) {
    if (row.type == type) return row.form;
  }
  // Guesses at a programming language: style sheets pass for C.
  return type.starts_with("text/x-") ? kText : 0;
}

// libmagic has been seen to answer two types run together.
bool is_mime_type(std::string_view text) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("/.+-_").find(c) != std::string_view::npos;
  };
  return std::ranges::count(text, '/') == 1 && text.front() != '/' && text.back() != '/' &&
         std::ranges::all_of(text, allowed);
}

}  // namespace

std::string mime_type_of(std::string_view by_content, std::string_view name) {
  auto lower = ascii_lower(by_content);
  auto type = is_mime_type(lower) ? without_alias(lower) : kUnknown;
  auto extension = find_extension(name);
  if (extension && (extension->within & form_of(type))) type = extension->type;
  return std::string(type);
}

std::string mime_type_of_name(std::string_view name) {
  auto extension = find_extension(name);
  return std::string(extension ? extension->type : kUnknown);
}

bool mime_tables_are_sorted() {
  // Strictly: a key that stands twice is an error too.
  using std::ranges::greater_equal;
  return std::ranges::adjacent_find(kAliases, greater_equal{}, &Alias::from) == std::end(kAliases) &&
         std::ranges::adjacent_find(kExtensions, greater_equal{}, &Extension::name) == std::end(kExtensions);
}

}  // namespace dray::media
