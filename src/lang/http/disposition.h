// The Content-Disposition header: under which name a download is saved (RFC 6266, RFC 8187).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dray::http {

enum class Disposition { attachment, inline_ };

// attachment; filename="f_r.jpg"; filename*=UTF-8''f%C3%BCr.jpg
// Any bytes may be given as a name, nothing in them can end the quoted string or the header. Bytes that are not valid
// UTF-8 are shown as U+FFFD. An empty name leaves the type alone.
std::string format_content_disposition(Disposition disposition, std::string_view file_name);

// For clients: the name in filename*, or else in filename, without anything up to the last slash or backslash. nullopt:
// malformed, no name, or one that may not be the name of a file ("..", NUL, not UTF-8, too long).
std::optional<std::string> parse_disposition_filename(std::string_view header);

}  // namespace dray::http
