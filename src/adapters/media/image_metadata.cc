#include "adapters/media/image_metadata.h"

#include <algorithm>
#include <exiv2/exiv2.hpp>
#include <exiv2/webpimage.hpp>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "adapters/media/file_window.h"
#include "adapters/media/property_text.h"
#include "base/text.h"

namespace dray::media {
namespace {

constexpr ByteCount kMiB = 1 << 20;

// Where metadata stands near the front of a file, or among small parts, this much is shown to exiv2; it reserves memory
// for any part that fits into what it sees. The budget is for all reads together.
constexpr ByteCount kWindow = 64 * kMiB;
constexpr ByteCount kBudget = 128 * kMiB;
// TIFF and the raws built on it keep their directories anywhere. They are mapped, and exiv2 touches directories and
// values.
constexpr ByteCount kMappedWindow = 4096 * kMiB - 1;  // what its 32-bit offsets reach
// EXIF values beyond this are previews or maker's data, not text.
constexpr long kMaxRawBytes = 64 * 1024;

using Open = Exiv2::Image::AutoPtr (*)(Exiv2::BasicIo::AutoPtr, bool);

struct Reader {
  std::string_view mime_type;
  ByteCount window;
  Open open;
};

// exiv2's own choice among its readers would bring in those for films, and fails for files of less than 80 bytes.
constexpr Reader kReaders[] = {
    {"image/avif", kWindow, Exiv2::newBmffInstance},
    {"image/bmp", kWindow, Exiv2::newBmpInstance},
    {"image/gif", kWindow, Exiv2::newGifInstance},
    {"image/heic", kWindow, Exiv2::newBmffInstance},
    {"image/heif", kWindow, Exiv2::newBmffInstance},
    {"image/jp2", kWindow, Exiv2::newJp2Instance},
    {"image/jpeg", kWindow, Exiv2::newJpegInstance},
    {"image/jxl", kWindow, Exiv2::newBmffInstance},
    {"image/png", kWindow, Exiv2::newPngInstance},
    {"image/tiff", kMappedWindow, Exiv2::newTiffInstance},
    {"image/vnd.adobe.photoshop", kWindow, Exiv2::newPsdInstance},
    {"image/webp", kWindow, Exiv2::newWebPInstance},
    {"image/x-adobe-dng", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-canon-cr2", kMappedWindow, Exiv2::newCr2Instance},
    {"image/x-canon-cr3", kWindow, Exiv2::newBmffInstance},
    {"image/x-epson-erf", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-fuji-raf", kWindow, Exiv2::newRafInstance},
    {"image/x-hasselblad-3fr", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-hasselblad-fff", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-kodak-dcr", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-leaf-mos", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-leica-rwl", kMappedWindow, Exiv2::newRw2Instance},
    {"image/x-mamiya-mef", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-nikon-nef", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-nikon-nrw", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-olympus-orf", kMappedWindow, Exiv2::newOrfInstance},
    {"image/x-panasonic-rw2", kMappedWindow, Exiv2::newRw2Instance},
    {"image/x-pentax-pef", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-phaseone-iiq", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-samsung-srw", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-sony-arw", kMappedWindow, Exiv2::newTiffInstance},
    {"image/x-sony-sr2", kMappedWindow, Exiv2::newTiffInstance},
};

const Reader* find_reader(std::string_view mime_type) {
  auto found = std::ranges::find(kReaders, mime_type, &Reader::mime_type);
  return found != std::end(kReaders) ? found : nullptr;
}

enum class Form { text, list, date, whole, orientation, fraction, degrees };

// One property under AEM's name and where it may stand. The first source that has a sound value wins: XMP, IPTC, EXIF.
struct Property {
  const char* name;
  Form form;
  const char* iptc = nullptr;
  const char* exif = nullptr;
  const char* exif_beside = nullptr;  // the zone of a date, the hemisphere of degrees
};

constexpr Property kProperties[] = {
    {"dc:title", Form::text, "Iptc.Application2.ObjectName"},
    {"dc:description", Form::text, "Iptc.Application2.Caption", "Exif.Image.ImageDescription"},
    {"dc:creator", Form::list, "Iptc.Application2.Byline", "Exif.Image.Artist"},
    {"dc:subject", Form::list, "Iptc.Application2.Keywords"},
    {"dc:rights", Form::text, "Iptc.Application2.Copyright", "Exif.Image.Copyright"},
    {"photoshop:Headline", Form::text, "Iptc.Application2.Headline"},
    {"photoshop:Credit", Form::text, "Iptc.Application2.Credit"},
    {"photoshop:City", Form::text, "Iptc.Application2.City"},
    {"photoshop:Country", Form::text, "Iptc.Application2.CountryName"},
    {"xmp:CreateDate", Form::date, nullptr, "Exif.Photo.DateTimeDigitized", "Exif.Photo.OffsetTimeDigitized"},
    {"xmp:ModifyDate", Form::date, nullptr, "Exif.Image.DateTime", "Exif.Photo.OffsetTime"},
    {"exif:DateTimeOriginal", Form::date, nullptr, "Exif.Photo.DateTimeOriginal", "Exif.Photo.OffsetTimeOriginal"},
    {"tiff:Make", Form::text, nullptr, "Exif.Image.Make"},
    {"tiff:Model", Form::text, nullptr, "Exif.Image.Model"},
    {"tiff:Orientation", Form::orientation, nullptr, "Exif.Image.Orientation"},
    {"exif:ExposureTime", Form::fraction, nullptr, "Exif.Photo.ExposureTime"},
    {"exif:FNumber", Form::fraction, nullptr, "Exif.Photo.FNumber"},
    {"exif:ISOSpeedRatings", Form::whole, nullptr, "Exif.Photo.ISOSpeedRatings"},
    {"exif:FocalLength", Form::fraction, nullptr, "Exif.Photo.FocalLength"},
    {"exif:GPSLatitude", Form::degrees, nullptr, "Exif.GPSInfo.GPSLatitude", "Exif.GPSInfo.GPSLatitudeRef"},
    {"exif:GPSLongitude", Form::degrees, nullptr, "Exif.GPSInfo.GPSLongitude", "Exif.GPSInfo.GPSLongitudeRef"},
    {"xmpRights:WebStatement", Form::text},
    {"xmpRights:UsageTerms", Form::text},
    {"prism:expirationDate", Form::date},
    {"pur:expirationDate", Form::date},
    {"dc:license", Form::text},
    {"adobe_dam:restrictions", Form::text},
};

using Texts = std::vector<std::string>;

Texts texts_of(const Exiv2::Xmpdatum& datum) {
  const auto& value = datum.value();
  if (auto by_language = dynamic_cast<const Exiv2::LangAltValue*>(&value)) {
    const auto& texts = by_language->value_;
    auto chosen = texts.find("x-default");
    if (chosen == texts.end()) chosen = texts.begin();
    return chosen == texts.end() ? Texts{} : Texts{chosen->second};
  }
  if (auto list = dynamic_cast<const Exiv2::XmpArrayValue*>(&value)) {
    Texts texts;
    auto count = std::min<long>(list->count(), kMaxListItems);
    for (long i = 0; i < count; ++i) texts.push_back(list->toString(i));
    return texts;
  }
  if (auto text = dynamic_cast<const Exiv2::XmpTextValue*>(&value)) return {text->value_};
  return {};
}

// The properties that exiv2 found in XMP, by AEM's names, which are those of XMP. A prefix that exiv2 does not know is
// taken as the file has it, as AEM does.
Texts from_xmp(const Exiv2::XmpData& data, const char* name) {
  std::string key = std::string("Xmp.") + name;
  key[key.find(':')] = '.';
  auto found = std::find_if(data.begin(), data.end(), [&](const auto& datum) { return datum.key() == key; });
  return found == data.end() ? Texts{} : texts_of(*found);
}

Texts from_iptc(const Exiv2::IptcData& data, const char* key) {
  Texts texts;
  Exiv2::IptcKey wanted(key);
  for (const auto& datum : data) {
    bool same = datum.tag() == wanted.tag() && datum.record() == wanted.record();
    if (same && texts.size() < kMaxListItems) texts.push_back(datum.toString());
  }
  return texts;
}

// The marker is ISO 2022's escape to UTF-8 (IPTC IIM, 1:90).
Charset charset_of(const Exiv2::IptcData& data) {
  auto found = data.findKey(Exiv2::IptcKey("Iptc.Envelope.CharacterSet"));
  return found != data.end() && found->toString() == "\x1B%G" ? Charset::utf8 : Charset::unknown;
}

std::string from_exif(const Exiv2::ExifData& data, const char* key) {
  if (!key) return "";
  auto found = data.findKey(Exiv2::ExifKey(key));
  if (found == data.end() || found->size() > kMaxRawBytes) return "";
  return found->toString();
}

json::value list_of(const Texts& texts, Charset charset) {
  json::array list;
  for (const auto& text : texts) {
    auto clean = clean_text(text, charset);
    if (!clean.empty() && list.size() < kMaxListItems) list.emplace_back(clean);
  }
  return list.empty() ? json::value() : json::value(std::move(list));
}

json::value date_of(const std::string& text, const std::string& zone) {
  auto date = iso8601_date(text);
  if (!date) return nullptr;
  bool has_time_only =
      date->find('T') != std::string::npos && date->find_first_of("Z+-", date->find('T')) == std::string::npos;
  auto with_zone = has_time_only ? iso8601_date(*date + zone) : std::nullopt;
  return json::value(with_zone ? *with_zone : *date);
}

json::value whole_of(std::string_view text, std::uint64_t low, std::uint64_t high) {
  auto number = parse_unsigned(text);
  return number && *number >= low && *number <= high ? json::value(static_cast<std::int64_t>(*number)) : json::value();
}

// "1/250" as it stands, which is what XMP and AEM keep. 0/0 means that the camera did not know.
json::value fraction_of(const std::string& text) {
  auto slash = text.find('/');
  auto over = parse_unsigned(std::string_view(text).substr(0, slash));
  auto under = slash == std::string::npos ? over : parse_unsigned(std::string_view(text).substr(slash + 1));
  return over && under && *under > 0 ? json::value(text) : json::value();
}

json::value degrees_of(const std::string& text, const std::string& reference) {
  auto degrees = decimal_degrees(text, reference);
  return degrees ? json::value(*degrees) : json::value();
}

// The value of a property in its form; null when the texts hold none.
json::value shape(Form form, const Texts& texts, Charset charset, const std::string& beside = "") {
  if (form == Form::list) return list_of(texts, charset);
  auto text = texts.empty() ? "" : clean_text(texts.front(), charset);
  if (text.empty()) return nullptr;
  switch (form) {
    case Form::text:
      return json::value(text);
    case Form::date:
      return date_of(text, beside);
    case Form::whole:
      return whole_of(split(text, ' ').front(), 1, UINT32_MAX);
    case Form::orientation:
      return whole_of(text, 1, 8);
    case Form::fraction:
      return fraction_of(text);
    case Form::degrees:
      return degrees_of(text, beside);
    case Form::list:
      break;
  }
  return nullptr;
}

// EXIF separates several artists with semicolons.
json::value value_of_exif(const Exiv2::ExifData& data, const Property& property) {
  auto text = from_exif(data, property.exif);
  if (property.form == Form::list) {
    auto parts = split(text, ';');
    return list_of(Texts(parts.begin(), parts.end()), Charset::unknown);
  }
  auto beside = clean_text(from_exif(data, property.exif_beside), Charset::unknown);
  return shape(property.form, {text}, Charset::unknown, beside);
}

json::value value_of(const Exiv2::Image& image, const Property& property) {
  json::value value;
  // The orientation is EXIF's own, and viewers turn by that: a copy in XMP is often left over from before an edit.
  if (property.form == Form::orientation) value = value_of_exif(image.exifData(), property);
  if (value.is_null()) value = shape(property.form, from_xmp(image.xmpData(), property.name), Charset::utf8);
  if (value.is_null() && property.iptc) {
    value = shape(property.form, from_iptc(image.iptcData(), property.iptc), charset_of(image.iptcData()));
  }
  if (value.is_null() && property.exif) value = value_of_exif(image.exifData(), property);
  return value;
}

void add_metadata(const Exiv2::Image& image, model::MediaFacts& facts) {
  for (const auto& property : kProperties) {
    auto value = value_of(image, property);
    if (!value.is_null()) facts.metadata[property.name] = std::move(value);
  }
}

void add_size(const Exiv2::Image& image, model::MediaFacts& facts) {
  int width = image.pixelWidth(), height = image.pixelHeight();
  if (width <= 0 || height <= 0) return;
  auto orientation = whole_of(from_exif(image.exifData(), "Exif.Image.Orientation"), 5, 8);
  if (!orientation.is_null()) std::swap(width, height);  // 5 to 8 are the turns by a quarter
  facts.width = static_cast<std::uint32_t>(width);
  facts.height = static_cast<std::uint32_t>(height);
}

// Runs `step`; whatever it throws becomes the warning, unless there is one already.
template <typename F>
void warn_when_it_throws(model::MediaFacts& facts, F step) {
  std::string why;
  try {
    step();
    return;
  } catch (const std::exception& error) {
    why = error.what();
  } catch (...) {
    why = "an unknown error";
  }
  if (facts.warning.empty()) facts.warning = "metadata could not be read: " + clean_text(why, Charset::unknown);
}

std::mutex& xmp_mutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

void prepare_exiv2() {
  static std::once_flag once;
  std::call_once(once, [] {
    Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);
    Exiv2::XmpParser::initialize([](void*, bool lock) { lock ? xmp_mutex().lock() : xmp_mutex().unlock(); }, nullptr);
    Exiv2::enableBMFF(true);  // HEIC, AVIF, JPEG XL, CR3
  });
}

bool has_image_metadata(std::string_view mime_type) { return find_reader(mime_type) != nullptr; }

void read_image_metadata(int fd, ByteCount size, model::MediaFacts& facts) {
  auto reader = find_reader(facts.mime_type);
  warn_when_it_throws(facts, [&] {
    Exiv2::BasicIo::AutoPtr io(new FileWindow(fd, size, reader->window, kBudget));
    auto image = reader->open(io, false);
    // JPEG XL without a container has no metadata, and exiv2 does not know it.
    if (!image.get() && facts.mime_type == "image/jxl") return;
    if (!image.get()) throw std::runtime_error("its form is not known");
    // A damaged image throws somewhere on the way; what was read before is still good.
    warn_when_it_throws(facts, [&] { image->readMetadata(); });
    add_size(*image, facts);
    add_metadata(*image, facts);
    if (facts.warning.empty() && !image->xmpPacket().empty() && image->xmpData().empty()) {
      facts.warning = "metadata could not be read: the XMP packet is not sound";
    }
  });
}

}  // namespace dray::media
