// The texts of the templates that Dray ships.
#pragma once

#include <string_view>

namespace dray::mail {

// Family workflow. A variable may be empty, so each stands where its absence reads well.
extern const std::string_view kDownloadAssetDe, kDownloadAssetEn, kDownloadAssetFr;
extern const std::string_view kDownloadCompletedDe, kDownloadCompletedEn, kDownloadCompletedFr;

// Family link_share.
extern const std::string_view kSharedLinkDe, kSharedLinkEn, kSharedLinkFr;

}  // namespace dray::mail
