#include "service/fetching/names.h"

#include <fmt/format.h>

#include "base/text.h"
#include "lang/zip/names.h"
#include "lang/zip/reader.h"
#include "service/fetching/answers.h"

namespace dray::fetching {
namespace {

constexpr std::size_t kLongestName = 200;  // with ".part.state" still less than 255
constexpr std::size_t kLongestSegment = 255;

std::string shortened(const std::string& name) {
  if (name.size() <= kLongestName) return name;
  auto parts = zip::split_extension(name);
  auto stem = parts.stem.substr(0, kLongestName - parts.extension.size());
  while (!stem.empty() && !is_valid_utf8(stem)) stem.remove_suffix(1);
  return zip::make_safe_name(std::string(stem) + std::string(parts.extension));
}

}  // namespace

std::string local_name(std::string_view name) {
  auto safe = shortened(zip::make_safe_name(name));
  if (safe.front() == '.') safe.front() = '_';  // ".bash_profile" in the home folder would be more than a download
  return safe;
}

std::string folder_name(std::string_view archive_name) {
  bool is_zip = archive_name.size() > 4 && equal_ignoring_case(archive_name.substr(archive_name.size() - 4), ".zip");
  return local_name(is_zip ? archive_name.substr(0, archive_name.size() - 4) : archive_name);
}

Result<void> check_extractable(std::string_view entry_name) {
  auto refuse = [&](std::string_view why) {
    return Error{Code::corrupt, fmt::format("the archive has an unsafe name, \"{}\": {}", printable(entry_name), why)};
  };
  if (auto checked = zip::check_entry_name(entry_name); !checked) return refuse(checked.error().message);
  if (!is_valid_utf8(entry_name)) return refuse("it is not UTF-8");
  if (entry_name.ends_with('/')) entry_name.remove_suffix(1);
  for (auto segment : split(entry_name, '/')) {
    if (segment.empty() || segment == ".") return refuse("it has an empty segment");
    if (segment.size() > kLongestSegment) return refuse("a segment is too long");
  }
  return ok();
}

}  // namespace dray::fetching
