// The port to renditions that have been made. A rendition is a function of the original's content and the recipe, so it
// is kept under both, whatever assets the original belongs to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/blobs/blob.h"

namespace dray::model {

struct RenditionKey {
  BlobId original;
  std::string recipe;  // its canonical text, with all that the result depends on

  auto operator<=>(const RenditionKey&) const = default;
};

// How the failure begins of what such an original does not have: nothing is wrong with it.
inline constexpr std::string_view kDoesNotApply = "it does not apply: ";

struct Rendition {
  std::string name;  // of a static one: cq5dam.web.1280.1280.jpeg
  Blob content;
  std::string mime_type;
  std::uint32_t width = 0, height = 0;  // pixels
  std::string failure;                  // why it could not be made; then there is no content
  Seconds made{};

  bool does_not_apply() const { return failure.starts_with(kDoesNotApply); }
  bool operator==(const Rendition&) const = default;
};

struct KeptRendition {
  RenditionKey key;
  Rendition rendition;
  bool operator==(const KeptRendition&) const = default;
};

// Safe for use from any thread.
class RenditionRepository {
 public:
  virtual ~RenditionRepository() = default;
  virtual Result<std::optional<Rendition>> find(const RenditionKey& key) const = 0;
  virtual Result<std::vector<KeptRendition>> list(const BlobId& original) const = 0;  // by recipe
  virtual Result<void> put(const std::vector<KeptRendition>& renditions) = 0;         // all or none; replaces
  virtual Result<void> remove(const std::vector<RenditionKey>& keys) = 0;             // ok where there is none
  // All of them, and what could not be made; stops at the first error of `visit`.
  virtual Result<void> visit(const std::function<Result<void>(const KeptRendition&)>& visit) const = 0;
};

std::unique_ptr<RenditionRepository> make_memory_renditions();

}  // namespace dray::model
