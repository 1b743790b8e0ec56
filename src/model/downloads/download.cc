#include "model/downloads/download.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dray::model {
namespace {
constexpr std::array<std::string_view, 4> kStatuses = {"PROCESSING", "SUCCESSFUL", "PARTIALLY_SUCCESSFUL", "FAILED"};
constexpr std::array<std::string_view, 3> kNotices = {"unread", "read", "dismissed"};

template <typename T, std::size_t n>
std::optional<T> find_name(const std::array<std::string_view, n>& names, std::string_view name) {
  auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? std::nullopt : std::optional(static_cast<T>(found - names.begin()));
}
}  // namespace

std::string_view name_of(DownloadStatus status) { return kStatuses[static_cast<std::size_t>(status)]; }

std::optional<DownloadStatus> parse_download_status(std::string_view name) {
  return find_name<DownloadStatus>(kStatuses, name);
}

std::string_view name_of(Notice notice) { return kNotices[static_cast<std::size_t>(notice)]; }

std::optional<Notice> parse_notice(std::string_view name) { return find_name<Notice>(kNotices, name); }

int DownloadProgress::percent() const {
  auto all = renditions > 0 ? renditions : assets, done = renditions > 0 ? renditions_done : assets_done;
  return all == 0 ? 0 : static_cast<int>(std::min<std::uint64_t>(99, 100 * done / all));  // 100: it is complete
}

std::optional<std::chrono::seconds> DownloadProgress::left(Seconds now) const {
  auto all = renditions > 0 ? renditions : assets, done = renditions > 0 ? renditions_done : assets_done;
  if (begun == Seconds() || done == 0 || now <= begun || all < done) return std::nullopt;
  auto passed = static_cast<double>((now - begun).count());
  return std::chrono::seconds(std::llround(passed * static_cast<double>(all - done) / static_cast<double>(done)));
}

std::vector<std::string> recipients_of(const Download& download) {
  std::vector<std::string> recipients;
  const auto* email = download.request.if_contains("email");
  if (!email || !email->is_array()) return recipients;
  for (const auto& one : email->get_array()) {
    if (one.is_string()) recipients.emplace_back(one.get_string());
  }
  return recipients;
}

}  // namespace dray::model
