#include "adapters/media/inspect_media.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exiv2/exiv2.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace dray::media {
namespace {

using namespace std::string_literals;

std::string big(std::uint32_t value, int bytes) {
  std::string out;
  while (bytes-- > 0) out += static_cast<char>(value >> 8 * bytes);
  return out;
}

// Images as small as they come: as much as says their type and size, and no pixels worth the name.
std::string jpeg(std::uint32_t width, std::uint32_t height) {
  return "\xFF\xD8\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"s + "\xFF\xC0\0\x0B\x08"s + big(height, 2) + big(width, 2) +
         "\1\1\x11\0"s + "\xFF\xDA\0\x08\1\1\0\0\x3F\0\0\xFF\xD9"s;
}

std::string png_chunk(const std::string& type, const std::string& data) {
  return big(static_cast<std::uint32_t>(data.size()), 4) + type + data + "\0\0\0\0"s;
}

std::string png(std::uint32_t width, std::uint32_t height) {
  return "\x89PNG\r\n\x1A\n"s + png_chunk("IHDR", big(width, 4) + big(height, 4) + "\x08\0\0\0\0"s) +
         png_chunk("IDAT", "\x78\x9C\x63\0\0\0\1\0\1"s) + png_chunk("IEND", "");
}

std::string tiff(std::uint32_t width, std::uint32_t height) {
  auto entry = [](std::uint32_t tag, std::uint32_t value) {
    return big(tag, 2) + big(4, 2) + big(1, 4) + big(value, 4);
  };
  return "MM\0\x2A"s + big(8, 4) + big(2, 2) + entry(256, width) + entry(257, height) + big(0, 4);
}

std::string gif(int width, int height) { return "GIF89a"s + char(width) + "\0"s + char(height) + "\0\0\0\0;"s; }

class InspectMedia : public testing::Test {
 protected:
  InspectMedia() {
    auto pattern = testing::TempDir() + "dray-media-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~InspectMedia() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& content, const std::string& name = "file") {
    auto path = folder_ + "/" + name;
    std::filesystem::remove(path);  // overwriting in place would wait for the disk
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    return path;
  }

  // Lets exiv2 itself put metadata into an image.
  template <typename Edit>
  std::string with_metadata(const std::string& image, Edit edit) {
    auto path = write(image, "edited");
    auto opened = Exiv2::ImageFactory::open(path);
    opened->readMetadata();
    edit(*opened);
    opened->writeMetadata();
    return *read_file(path, 1 << 20);
  }

  Result<model::MediaFacts> inspect_file(const std::string& path, const std::string& name) {
    auto file = open_file(path, O_RDONLY | O_NONBLOCK);
    return file ? inspector_->inspect(file->get(), name) : std::move(file).error();
  }
  model::MediaFacts inspect(const std::string& content, const std::string& name = "file") {
    auto facts = inspect_file(write(content), name);
    EXPECT_TRUE(facts) << facts.error().message;
    return facts ? *facts : model::MediaFacts{};
  }

