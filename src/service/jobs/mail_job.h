// Mails that are to be sent: jobs of one kind.
#pragma once

#include <string_view>

namespace dray::service {

inline constexpr std::string_view kMailJob = "mail";
// How the subjects of mails of shared links begin; those about downloads begin with the download's id.
inline constexpr std::string_view kLinkMailMark = "link:";

}  // namespace dray::service
