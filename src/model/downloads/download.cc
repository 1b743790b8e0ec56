#include "model/downloads/download.h"

#include <array>

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

}  // namespace dray::model