  std::string folder_;
  std::unique_ptr<model::MediaInspector> inspector_ = make_media_inspector();
};

using Size = std::pair<std::optional<std::uint32_t>, std::optional<std::uint32_t>>;
Size size_of(const model::MediaFacts& facts) { return {facts.width, facts.height}; }

void add_sample(Exiv2::Image& image) {
  auto& exif = image.exifData();
  exif["Exif.Image.Make"] = "Camera Works  ";
  exif["Exif.Image.Orientation"] = std::uint16_t{6};
  exif["Exif.Image.Artist"] = "From EXIF";
  exif["Exif.Image.Copyright"] = "(c) EXIF";
  exif["Exif.Photo.DateTimeOriginal"] = "2026:11:24 10:30:00";
  exif["Exif.Photo.OffsetTimeOriginal"] = "+02:00";
  exif["Exif.Photo.FNumber"] = Exiv2::Rational(28, 10);
  exif["Exif.Photo.ExposureTime"] = Exiv2::Rational(1, 250);
  exif["Exif.Photo.ISOSpeedRatings"] = std::uint16_t{400};
  exif["Exif.GPSInfo.GPSLatitude"] = "37/1 30/1 3600/100";
  exif["Exif.GPSInfo.GPSLatitudeRef"] = "S";
  image.iptcData()["Iptc.Application2.Headline"] = "IPTC headline";
  image.iptcData()["Iptc.Application2.City"] = "Z\xFCrich";
  auto& xmp = image.xmpData();
  xmp["Xmp.dc.title"] = "lang=de-DE Titel";
  xmp["Xmp.dc.title"] = "lang=x-default Title";
  xmp["Xmp.dc.subject"] = "alpine";
  xmp["Xmp.dc.subject"] = "snow, fresh";
  xmp["Xmp.dc.creator"] = "From XMP";
  xmp["Xmp.xmpRights.WebStatement"] = "/content/dam/licence";
}

TEST_F(InspectMedia, TellsSizesOfImages) {
  EXPECT_EQ(size_of(inspect(jpeg(640, 480))), Size(640, 480));
  EXPECT_EQ(size_of(inspect(png(300, 200))), Size(300, 200));
  EXPECT_EQ(size_of(inspect(tiff(4000, 3000))), Size(4000, 3000));
  EXPECT_EQ(size_of(inspect(gif(7, 5))), Size(7, 5));
  EXPECT_EQ(inspect(jpeg(640, 480)).warning, "");
  EXPECT_EQ(size_of(inspect(jpeg(0, 480))), Size(std::nullopt, std::nullopt));
}

TEST_F(InspectMedia, TellsSizesInBmffContainers) {
  auto box = [](const std::string& type, const std::string& data) {
    return big(static_cast<std::uint32_t>(data.size()) + 8, 4) + type + data;
  };
  auto extent = box("ispe", big(0, 4) + big(640, 4) + big(480, 4));
  auto facts = inspect(box("ftyp", "heic\0\0\0\0heic"s) + box("meta", big(0, 4) + box("iprp", box("ipco", extent))));
  EXPECT_EQ(facts.mime_type, "image/heic");
  EXPECT_EQ(size_of(facts), Size(640, 480));
}

TEST_F(InspectMedia, ReadsXmpBeforeIptcBeforeExif) {
  auto facts = inspect(with_metadata(jpeg(640, 480), add_sample));
  json::object expected = {{"dc:title", "Title"},
                           {"dc:creator", {"From XMP"}},
                           {"dc:subject", {"alpine", "snow, fresh"}},
                           {"dc:rights", "(c) EXIF"},
                           {"photoshop:Headline", "IPTC headline"},
                           {"photoshop:City", "Z\xC3\xBCrich"},
                           {"exif:DateTimeOriginal", "2026-11-24T10:30:00+02:00"},
                           {"tiff:Make", "Camera Works"},
                           {"tiff:Orientation", 6},
                           {"exif:ExposureTime", "1/250"},
                           {"exif:FNumber", "28/10"},
                           {"exif:ISOSpeedRatings", 400},
                           {"exif:GPSLatitude", -37.51},
                           {"xmpRights:WebStatement", "/content/dam/licence"}};
  EXPECT_EQ(facts.metadata, expected);
  EXPECT_EQ(facts.warning, "");
}

TEST_F(InspectMedia, TurnsTheSizeAsTheOrientationSays) {
  for (std::uint16_t orientation = 0; orientation <= 9; ++orientation) {
    auto turned = [&](Exiv2::Image& image) { image.exifData()["Exif.Image.Orientation"] = orientation; };
    bool quarter = orientation >= 5 && orientation <= 8;
    EXPECT_EQ(size_of(inspect(with_metadata(jpeg(640, 480), turned))), quarter ? Size(480, 640) : Size(640, 480));
  }
}

TEST_F(InspectMedia, KeepsPropertiesOfPrefixesThatExiv2DoesNotKnow) {
  auto facts = inspect(with_metadata(png(3, 2), [](Exiv2::Image& image) {
    image.setXmpPacket(
        R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
      <rdf:Description rdf:about="" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" xmlns:adobe_dam="http://example.com/dam"
      prism:expirationDate="2030-01-31T00:00:00Z" adobe_dam:restrictions="&lt;p&gt;Ask first&lt;/p&gt;"/></rdf:RDF></x:xmpmeta>)");
    image.writeXmpFromPacket(true);
  }));
  EXPECT_EQ(facts.metadata, (json::object{{"prism:expirationDate", "2030-01-31T00:00:00Z"},
                                          {"adobe_dam:restrictions", "<p>Ask first</p>"}}));
}

TEST_F(InspectMedia, ListsAndValuesHaveLimits) {
  auto facts = inspect(with_metadata(png(3, 2), [](Exiv2::Image& image) {
    for (int i = 0; i < 500; ++i) image.xmpData()["Xmp.dc.subject"] = "k" + std::to_string(i);
    image.xmpData()["Xmp.photoshop.Headline"] = std::string(10000, 'x');
  }));
  EXPECT_EQ(facts.metadata["dc:subject"].as_array().size(), 200u);
  EXPECT_EQ(facts.metadata["photoshop:Headline"].as_string().size(), 4096u);
}

TEST_F(InspectMedia, ADamagedImageKeepsItsTypeAndWhatWasRead) {
  auto whole = with_metadata(jpeg(640, 480), add_sample);
  auto cut_behind_exif = whole.substr(0, whole.find("http://ns.adobe.com/xap"));
  auto facts = inspect(cut_behind_exif);
  EXPECT_EQ(facts.mime_type, "image/jpeg");
  EXPECT_EQ(facts.metadata["tiff:Make"], "Camera Works");
  EXPECT_TRUE(facts.warning.starts_with("metadata could not be read: ")) << facts.warning;

  auto cut_in_exif = inspect(whole.substr(0, 80));
  EXPECT_EQ(cut_in_exif.mime_type, "image/jpeg");
  EXPECT_TRUE(cut_in_exif.metadata.empty());
  EXPECT_NE(cut_in_exif.warning, "");
}

TEST_F(InspectMedia, TheContentOverrulesTheName) {
  auto facts = inspect(png(300, 200), "hero.jpg");
  EXPECT_EQ(facts.mime_type, "image/png");
  EXPECT_EQ(size_of(facts), Size(300, 200));
}

TEST_F(InspectMedia, KnowsWhatIsNoImage) {
  EXPECT_EQ(inspect("", "a.css").mime_type, "text/css");
  EXPECT_EQ(inspect("").mime_type, "application/octet-stream");
  EXPECT_EQ(inspect("a { color: red }\n", "a.css").mime_type, "text/css");
  EXPECT_EQ(inspect("Some words.\n", "hero.jpg").mime_type, "text/plain");
  EXPECT_EQ(inspect("%PDF-1.5\n%", "logo.ai").mime_type, "application/illustrator");
  EXPECT_EQ(inspect("<svg xmlns=\"http://www.w3.org/2000/svg\"/>").mime_type, "image/svg+xml");
  EXPECT_EQ(inspect("RIFF\x16\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0"s).mime_type, "audio/wav");
  EXPECT_EQ(inspect("PK\3\4\x0A\0\0\0\0\0"s, "page.idml").mime_type, "application/vnd.adobe.indesign-idml-package");
  EXPECT_EQ(inspect("\0\0\0\x14"s + "ftypqt  \0\0\0\0qt  "s).mime_type, "video/quicktime");
}

TEST_F(InspectMedia, OnlyAnUnreadableFileIsAnError) {
  EXPECT_EQ(inspect_file(folder_, "a.jpg").error().code, Code::invalid);
  auto pipe = folder_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(inspect_file(pipe, "a.jpg").error().code, Code::invalid);
  auto unreadable = open_file(write(png(1, 1)), O_WRONLY);
  EXPECT_FALSE(inspector_->inspect(unreadable->get(), "a.png"));
}

long peak_memory_kib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_F(InspectMedia, HugeFilesCostLittle) {
  auto tag = [](std::uint32_t number, std::uint32_t type, std::uint32_t count, std::uint32_t value) {
    return big(number, 2) + big(type, 2) + big(count, 4) + big(value, 4);
  };
  // A directory that names the same 20 MB a hundred times: 4 GB for a reader that copies values.
  auto layered = "MM\0\x2A"s + big(8, 4) + big(102, 2) + tag(256, 4, 1, 4000) + tag(257, 4, 1, 3000);
  for (std::uint32_t i = 0; i < 100; ++i) layered += tag(40000 + i, 7, 20 << 20, 8000);
  auto before = peak_memory_kib();
  auto started = std::chrono::steady_clock::now();
  for (const auto& [content, size] :
       {std::pair("\xFF\xD8\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"s, Size()), std::pair(layered, Size(4000, 3000))}) {
    auto path = write(content);
    ASSERT_EQ(::truncate(path.c_str(), off_t{6} << 30), 0);
    EXPECT_EQ(size_of(*inspect_file(path, "huge.jpg")), size);
  }
  EXPECT_LT(peak_memory_kib() - before, 100 << 10);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20));
}

