#include "lang/mail/properties.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "lang/mail/characters.h"

namespace dray::mail {
namespace {

// file          = *( blank-line / comment / logical-line )
// blank-line    = *white line-end
// comment       = *white ( "#" / "!" ) *( any but CR, LF ) line-end              ; is not continued
// logical-line  = *white key separator value line-end
// key           = *( escape / any but white, "=", ":", CR, LF )
// separator     = *white [ ( "=" / ":" ) *white ]
// value         = *( escape / any but CR, LF )                                  ; white space at its end stays
// escape        = "\" ( "t" / "n" / "r" / "f" / "u" 4HEXDIG / any other )       ; any other stands for itself
// continuation  = "\" ( line-end *white / end of file )                         ; anywhere in a logical line: nothing
// white         = blank / tab / form feed
// line-end      = LF / CR / CR LF / end of file
//
// As java.util.Properties.load() reads it. White space before a continuation stays. A comment begins only where
// nothing of a logical line was read yet.
class PropertiesReader {
 public:
  using Properties = std::map<std::string, std::string>;

  explicit PropertiesReader(std::string_view text) : text_(text) {}

  Result<Properties> read() {
    Properties all;
    while (find_logical_line()) {
      ASSIGN_OR_RETURN(auto key, read_text(" \t\f=:"));
      skip_separator();
      ASSIGN_OR_RETURN(auto value, read_text(""));
      all.insert_or_assign(std::move(key), std::move(value));
    }
    return all;
  }

 private:
  static bool is_line_end(char c) { return c == '\n' || c == '\r'; }
  static bool is_white_in_line(char c) { return c == ' ' || c == '\t' || c == '\f'; }

  bool at_end() const { return pos_ == text_.size(); }
  bool next_is(std::string_view characters) const { return !at_end() && characters.find(text_[pos_]) != text_.npos; }
  void skip_white() {
    while (!at_end() && is_white_in_line(text_[pos_])) ++pos_;
  }
  void take_line_end() { pos_ += text_.substr(pos_).starts_with("\r\n") ? 2 : at_end() ? 0 : 1; }

  // To the next line that is neither blank nor a comment; false: there is none.
  bool find_logical_line() {
    for (;;) {
      skip_white();
      bool is_blank = at_logical_end(), is_comment = next_is("#!");
      if (!is_blank && !is_comment) return true;
      while (!at_end() && !is_line_end(text_[pos_])) ++pos_;
      if (at_end()) return false;
      take_line_end();
    }
  }

  // Steps over continuations first, so that afterwards one character of the logical line may be looked at.
  bool at_logical_end() {
    while (next_is("\\") && (pos_ + 1 == text_.size() || is_line_end(text_[pos_ + 1]))) {
      ++pos_;
      take_line_end();
      skip_white();
    }
    return at_end() || is_line_end(text_[pos_]);
  }

  void skip_separator() {
    skip_white_and_continuations();
    if (at_logical_end() || !next_is("=:")) return;
    ++pos_;
    skip_white_and_continuations();
  }
  void skip_white_and_continuations() {
    while (!at_logical_end() && is_white_in_line(text_[pos_])) ++pos_;
  }

  Result<std::string> read_text(std::string_view stops) {
    std::string out;
    while (!at_logical_end() && !next_is(stops)) {
      if (char c = text_[pos_++]; c != '\\') {
        out += c;
        continue;
      }
      ASSIGN_OR_RETURN(auto meant, read_escape());
      out += meant;
    }
    return out;
  }

  Result<std::string> read_escape() {
    switch (char c = text_[pos_++]) {
      case 't':
        return std::string("\t");
      case 'n':
        return std::string("\n");
      case 'r':
        return std::string("\r");
      case 'f':
        return std::string("\f");
      case 'u':
        return read_unicode();
      default:
        return std::string(1, c);
    }
  }

  // The escape is in UTF-16: what lies beyond U+FFFF is two of them, a high and a low surrogate.
  Result<std::string> read_unicode() {
    ASSIGN_OR_RETURN(char32_t unit, read_unit());
    if (unit < 0xD800 || unit > 0xDFFF) return utf8_of(unit);
    bool has_more = unit < 0xDC00 && !at_logical_end() && text_.substr(pos_).starts_with("\\u");
    if (!has_more) return lone_surrogate();
    pos_ += 2;
    ASSIGN_OR_RETURN(char32_t low, read_unit());
    if (low < 0xDC00 || low > 0xDFFF) return lone_surrogate();
    return utf8_of(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
  }

  Result<char32_t> read_unit() {
    std::string digits;
    while (digits.size() < 4 && !at_logical_end()) digits += text_[pos_++];
    std::uint32_t unit = 0;
    auto end = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16).ptr;
    if (digits.size() < 4 || end != digits.data() + 4) return fail("\\u needs four hexadecimal digits after it");
    return char32_t{unit};
  }

  Error lone_surrogate() const { return fail("\\u has one half of a surrogate pair without the other"); }

  Error fail(std::string_view what) const {
    std::size_t line = 1;
    for (std::size_t i = 0; i < pos_; ++i)
      line += text_[i] == '\n' || (text_[i] == '\r' && !text_.substr(i + 1).starts_with('\n'));
    return {Code::invalid, fmt::format("line {}: {}", line, what)};
  }

  std::string_view text_;
  std::size_t pos_ = 0;
};

std::string utf8_of_latin1(std::string_view text) {
  std::string out;
  for (unsigned char byte : text) out += utf8_of(byte);
  return out;
}

}  // namespace

Result<std::map<std::string, std::string>> parse_properties(std::string_view text) {
  if (!is_valid_utf8(text)) return PropertiesReader(utf8_of_latin1(text)).read();
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return PropertiesReader(text).read();
}

}  // namespace dray::mail
