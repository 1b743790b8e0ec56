#include "pipeline/renditions/deflate.h"

#include <zlib.h>

#include <stdexcept>

namespace dray::pipeline {

std::string deflated(std::string_view content) {
  auto bound = ::compressBound(static_cast<uLong>(content.size()));
  std::string out(bound, '\0');
  if (::compress2(reinterpret_cast<Bytef*>(out.data()), &bound, reinterpret_cast<const Bytef*>(content.data()),
                  static_cast<uLong>(content.size()), 6) != Z_OK)
    throw std::runtime_error("the picture cannot be compressed");
  out.resize(bound);
  return out;
}

}  // namespace dray::pipeline
