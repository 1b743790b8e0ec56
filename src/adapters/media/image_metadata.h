// Metadata and pixel size of images, with exiv2.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "model/assets/media_inspector.h"

namespace dray::media {

// Prepares exiv2 for many threads and silences it; once per process, before any of them reads an image.
void prepare_exiv2();

// Whether exiv2 reads files of this MIME type. It is never let near films, sound or what is not known.
bool has_image_metadata(std::string_view mime_type);

// Adds width, height and metadata of the open file `fd` to `facts`, whose MIME type must satisfy has_image_metadata().
// What goes wrong becomes `facts.warning`, beside what was read before. Throws nothing.
void read_image_metadata(int fd, ByteCount size, model::MediaFacts& facts);

}  // namespace dray::media
