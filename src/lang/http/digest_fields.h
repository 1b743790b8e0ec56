// The SHA-256 of a representation as header text.
#pragma once

#include <string>

#include "base/digest.h"

namespace dray::http {

std::string format_repr_digest(const Sha256& digest);  // Repr-Digest (RFC 9530): sha-256=:BASE64:
std::string format_digest(const Sha256& digest);       // Digest (RFC 3230), for older clients: SHA-256=BASE64

}  // namespace dray::http
