// The plain text of an HTML mail, for readers that show no HTML; and the other way round.
#pragma once

#include <string>
#include <string_view>

namespace dray::mail {

// Text with LF between lines, at most one empty line in a row, none at either end. Comments, head, style, script and
// title are left out, block elements and <br> break lines, list items start with "- ", other white space is collapsed,
// entities are decoded. A link is "text <address>", or the address alone when the text is empty or the same. Takes any
// bytes, in linear time; what a tag, comment or script without an end swallows in a browser is swallowed here.
std::string plain_text_of_html(std::string_view html);

// A page that says the same as a text whose lines end with LF; what begins with http:// or https:// is a link.
std::string html_of_plain_text(std::string_view text);

std::string with_html_breaks(std::string_view escaped);  // <br> for each LF

}  // namespace dray::mail
