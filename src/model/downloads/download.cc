#include "model/downloads/download.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dray::model {
namespace {
constexpr std::array<std::string_view, 4> kStatuses = {"PROCESSING", "SUCCESSFUL", "PARTIALLY_SUCCESSFUL", "FAILED"};
}

std::string_view name_of(DownloadStatus status) { return kStatuses[static_cast<std::size_t>(status)]; }

std::optional<DownloadStatus> parse_download_status(std::string_view name) {
  for (std::size_t i = 0; i < kStatuses.size(); ++i) {
    if (kStatuses[i] == name) return static_cast<DownloadStatus>(i);
  }
  return std::nullopt;
}

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

}  // namespace dray::model
