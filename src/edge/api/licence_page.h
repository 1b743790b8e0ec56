// Copyright Management: the page on which licences are agreed to before something is downloaded. Private to this
// module.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "edge/server/message.h"
#include "service/downloads/downloads.h"

namespace dray::api {

struct LicenceQuestion {
  service::Downloads::FoundLicences found;
  std::function<std::string(const pipeline::SelectedLicence&)> address;  // where one that is an asset can be read
  std::string form_address;                                              // which is told each `license` agreed to
  std::string hidden_fields;                                             // HTML: what was asked for, once more
  std::string button;
  std::string back_address = {};  // empty: nowhere
};

inline constexpr std::size_t kMostLicencesAsked = 200;

server::Response make_licence_page(const LicenceQuestion& question);
std::string hidden_field(std::string_view name, std::string_view value);  // HTML

}  // namespace dray::api
