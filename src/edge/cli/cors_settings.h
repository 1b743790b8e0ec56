// Which pages of other sites may use this one, in AEM's form.
#pragma once

#include "base/result.h"
#include "edge/api/cors.h"

namespace dray::cli {

// Configurations com.adobe.granite.cors.impl.CORSPolicyImpl~<name> of `directory`, which may be "". Code::invalid names
// the file and the key.
Result<std::vector<api::CorsPolicy>> read_cors_policies(const std::string& directory);

}  // namespace dray::cli
