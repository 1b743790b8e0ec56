// Any bytes as a name: what comes out is safe, stays as it is, and is the same name in every form.
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "lang/zip/names.h"
#include "lang/zip/reader.h"

using namespace dray;

namespace {
void expect(bool held) {
  if (!held) std::abort();
}
void expect_safe(const std::string& name) {
  expect(!name.empty() && name.size() <= 255 && is_valid_utf8(name));
  expect(name.find('/') == std::string::npos && static_cast<bool>(zip::check_entry_name(name)));
  expect(zip::make_safe_name(name) == name);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view name(reinterpret_cast<const char*>(data), size);
  expect_safe(zip::make_safe_name(name));
  expect_safe(zip::numbered_name(name, 2));
  auto key = zip::collision_key(name);
  expect(zip::collision_key(key) == key);
  return 0;
}
