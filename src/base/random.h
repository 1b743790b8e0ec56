// Random bytes from the kernel, as a dependency.
#pragma once

#include <string>

#include "base/bytes.h"

namespace dray {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableBytes into) = 0;  // from any thread; cannot fail
};

class SystemRandom final : public Random {
 public:
  void fill(MutableBytes into) override;
};

std::string random_hex(Random& random, std::size_t bytes);        // 2 characters a byte
std::string random_base64url(Random& random, std::size_t bytes);  // 32 bytes make 43 characters

}  // namespace dray
