// A shared link, as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/asset_path.h"
#include "base/clock.h"
#include "base/digest.h"

namespace dray::model {

// A folder or an asset that is shared: that very one, and not another that has its path later.
struct SharedItem {
  AssetPath path;
  std::int64_t node = 0;  // Node::id

  bool operator==(const SharedItem&) const = default;
};

struct Share {
  std::string id;     // 16 random hexadecimal digits; no secret
  Sha256 token_hash;  // of the token in the link
  std::string owner;  // with whose rights it is read
  Seconds created{};
  Seconds expires{};
  std::optional<Seconds> revoked;
  std::string title;
  std::vector<SharedItem> items;
  bool originals = false, renditions = true;  // what may be downloaded
  std::string password_hash;                  // as in User; empty: none is asked for
  std::optional<std::uint64_t> download_limit;
  std::uint64_t downloads = 0;          // that were completed
  std::vector<std::string> recipients;  // addresses that it was mailed to

  bool is_open(Seconds now) const { return !revoked && now < expires; }
  bool operator==(const Share&) const = default;
};

}  // namespace dray::model
