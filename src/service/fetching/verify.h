// Whether a file on the disk is what the server says it is.
#pragma once

#include "base/result.h"
#include "service/fetching/manifest.h"
#include "service/fetching/means.h"

namespace dray::fetching {

// Reads the whole file. An archive: its structure and the CRC-32 of every entry, as any reader of ZIP files sees them,
// and with a manifest that it has exactly these entries with these SHA-256. A bare file: its SHA-256. Code::corrupt
// names the entry. Without a manifest a file that is no archive cannot be verified: Code::invalid.
Result<void> verify_file(int fd, const std::string& name, const Manifest* manifest, const Means& means);

// The SHA-256 of all bytes of `fd`, if it has exactly `size`; nullopt if not.
Result<std::optional<Sha256>> hash_file(int fd, ByteCount size, const std::string& name, const StopSignal& stop);

}  // namespace dray::fetching
