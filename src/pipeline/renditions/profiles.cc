#include "pipeline/renditions/profiles.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/file.h"
#include "base/text.h"

namespace dray::pipeline {
namespace {

constexpr std::size_t kLargestProfile = 4 * 1024 * 1024;

struct KnownProfile {
  std::string_view name, common_name, file;
};

// Where Debian's packages put them: icc-profiles-free, colord-data, libgs-common.
constexpr KnownProfile kKnown[] = {
    {"sRGB", "sRGB IEC61966-2.1", "/usr/share/color/icc/sRGB.icc"},
    {"sRGB", "", "/usr/share/color/icc/colord/sRGB.icc"},
    {"sRGB", "", "/usr/share/color/icc/ghostscript/srgb.icc"},
    {"AdobeRGB", "Adobe RGB (1998)", "/usr/share/color/icc/colord/AdobeRGB1998.icc"},
    {"AdobeRGB", "", "/usr/share/color/icc/compatibleWithAdobeRGB1998.icc"},
    {"AppleRGB", "Apple RGB", "/usr/share/color/icc/colord/AppleRGB.icc"},
    {"CIERGB", "CIE RGB", "/usr/share/color/icc/colord/CIE-RGB.icc"},
    {"ColorMatchRGB", "ColorMatch RGB", "/usr/share/color/icc/colord/ColorMatchRGB.icc"},
    {"NTSC", "NTSC (1953)", "/usr/share/color/icc/colord/NTSC-RGB.icc"},
    {"PAL", "PAL/SECAM", "/usr/share/color/icc/colord/PAL-RGB.icc"},
    {"ProPhoto", "ProPhoto RGB", "/usr/share/color/icc/colord/ProPhotoRGB.icc"},
    {"SMPTE", "SMPTE-C", "/usr/share/color/icc/colord/SMPTE-C-RGB.icc"},
    {"WideGamutRGB", "Wide Gamut RGB", "/usr/share/color/icc/colord/WideGamutRGB.icc"},
};

// Dray's own: gray with the curve of sRGB, which Ghostscript's sgray.icc does not have, and press standards made from
// free measurements.
constexpr KnownProfile kOwn[] = {
    {"sGray", "", "sGray.icc"},
    {"CoatedFogra39", "Coated FOGRA39 (ISO 12647-2:2004)", "CoatedFogra39.icc"},
    {"UncoatedFogra29", "Uncoated FOGRA29 (ISO 12647-2:2004)", "UncoatedFogra29.icc"},
    {"WebCoatedFogra28", "Web Coated FOGRA28 (ISO 12647-2:2004)", "WebCoatedFogra28.icc"},
    {"CoatedGraCol", "Coated GRACoL 2006 (ISO 12647-2:2004)", "CoatedGraCol.icc"},
    {"WebCoatedGrade3", "Web Coated SWOP 2006 Grade 3 Paper", "WebCoatedGrade3.icc"},
    {"WebCoatedGrade5", "Web Coated SWOP 2006 Grade 5 Paper", "WebCoatedGrade5.icc"},
    {"NewsprintSNAP2007", "Newsprint (SNAP 2007)", "NewsprintSNAP2007.icc"},
};

bool exists(std::string_view path) { return ::access(std::string(path).c_str(), R_OK) == 0; }

// Beside the program where it was built, in share/dray where it was installed.
const std::string& own_folder() {
  static const std::string folder = [] {
    std::error_code ignored;
    auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
    auto beside = program / "profiles";
    return (std::filesystem::exists(beside, ignored) ? beside : program.parent_path() / "share/dray/profiles").string();
  }();
  return folder;
}

std::string own_file(const KnownProfile& own) { return fmt::format("{}/{}", own_folder(), own.file); }

bool has_name(const KnownProfile& known, std::string_view name) {
  return equal_ignoring_case(known.name, name) || equal_ignoring_case(known.common_name, name);
}

}  // namespace

std::optional<std::string> find_profile(std::string_view name, const ImageSettings& settings) {
  if (name.empty()) return std::nullopt;
  for (const auto& [known, path] : settings.profile_files) {
    if (equal_ignoring_case(known, name)) return path;
  }
  for (const auto& known : kKnown) {
    if (!has_name(known, name)) continue;
    for (const auto& other : kKnown) {
      if (other.name == known.name && exists(other.file)) return std::string(other.file);
    }
  }
  for (const auto& own : kOwn) {
    if (has_name(own, name) && exists(own_file(own))) return own_file(own);
  }
  return std::nullopt;
}

std::vector<std::string> profile_names(const ImageSettings& settings) {
  std::vector<std::string> names;
  for (const auto& [name, path] : settings.profile_files) names.push_back(name);
  for (const auto& known : kKnown) {
    if (exists(known.file)) names.emplace_back(known.name);
  }
  for (const auto& own : kOwn) {
    if (exists(own_file(own))) names.emplace_back(own.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> profile_places(const ImageSettings& settings) {
  std::vector<std::string> places{"/usr/share/color/icc", own_folder()};
  for (const auto& [name, path] : settings.profile_files) places.push_back(path);
  return places;
}

Result<std::string> read_profile(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::string> read;
  std::lock_guard lock(mutex);
  if (auto found = read.find(path); found != read.end()) return found->second;
  ASSIGN_OR_RETURN(auto fd, open_file(path, O_RDONLY));
  std::string bytes(kLargestProfile + 1, '\0');
  ASSIGN_OR_RETURN(auto size, read_at(fd.get(), 0, std::as_writable_bytes(std::span(bytes)), path));
  if (size > kLargestProfile) return Error{Code::invalid, path + " is larger than a profile may be"};
  bytes.resize(size);
  RETURN_IF_ERROR(type_of_profile(bytes));
  return read[path] = std::move(bytes);
}

// ICC.1:2010, 7.2: the colour space stands at byte 16, the signature "acsp" at byte 36.
Result<is::PixelType> type_of_profile(std::string_view profile) {
  if (profile.size() < 132 || profile.substr(36, 4) != "acsp") return Error{Code::invalid, "it is not an ICC profile"};
  auto space = profile.substr(16, 4);
  if (space == "RGB ") return is::PixelType::rgb;
  if (space == "GRAY") return is::PixelType::gray;
  if (space == "CMYK") return is::PixelType::cmyk;
  return Error{Code::invalid, fmt::format("a profile for {} is of no use here; RGB, gray and CMYK are", space)};
}

namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4 && at + i < bytes.size(); ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

// The tag "desc": text of version 2 ("desc", counted ASCII) or version 4 ("mluc", UTF-16 of which ASCII is kept).
std::string description_of_profile(std::string_view profile) {
  auto count = std::min<std::uint32_t>(number_at(profile, 128), 100);
  for (std::uint32_t i = 0; i < count; ++i) {
    auto entry = 132 + std::size_t{i} * 12;
    if (entry + 12 > profile.size() || profile.substr(entry, 4) != "desc") continue;
    std::size_t offset = number_at(profile, entry + 4), size = number_at(profile, entry + 8);
    if (offset > profile.size() || size > profile.size() - offset) return "";
    auto tag = profile.substr(offset, size);
    std::string text;
    if (tag.starts_with("desc") && tag.size() > 12) {
      text = std::string(tag.substr(12, std::min<std::size_t>(number_at(tag, 8), tag.size() - 12)));
    } else if (tag.starts_with("mluc") && tag.size() >= 28) {
      std::size_t length = number_at(tag, 20), start = number_at(tag, 24);
      for (std::size_t at = start; at + 1 < tag.size() && at < start + length; at += 2)
        if (tag[at] == '\0') text += tag[at + 1];
    }
    if (auto end = text.find('\0'); end != std::string::npos) text.resize(end);
    return text;
  }
  return "";
}

}  // namespace dray::pipeline
