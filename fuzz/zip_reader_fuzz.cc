// Any bytes as an archive: the directory, then each entry. It may refuse; it may not crash, hang, or give a sink more
// than the entry's size.
#include <cstdlib>

#include "lang/zip/reader.h"
#include "lang/zip/testing/archives.h"

using namespace dray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  zip::testing::TextInput input({reinterpret_cast<const char*>(data), size});
  auto directory = zip::read_directory(input);
  if (!directory) return 0;
  if (directory->entries.size() != directory->end.entry_count) std::abort();
  for (auto& entry : directory->entries) {
    ByteCount received = 0;
    (void)zip::check_entry_name(entry.name);
    auto result = zip::read_entry(input, entry, [&](Bytes bytes) {
      received += bytes.size();
      if (received > entry.size) std::abort();
      return ok();
    });
    if (result && received != entry.size) std::abort();
  }
  return 0;
}
