// Makes TIFF structures, which is what EXIF is too, harmless to a reader that copies every value. Pure.
#pragma once

#include <functional>

#include "base/bytes.h"

namespace dray::media {

// What thinning may still leave in a file, over all its TIFF structures together.
struct ThinningBudget {
  ByteCount value_bytes = 32 << 20;
  unsigned directories = 256;
};

// Empties in place, in every directory that the TIFF header at the start of `tiff` leads to: the entries that hold or
// point to pixels, previews, layers and maker's notes; values that are larger than text has need of; and whatever
// exceeds the budget. exiv2 copies each value, and nothing forbids a file to name the same megabytes a thousand times.
// Damaged directories are left as they are from the damage on. Not a TIFF header: nothing happens.
// `unlock` is told which bytes are about to be written, for mappings that are not writable as a whole.
using Unlock = std::function<void(MutableBytes)>;
void thin_tiff(MutableBytes tiff, ThinningBudget& budget, const Unlock& unlock = nullptr);

// The same wherever a TIFF header stands in `bytes`: containers put EXIF behind headers of their own.
void thin_each_tiff_in(MutableBytes bytes, ThinningBudget& budget);

}  // namespace dray::media
