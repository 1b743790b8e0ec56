// What a stored blob is known by.
#pragma once

#include "base/bytes.h"
#include "base/digest.h"

namespace dray::model {

using BlobId = Sha256;  // of the blob's bytes

struct Blob {
  BlobId id;
  ByteCount size = 0;
  std::uint32_t crc32 = 0;

  bool operator==(const Blob&) const = default;
};

}  // namespace dray::model
