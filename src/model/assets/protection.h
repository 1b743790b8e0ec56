// What keeps an asset from being downloaded although its reader has the rights: its time is over, or a licence comes
// first.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"

namespace dray::model {

struct Protection {
  std::optional<Seconds> expires;  // `prism:expirationDate`, else `pur:expirationDate`
  // `xmpRights:WebStatement`, else `dc:license`, where it is a path: the asset with the licence. Where there is no such
  // asset it protects nothing.
  std::string licence_page;
  std::string restrictions;  // the id of a licence that is text: `adobe_dam:restrictions`

  bool operator==(const Protection&) const = default;
};

// Of an asset's properties.
Protection protection_of(const json::object& metadata);
// 32 hexadecimal digits: what a caller who agrees to it names.
std::string licence_id_of_page(std::string_view path);
std::string licence_id_of_text(std::string_view html);

}  // namespace dray::model
