// Signatures, locks and obfuscation of image requests: what was signed is what comes out, and nothing else passes.
#include <cassert>
#include <cstdint>

#include "base/text.h"
#include "lang/is/protection.h"

using namespace dray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view query(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kPath = "/is/image/a.jpg", kKey = "0123456789abcdef";
  Seconds now(std::chrono::seconds(1'000'000));
  assert(!is::undo_signature(kPath, query, kKey, now));
  auto signed_query = is::sign(kPath, query, kKey, now + std::chrono::seconds(1));
  auto opened = is::undo_signature(kPath, signed_query, kKey, now);
  assert(opened && *opened == query);
  assert(!is::undo_signature("/is/image/b.jpg", signed_query, kKey, now));
  assert(!is::undo_signature(kPath, signed_query, kKey, now + std::chrono::seconds(2)));
  auto locked = std::string(query) + "&" + is::checksum_of(query);
  auto unlocked = is::undo_lock(locked);
  assert(unlocked && *unlocked == query);
  auto plain = is::undo_obfuscation(format_base64url({reinterpret_cast<const std::byte*>(data), size}));
  assert(plain && *plain == query);
  is::undo_lock(query);
  is::undo_obfuscation(query);
  return 0;
}
