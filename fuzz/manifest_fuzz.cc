// Bytes taken for a manifest: refused, or read without leaving them, whatever they say.
#include <cstdint>
#include <cstdlib>

#include "pipeline/layout/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dray;
  Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  auto view = pipeline::ManifestView::open(bytes);
  if (!view) return pipeline::check_manifest(bytes) ? (std::abort(), 0) : 0;
  for (std::uint64_t i = 0; i < view->entry_count(); ++i) {
    auto entry = view->entry(i);
    if (entry && entry->name.size() > size) std::abort();
  }
  if (view->entry_count() > 0 && view->find_by_local_offset(size) >= view->entry_count()) std::abort();
  return 0;
}
