// The port to shared links.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/jobs/along.h"
#include "model/shares/link_settings.h"
#include "model/shares/share.h"

namespace dray::model {

// Safe for use from any thread.
class ShareRepository {
 public:
  virtual ~ShareRepository() = default;
  // New or replaced, and what goes along, all or none; durable when it answers.
  virtual Result<void> put(const Share& share, const Along& along = {}) = 0;
  // Of one that is not revoked: whether there was such a one.
  virtual Result<bool> set_expiry(const std::string& id, Seconds expires, const Along& along = {}) = 0;
  virtual Result<bool> revoke(const std::string& id, Seconds now, const Along& along = {}) = 0;
  virtual Result<std::optional<Share>> find(const std::string& id) const = 0;
  virtual Result<std::optional<Share>> find_by_token(const Sha256& token_hash) const = 0;
  // The owner's, or everybody's where `owner` is "", the newest first; `before` is the id of the last one of the page
  // before, or "".
  virtual Result<std::vector<Share>> list(const std::string& owner, const std::string& before,
                                          std::size_t limit) const = 0;
  // One more download, if the limit allows it; whether it does.
  virtual Result<bool> count_download(const std::string& id) = 0;
  virtual Result<void> uncount_download(const std::string& id) = 0;  // one of them came to nothing
  virtual Result<void> remove(const std::string& id) = 0;            // Code::not_found

  virtual Result<LinkSettings> get_settings() const = 0;
  virtual Result<void> put_settings(const LinkSettings& settings) = 0;
};

}  // namespace dray::model