TEST_F(InspectMedia, EightThreadsAtOnce) {
  auto path = write(with_metadata(jpeg(640, 480), add_sample), "shared.jpg");
  auto expected = *inspect_file(path, "shared.jpg");
  std::atomic<int> equal = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        auto facts = *inspect_file(path, "shared.jpg");
        equal += facts.mime_type == expected.mime_type && facts.metadata == expected.metadata &&
                 facts.width == expected.width;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(equal, 8 * 50);
}

// Up to eight flipped bits, then often a shorter file.
std::string damaged(std::string bytes, std::mt19937& random) {
  for (auto flips = random() % 9; flips > 0; --flips)
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
  if (random() % 3 == 0) bytes.resize(random() % bytes.size());
  return bytes;
}

bool is_sound(const json::value& value) {
  if (auto text = value.if_string()) return is_valid_utf8(*text) && text->size() <= 4096 && !text->empty();
  if (auto list = value.if_array()) return !list->empty() && std::ranges::all_of(*list, is_sound);
  return value.is_number();
}

TEST_F(InspectMedia, SurvivesDamageOfAnyKind) {
  std::mt19937 random(20261124);
  for (const auto& image : {jpeg(640, 480), png(300, 200), tiff(4000, 3000)}) {
    auto whole = with_metadata(image, add_sample);
    for (int i = 0; i < 2000; ++i) {
      for (const auto& [name, value] : inspect(damaged(whole, random)).metadata) {
        EXPECT_TRUE(is_sound(value)) << name << " " << value;
      }
    }
  }
}

