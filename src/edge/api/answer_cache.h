// Answers that are given again at once: the rights of whoever asks and the picture cannot have become others while the
// catalog is unchanged and the second is the same (what expires does so by the second).
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/digest.h"
#include "edge/server/message.h"
#include "model/events/catalog_changes.h"
#include "service/images/images.h"

namespace dray::api {

struct ShownPicture {
  std::shared_ptr<const service::Picture> picture;
  std::string entity_tag;
  Seconds last_modified{};
};

// Safe for use from any thread.
class AnswerCache {
 public:
  AnswerCache(model::CatalogChanges& changes, const Clock& clock) : changes_(changes), clock_(clock) {}

  struct Moment {
    std::uint64_t catalog = 0;
    Seconds second{};
    bool operator==(const Moment&) const = default;
  };
  std::optional<Moment> now();  // nothing: it cannot be told whether the catalog has changed

  // Does not wait. What was kept for a request with the same address by the same caller.
  std::optional<ShownPicture> find(const server::Request& request);
  // `asked` is from before the answer was thought of. The picture itself is kept by others.
  void keep(const server::Request& request, const Moment& asked, const ShownPicture& shown);

 private:
  struct Kept {
    std::weak_ptr<const service::Picture> picture;
    std::string entity_tag;
    Seconds last_modified{};
  };

  model::CatalogChanges& changes_;
  const Clock& clock_;
  std::mutex mutex_;  // guards what follows
  Moment moment_;     // that all of them are of
  std::unordered_map<Sha256, Kept> kept_;
};

}  // namespace dray::api
