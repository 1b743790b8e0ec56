// zlib, for the formats that are written here.
#pragma once

#include <string>
#include <string_view>

namespace dray::pipeline {

std::string deflated(std::string_view content);  // with zlib's head; throws std::runtime_error

}  // namespace dray::pipeline
