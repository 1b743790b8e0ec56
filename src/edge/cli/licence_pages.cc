#include "edge/cli/licence_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "edge/cli/settings.h"
#include "lang/mail/plain_text.h"

namespace dray::cli {
namespace {

// Nothing else of the directory is told: its settings may have passwords.
bool is_licence_path(std::string_view path) {
  constexpr std::string_view kFolder = "/settings/dam/drm/licenses/";
  if (path.starts_with("/conf/")) return path.find(kFolder) != path.npos;
  constexpr std::array kRoots = {"/apps/settings/dam/drm/licenses/", "/libs/settings/dam/drm/licenses/",
                                 "/etc/dam/drm/licenses/", "/etc/dam/drm/licences/"};
  return std::any_of(kRoots.begin(), kRoots.end(), [&](std::string_view root) { return path.starts_with(root); });
}

std::string html_of(const std::string& text) { return "<p>" + mail::with_html_breaks(escape_html(text)) + "</p>"; }

}  // namespace

std::optional<std::string> read_licence_page(const std::string& directory, const std::string& path) {
  if (!is_licence_path(path)) return std::nullopt;
  auto lower = ascii_lower(path);
  bool is_html = lower.ends_with(".html") || lower.ends_with(".htm"), is_text = lower.ends_with(".txt");
  if (is_html) return read_content(directory, path);
  auto html = is_text ? std::nullopt : read_content(directory, path + ".html");
  if (html) return html;
  auto text = read_content(directory, is_text ? path : path + ".txt");
  if (!text) return std::nullopt;
  return html_of(*text);
}

}  // namespace dray::cli
