// MIME types from what libmagic says of the content and from the name. Pure.
#pragma once

#include <string>
#include <string_view>

namespace dray::media {

// The content decides. The name's extension is heard only where the content shows no more than an outer form (text,
// XML, a ZIP archive, an OLE file, TIFF, MP4, PDF ...) and the extension belongs to a type of that form, or where the
// content shows nothing at all. libmagic's own names are turned into the common ones. Always "type/subtype", lower
// case.
std::string mime_type_of(std::string_view by_content, std::string_view name);

// For a file without content: the extension decides, else application/octet-stream.
std::string mime_type_of_name(std::string_view name);

// Whether both tables are sorted, without which they are not searched rightly.
bool mime_tables_are_sorted();

}  // namespace dray::media
