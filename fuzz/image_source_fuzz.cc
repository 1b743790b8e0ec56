// What is told of a file by its first bytes, of an ICC profile by its header, of a path by its records: strangers'
// files are asked for all of them.
#include <cassert>
#include <cstdint>

#include "pipeline/renditions/paths.h"
#include "pipeline/renditions/profiles.h"
#include "pipeline/renditions/source_kind.h"

using namespace dray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto kind = pipeline::source_kind_of({reinterpret_cast<const std::byte*>(data), size});
  if (kind) {
    assert(!pipeline::name_of(*kind).empty());
    assert(!pipeline::may_hold("video/mp4", *kind));
  }
  std::string_view profile(reinterpret_cast<const char*>(data), size);
  auto type = pipeline::type_of_profile(profile);
  assert(type || !type.error().message.empty());
  assert(pipeline::description_of_profile(profile).size() <= size);
  constexpr pipeline::Mapping kNothing;
  auto carried = pipeline::carry_paths(profile, kNothing);
  assert(carried.size() <= profile.size() + 1);
  assert(pipeline::carry_paths(carried, kNothing) == carried);
  assert(pipeline::image_resources_of_psd(profile).size() <= size);
  return 0;
}
