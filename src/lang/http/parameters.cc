#include "lang/http/parameters.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "lang/http/characters.h"

namespace dray::http {
namespace {

// Takes one piece after the other from the front of a text.
class Pieces {
 public:
  explicit Pieces(std::string_view rest) : rest_(rest) {}

  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }
  bool next_is(char c) {
    skip_blanks();
    return rest_.starts_with(c);
  }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view up_to(std::string_view ends) {
    skip_blanks();
    auto text = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(text.size());
    return text;
  }
  // The text after a quote up to the next one; nullopt: there is none.
  std::optional<std::string> quoted() {
    std::string text;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return text;
      }
      bool escapes = rest_[i] == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\');
      text += rest_[escapes ? ++i : i];
    }
    return std::nullopt;
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::string_view rest_;
};

std::optional<std::string> parse_value(Pieces& in) {
  if (in.take('"')) return in.quoted();
  auto text = in.up_to("; \t\"");
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

bool is_type(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c == '/' || is_token_character(c); });
}

}  // namespace

std::optional<std::string_view> ParameterizedValue::find(std::string_view lower_case_name) const {
  for (const auto& [name, text] : parameters) {
    if (name == lower_case_name) return text;
  }
  return std::nullopt;
}

// value *( OWS ";" OWS [ token OWS "=" OWS ( text / quoted-string ) ] )   (RFC 9110, section 5.6.6)
std::optional<ParameterizedValue> parse_parameterized(std::string_view text) {
  Pieces in(text);
  ParameterizedValue out{ascii_lower(in.up_to("; \t")), {}};
  if (!is_type(out.value)) return std::nullopt;
  while (!in.at_end()) {
    if (!in.take(';')) return std::nullopt;
    if (in.at_end() || in.next_is(';')) continue;
    auto name = in.up_to("=; \t");
    if (!is_token(name) || !in.take('=')) return std::nullopt;
    auto value = parse_value(in);
    if (!value || out.parameters.size() == kMaxParameters) return std::nullopt;
    out.parameters.emplace_back(ascii_lower(name), *std::move(value));
  }
  return out;
}

}  // namespace dray::http
