// Secrets that have to be kept for a while, so that the catalog alone does not give them away.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace dray::service {

// Safe for use from any thread.
class Seal {
 public:
  static constexpr std::size_t kKeySize = 32;

  explicit Seal(std::string key);  // kKeySize bytes

  std::string close(std::string_view secret, Random& random) const;  // as text
  Result<std::string> open(std::string_view sealed) const;           // Code::corrupt: of another key, or damaged

 private:
  const std::string key_;
};

}  // namespace dray::service