// Real assets with the values that AEM recorded for them; they are not part of the sources.
TEST_F(InspectMedia, AgreesWithAem) {
  auto shared = std::getenv("DRAY_SHARED");
  if (!shared) GTEST_SKIP() << "set DRAY_SHARED to the folder that holds data/wknd";
  auto root = std::string(shared) + "/data/wknd";
  std::ifstream rows(root + "/expected.tsv");
  std::string line;
  std::getline(rows, line);
  int count = 0;
  for (; std::getline(rows, line); ++count) {
    auto field = split(line, '\t');
    ASSERT_EQ(field.size(), 6u) << line;
    auto path = std::string(field[0]);
    auto facts = inspect_file(root + "/jcr_root" + path + "/_jcr_content/renditions/original", path);
    ASSERT_TRUE(facts) << facts.error().message;
    auto text = [](auto pixels) { return pixels ? std::to_string(*pixels) : ""; };
    EXPECT_EQ(facts->mime_type, field[3]) << path;
    EXPECT_EQ(text(facts->width), field[4]) << path;
    EXPECT_EQ(text(facts->height), field[5]) << path;
    EXPECT_EQ(facts->warning, "") << path;
  }
  EXPECT_GT(count, 0);
  std::cout << count << " assets compared\n";
}

}  // namespace
}  // namespace dray::media
