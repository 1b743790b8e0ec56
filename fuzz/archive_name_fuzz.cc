// An archive's name as typed: what comes out is one safe segment and stays the same.
#include <cstdint>
#include <cstdlib>

#include "lang/zip/names.h"
#include "pipeline/plan/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto name = dray::pipeline::make_archive_name({reinterpret_cast<const char*>(data), size}, "");
  if (name.empty() || name == "." || name == ".." || name.size() > 255 || name.find('/') != name.npos) std::abort();
  if (name.find_first_of("\r\n\\\"<>:|?*") != name.npos || dray::zip::make_safe_name(name) != name) std::abort();
  return 0;
}
