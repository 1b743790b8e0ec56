#include "lang/mail/html_reader.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "lang/mail/characters.h"

namespace dray::mail {
namespace {

// The states of the HTML standard's tokenizer (section 13.2.5), in short:
// token     = comment / bogus / tag / text
// comment   = "<!--" *any "-->"                 ; may share its dashes: "<!-->"
// bogus     = ( "<!" / "<?" / "</" ) *any ">"   ; what is neither comment nor tag
// tag       = "<" [ "/" ] letter *name-char *( *( white / "/" ) attribute ) *( white / "/" ) ">"
// attribute = 1*any [ *white "=" *white ( <"> *any <"> / "'" *any "'" / *any ) ]
// Each of them ends at the end of the text too; a tag is then lost.
constexpr std::array<std::string_view, 3> kLeftOut = {"script", "style", "title"};

bool starts_tag(std::string_view text, std::size_t at) { return at < text.size() && is_letter(text[at]); }
bool ends_name(char c) { return is_white(c) || c == '/' || c == '>'; }

}  // namespace

std::string_view HtmlReader::take(std::size_t count) {
  auto taken = rest_.substr(0, count);
  rest_.remove_prefix(taken.size());
  return taken;
}

void HtmlReader::skip_past(std::string_view mark, std::size_t from) {
  auto at = rest_.find(mark, from);
  take(at == rest_.npos ? at : at + mark.size());
}

std::optional<HtmlToken> HtmlReader::next() {
  while (!rest_.empty()) {
    if (rest_.starts_with("<!--")) {
      skip_past("-->", 2);
    } else if (rest_.starts_with("<!") || rest_.starts_with("<?")) {
      skip_past(">", 2);
    } else if (rest_.starts_with("</") && !starts_tag(rest_, 2)) {
      skip_past(">", 2);
    } else if (rest_.starts_with("</") || (rest_.starts_with('<') && starts_tag(rest_, 1))) {
      if (auto tag = read_tag()) return tag;
    } else {
      return read_text(1);
    }
  }
  return std::nullopt;
}

HtmlToken HtmlReader::read_text(std::size_t least) {
  HtmlToken token;
  token.text = take(rest_.find('<', least));
  return token;
}

std::optional<HtmlToken> HtmlReader::read_tag() {
  HtmlToken tag;
  tag.kind = rest_.starts_with("</") ? HtmlToken::Kind::close : HtmlToken::Kind::open;
  take(tag.kind == HtmlToken::Kind::close ? 2 : 1);
  auto end = std::find_if(rest_.begin(), rest_.end(), ends_name);
  tag.name = ascii_lower(take(static_cast<std::size_t>(end - rest_.begin())));
  while (read_attribute(tag)) continue;
  if (rest_.empty()) return std::nullopt;
  take(1);
  bool left_out = std::find(kLeftOut.begin(), kLeftOut.end(), tag.name) != kLeftOut.end();
  if (tag.kind == HtmlToken::Kind::open && left_out) skip_content(tag.name);
  return tag;
}

// False: before the '>' of the tag, or at the end.
bool HtmlReader::read_attribute(HtmlToken& tag) {
  auto skip_white = [&] { take(rest_.find_first_not_of(" \t\n\r\f")); };
  take(rest_.find_first_not_of(" \t\n\r\f/"));
  if (rest_.empty() || rest_.front() == '>') return false;
  auto name = take(rest_.find_first_of(" \t\n\r\f/>=", 1));
  skip_white();
  if (!rest_.starts_with('=')) return true;
  take(1);
  skip_white();
  auto value = read_value();
  if (tag.href.empty() && equal_ignoring_case(name, "href")) tag.href = value;
  return true;
}

std::string_view HtmlReader::read_value() {
  if (!rest_.starts_with('"') && !rest_.starts_with('\'')) return take(rest_.find_first_of(" \t\n\r\f>"));
  auto quote = take(1).front();
  auto value = take(rest_.find(quote));
  take(1);
  return value;
}

void HtmlReader::skip_content(std::string_view name) {
  for (auto at = rest_.find("</"); at != rest_.npos; at = rest_.find("</", at + 2)) {
    auto end = at + 2 + name.size();
    if (!equal_ignoring_case(rest_.substr(at + 2, name.size()), name)) continue;
    if (end == rest_.size() || !ends_name(rest_[end])) continue;
    take(at);
    return;
  }
  take(rest_.npos);
}

}  // namespace dray::mail
