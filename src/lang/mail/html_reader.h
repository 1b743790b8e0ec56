// HTML taken apart into text and tags, as browsers do it as far as plain text needs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dray::mail {

struct HtmlToken {
  enum class Kind { text, open, close } kind = Kind::text;
  std::string_view text;  // of text, with its entities
  std::string name;       // of a tag, in lower case
  std::string_view href;  // of an opening tag, with its entities; empty: none
};

// Any bytes are HTML. Comments, declarations and the content of script, style and title are no tokens. Each byte is
// looked at a fixed number of times, whatever the rubbish.
class HtmlReader {
 public:
  explicit HtmlReader(std::string_view html) : rest_(html) {}  // `html` outlives the reader and its tokens

  std::optional<HtmlToken> next();  // nullopt: the end

 private:
  HtmlToken read_text(std::size_t least);
  std::optional<HtmlToken> read_tag();
  bool read_attribute(HtmlToken& tag);
  std::string_view read_value();
  std::string_view take(std::size_t count);
  void skip_past(std::string_view mark, std::size_t from);
  void skip_content(std::string_view name);

  std::string_view rest_;
};

}  // namespace dray::mail
