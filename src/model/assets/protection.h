// What keeps an asset from being downloaded although its reader has the rights: its time is over, or a licence comes
// first.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"
#include "model/blobs/blob.h"

namespace dray::model {

struct Protection {
  std::optional<Seconds> expires;  // `prism:expirationDate`, else `pur:expirationDate`
  // `xmpRights:WebStatement` and `dc:license`, where they are paths: of the asset or page with the licence. The first
  // that is there counts; where none is they protect nothing.
  std::vector<std::string> licence_pages;
  std::string restrictions;  // the id of a licence that is text: `adobe_dam:restrictions`

  bool has_expired(Seconds now) const { return expires && *expires <= now; }
  bool operator==(const Protection&) const = default;
};

// Of an asset's properties.
Protection protection_of(const json::object& metadata);
std::string_view restrictions_of(const json::object& metadata);  // HTML: `adobe_dam:restrictions`; may be empty
// 32 hexadecimal digits: what a caller who agrees to it names.
std::string licence_id_of_page(std::string_view path, const BlobId& content);  // a new version is a new licence
std::string licence_id_of_text(std::string_view html);

// A licence that is a page of the installation and no asset, as below /apps/settings/dam/drm/licenses.
struct LicencePage {
  std::string path;  // the one of several that it may be named by
  Sha256 content;
  std::shared_ptr<const std::string> html;
};
// nullopt: there is none. An Error: there is one, and it cannot be read. An empty function: there are none.
using ReadLicencePage = std::function<Result<std::optional<LicencePage>>(const std::string& path)>;

}  // namespace dray::model
