// A body of POST /api/v1/downloads: parses or says why not; what parses, prints as JSON that parses to the same.
#include <cstdint>
#include <cstdlib>

#include "pipeline/select/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dray;
  auto value = parse_json({reinterpret_cast<const char*>(data), size});
  if (!value) return value.error().message.empty() ? (std::abort(), 0) : 0;
  auto request = pipeline::parse_download_request(*value);
  if (!request) return request.error().message.empty() ? (std::abort(), 0) : 0;
  auto object = to_json(*request);
  auto kept = pipeline::download_request_from_json(object);
  if (!kept || *kept != *request) std::abort();
  object.erase("form");
  auto again = pipeline::parse_download_request(object);
  if (!again || *again != *request) std::abort();
  return 0;
}
