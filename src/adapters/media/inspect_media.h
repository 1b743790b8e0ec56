// The media inspector on libmagic and exiv2.
#pragma once

#include <memory>

#include "model/assets/media_inspector.h"

namespace dray::media {

// Safe for use from any thread; each call reads its file on its own. The file must not be cut short during a call: TIFF
// files and camera raws are read through a mapping, and a page that is gone ends the process.
// `name` is the file's name as people see it; only what follows its last dot counts.
// Fails for what cannot be opened or read (Code::not_found, denied, unavailable) and for what is no file
// (Code::invalid). Everything else that goes wrong is a warning beside the facts that could be had.
std::unique_ptr<model::MediaInspector> make_media_inspector();

}  // namespace dray::media
