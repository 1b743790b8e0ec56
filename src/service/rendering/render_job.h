// What a worker is asked to make, and what it answers: values with a JSON form, since they cross processes.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "lang/is/recipe.h"
#include "pipeline/renditions/engine.h"
#include "pipeline/renditions/static_renditions.h"

namespace dray::service {

struct RecipeOrder {
  is::Recipe recipe;
  pipeline::Subject subject = pipeline::Subject::image;
  std::optional<pipeline::SmartCropArea> area;
  bool operator==(const RecipeOrder&) const = default;
};

struct RenderJob {
  std::optional<std::string> inspected_name;  // set: only what the source of that name says about itself is told
  std::string mime_type;                      // that the source says it has
  pipeline::ImageSettings settings;
  pipeline::ImageLimits limits;
  std::vector<RecipeOrder> recipes;                   // each made for itself
  std::vector<pipeline::PixelSize> smart_crops;       // to be found, by their targets
  std::vector<pipeline::StaticRendition> renditions;  // made together: one that fails fails all of them
  int pages = 0;                                      // that a document is split into, at most
};

struct MadeFile {
  std::string name;                  // of a static rendition
  ByteCount offset = 0, length = 0;  // in the output
  std::string mime_type;
  pipeline::PixelSize size;
  is::PixelType type = is::PixelType::rgb;
  bool has_alpha = false, has_profile = false, has_paths = false;
  std::string profile_name;
  double resolution = 72;
};

struct RenderReply {
  std::optional<Error> error;  // nothing could be made: the source's fault, mostly
  pipeline::SourceFacts source;
  std::vector<pipeline::NormalBox> smart_crops;
  std::vector<std::variant<MadeFile, Error>> made;  // the recipes' in their order, the static ones, then the pages
  bool is_last = false;                             // the worker ends after it
};

inline constexpr std::string_view kFactsType = "application/json";  // of what was found out about a source

json::object to_json(const RenderJob& job);
Result<RenderJob> render_job_from_json(const json::value& value);
json::object to_json(const RenderReply& reply);
// Errors are cut, and have only codes that a worker may answer: they quote what stands in files.
Result<RenderReply> render_reply_from_json(const json::value& value);

}  // namespace dray::service
