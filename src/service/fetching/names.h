// Names that come from the server and become names of files here. Nothing in them is trusted.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace dray::fetching {

// One name of a file or folder in the output folder, whatever the server calls it: never a path, never hidden, never
// longer than leaves room for our own endings.
std::string local_name(std::string_view name);

// "shoot.zip" -> "shoot": the folder that an archive is extracted to.
std::string folder_name(std::string_view archive_name);

// Whether an entry of an archive may be extracted under its name: zip::check_entry_name, valid UTF-8, no empty segment,
// no ".", no segment longer than file systems take. Code::corrupt.
Result<void> check_extractable(std::string_view entry_name);

}  // namespace dray::fetching
