// The plain text of an HTML mail, for readers that show no HTML.
#pragma once

#include <string>
#include <string_view>

namespace dray::mail {

// Text with LF between lines, at most one empty line in a row, none at either end. Comments, head, style, script and
// title are left out, block elements and <br> break lines, list items start with "- ", other white space is collapsed,
// entities are decoded. A link is "text <address>", or the address alone when the text is empty or the same. Takes any
// bytes, in linear time; what a tag, comment or script without an end swallows in a browser is swallowed here.
std::string plain_text_of_html(std::string_view html);

}  // namespace dray::mail
