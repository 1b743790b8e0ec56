// What a file's content says about itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace dray::model {

struct MediaFacts {
  std::string mime_type = "application/octet-stream";  // by content; the name only refines what content cannot tell
  std::optional<std::uint32_t> width, height;          // pixels, as displayed (EXIF orientation applied)
  json::object metadata;  // AEM's property names, e.g. "dc:title", "dc:creator", "tiff:Make"
  std::string warning;    // why metadata could not be read, if so; empty otherwise
};

// Thread-safe. A file that is not understood still has a MIME type; only an unreadable file is an error.
class MediaInspector {
 public:
  virtual ~MediaInspector() = default;
  // `file` is open for reading, and its offset is moved.
  virtual Result<MediaFacts> inspect(int file, const std::string& name) const = 0;
  virtual std::string guess(const std::string& name) const = 0;  // the MIME type of a file that is not there yet
};

}  // namespace dray::model
