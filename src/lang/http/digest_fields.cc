#include "lang/http/digest_fields.h"

#include "base/text.h"

namespace dray::http {

std::string format_repr_digest(const Sha256& digest) { return "sha-256=:" + format_base64(digest.bytes) + ":"; }

std::string format_digest(const Sha256& digest) { return "SHA-256=" + format_base64(digest.bytes); }

}  // namespace dray::http
