// Entry names that are safe on every platform, and what "the same name" means. docs/format/zip.md, "Names".
#pragma once

#include <string>
#include <string_view>

namespace dray::zip {

// One segment of an entry's path, made safe: NFC; `< > : " \ | ? *`, '/', control characters, bidirectional overrides
// and zero-width controls become '_'; trailing dots and blanks become '_'; Windows device names get '_' before their
// first dot; at most 255 bytes of UTF-8, cut before the extension on a character boundary. Total (bytes that are not
// UTF-8 become '_', "" becomes "_"), deterministic, idempotent; the result is never "." or "..".
std::string make_safe_name(std::string_view name);

// Equal for two names that collide: NFC and full case folding, no locale. Meant for safe names; total all the same.
std::string collision_key(std::string_view name);

// "hero.jpg", 2 -> "hero (2).jpg"; still at most 255 bytes and still safe. A name that begins with its only dot has no
// extension.
std::string numbered_name(std::string_view name, unsigned number);

// The name without its extension, and the extension with its dot ("" if none). What follows the last dot is an
// extension only if it has at most 64 bytes with the dot: the rest of "Mr. Smith goes ..." is no reason to cut nothing
// but "Mr".
struct NameParts {
  std::string_view stem, extension;
};
NameParts split_extension(std::string_view name);

}  // namespace dray::zip
