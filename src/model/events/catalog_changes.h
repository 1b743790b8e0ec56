// Whether anything in the catalog has changed: what lets an answer be given twice.
#pragma once

#include <cstdint>

namespace dray::model {

// Safe for use from any thread.
class CatalogChanges {
 public:
  virtual ~CatalogChanges() = default;
  // Another number after every change, whichever process made it; the same one while nothing changed. Does not wait.
  virtual std::uint64_t version() = 0;
};

}  // namespace dray::model
