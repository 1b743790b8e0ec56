#include "pipeline/renditions/settings.h"

#include "pipeline/renditions/settings_fields.h"

namespace dray::pipeline {

json::object to_json(const ImageSettings& settings) { return fields_to_json(settings); }

Result<ImageSettings> image_settings_from_json(const json::value& value, ImageSettings base) {
  return fields_from_json<ImageSettings>(value, "the image settings", std::move(base));
}

}  // namespace dray::pipeline
