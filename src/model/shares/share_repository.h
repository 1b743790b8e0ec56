// The port to shared links.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/shares/share.h"

namespace dray::model {

// Safe for use from any thread.
class ShareRepository {
 public:
  virtual ~ShareRepository() = default;
  virtual Result<void> put(const Share& share) = 0;  // new or replaced; durable when it answers
  virtual Result<std::optional<Share>> find(const std::string& id) const = 0;
  virtual Result<std::optional<Share>> find_by_token(const Sha256& token_hash) const = 0;
  // The owner's, or everybody's where `owner` is "", the newest first; `before` is the id of the last one of the page
  // before, or "".
  virtual Result<std::vector<Share>> list(const std::string& owner, const std::string& before,
                                          std::size_t limit) const = 0;
  // One more download was completed, if the limit allows it; whether it does.
  virtual Result<bool> count_download(const std::string& id) = 0;
  virtual Result<void> remove(const std::string& id) = 0;  // Code::not_found
};

}  // namespace dray::model
