#include "edge/cli/licence_pages.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "lang/mail/plain_text.h"

namespace dray::cli {
namespace {

using Found = std::optional<model::LicencePage>;

constexpr ByteCount kMostBytes = 1024 * 1024;

// Nothing else of the directory is told: its settings may have passwords.
bool is_licence_path(std::string_view path) {
  constexpr std::string_view kFolder = "/settings/dam/drm/licenses/";
  if (path.find("/.") != path.npos) return false;
  if (path.starts_with("/conf/")) return path.find(kFolder) != path.npos;
  constexpr std::array kRoots = {"/apps/settings/dam/drm/licenses/", "/libs/settings/dam/drm/licenses/",
                                 "/etc/dam/drm/licenses/", "/etc/dam/drm/licences/"};
  return std::any_of(kRoots.begin(), kRoots.end(), [&](std::string_view root) { return path.starts_with(root); });
}

bool is_text(const std::string& path) { return ascii_lower(path).ends_with(".txt"); }

bool is_page(const std::string& path) {
  auto lower = ascii_lower(path);
  return lower.ends_with(".html") || lower.ends_with(".htm") || lower.ends_with(".txt");
}

Error unreadable(const std::string& file, std::string_view why) {
  log::warn("the licence {} cannot be read: {}; what comes with it is held back", file, why);
  return {Code::unavailable, "a licence cannot be read", fmt::format("{}: {}", file, why)};
}

Result<std::shared_ptr<const std::string>> make_html(const std::string& file, std::string text) {
  if (!is_valid_utf8(text)) return unreadable(file, "it is not UTF-8");
  auto html = is_text(file) ? "<p>" + mail::with_html_breaks(escape_html(text)) + "</p>" : std::move(text);
  if (mail::plain_text_of_html(html).empty()) return unreadable(file, "it has no text");
  return std::make_shared<const std::string>(std::move(html));
}

bool are_equal(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

Result<Found> LicencePages::read_file_of(const std::string& path) {
  auto file = directory_ + path;
  struct stat status;
  if (::stat(file.c_str(), &status) < 0) {
    auto code = errno;
    bool is_absent = code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG;
    if (is_absent && ::stat(directory_.c_str(), &status) == 0) return Found();  // else everything would be unprotected
    return unreadable(file, std::strerror(code));
  }
  if (!S_ISREG(status.st_mode)) return Found();
  {
    std::lock_guard lock(mutex_);
    auto known = known_.find(path);
    bool is_same = known != known_.end() && known->second.inode == status.st_ino &&
                   known->second.size == status.st_size && are_equal(known->second.modified, status.st_mtim) &&
                   are_equal(known->second.changed, status.st_ctim);
    if (is_same && std::chrono::steady_clock::now() < known->second.until) return known->second.page;
  }
  auto text = read_file(file, kMostBytes);
  auto html = text ? make_html(file, *std::move(text))
                   : Result<std::shared_ptr<const std::string>>(unreadable(file, text.error().message));
  auto page = html ? Result<Found>(model::LicencePage{path, sha256_of(bytes_of(**html)), *html})
                   : Result<Found>(std::move(html).error());
  constexpr std::chrono::seconds kFailed{10};
  using Clock = std::chrono::steady_clock;
  auto until = page ? Clock::time_point::max() : Clock::now() + kFailed;
  std::lock_guard lock(mutex_);
  known_.insert_or_assign(path, Known{status.st_ino, status.st_size, status.st_mtim, status.st_ctim, until, page});
  return page;
}

Result<Found> LicencePages::read(const std::string& path) {
  if (directory_.empty() || !is_licence_path(path)) return Found();
  if (is_page(path)) return read_file_of(path);
  ASSIGN_OR_RETURN(auto page, read_file_of(path + ".html"));
  if (page) return page;
  return read_file_of(path + ".txt");
}

}  // namespace dray::cli
