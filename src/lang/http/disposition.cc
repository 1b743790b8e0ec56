#include "lang/http/disposition.h"

#include <algorithm>
#include <array>

#include "base/asset_path.h"
#include "base/text.h"
#include "lang/http/characters.h"
#include "lang/http/target.h"

namespace dray::http {
namespace {

// The name for clients that do not know filename*. Every character beyond plain ASCII becomes one '_', and so do those
// that could end the quoted string, name a folder, or look like an encoding (RFC 6266, appendix D).
std::string ascii_fallback(std::string_view name) {
  constexpr std::string_view risky = "\"\\/%";
  std::string out;
  for (char c : name) {
    bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // of a character already replaced
    if (continues) continue;
    bool plain = (is_visible_ascii(c) || c == ' ') && risky.find(c) == std::string_view::npos;
    out += plain ? c : '_';
  }
  return out;
}

// content-disposition = disposition-type *( OWS ";" OWS [ parameter ] )   (RFC 6266, section 4.1)
// parameter           = token OWS "=" OWS ( token / quoted-string )
class ParameterReader {
 public:
  explicit ParameterReader(std::string_view header) : rest_(header) {}

  std::optional<std::string> token() {
    skip_blanks();
    auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_character);
    std::string text(rest_.begin(), end);
    rest_.remove_prefix(text.size());
    if (text.empty()) return std::nullopt;
    return text;
  }
  std::optional<std::string> value() { return next_is('"') ? quoted_string() : token(); }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool next_is(char c) {
    skip_blanks();
    return rest_.starts_with(c);
  }
  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  // quoted-string = DQUOTE *( qdtext / "\" character ) DQUOTE   (RFC 9110, section 5.6.4)
  std::optional<std::string> quoted_string() {
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && ++i == rest_.size()) break;
      text += rest_[i];
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

struct FileNames {
  std::optional<std::string> plain;     // filename
  std::optional<std::string> extended;  // filename*, still encoded
};

std::optional<FileNames> parse_file_names(std::string_view header) {
  ParameterReader in(header);
  FileNames names;
  if (!in.token()) return std::nullopt;
  while (!in.at_end()) {
    if (!in.take(';')) return std::nullopt;
    if (in.at_end() || in.next_is(';')) continue;
    auto name = in.token();
    if (!name || !in.take('=')) return std::nullopt;
    auto value = in.value();
    if (!value) return std::nullopt;
    // Of a repeated parameter the first counts.
    if (equal_ignoring_case(*name, "filename") && !names.plain)
      names.plain = std::move(value);
    else if (equal_ignoring_case(*name, "filename*") && !names.extended)
      names.extended = std::move(value);
  }
  return names;
}

// ext-value = charset "'" [ language ] "'" value-chars   (RFC 8187, section 3.2.1); UTF-8 only
std::optional<std::string> decode_extended(std::string_view text) {
  auto first = text.find('\'');
  if (first == std::string_view::npos || !equal_ignoring_case(text.substr(0, first), "UTF-8")) return std::nullopt;
  auto second = text.find('\'', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return percent_decode(text.substr(second + 1));
}

// A name may not choose the folder it is saved in (RFC 6266, section 4.3).
std::optional<std::string> safe_file_name(std::string_view name) {
  name = name.substr(name.find_last_of("/\\") + 1);  // npos + 1 is 0: all of it
  if (!check_name(name)) return std::nullopt;
  return std::string(name);
}

}  // namespace

std::string format_content_disposition(Disposition disposition, std::string_view file_name) {
  std::string out = disposition == Disposition::attachment ? "attachment" : "inline";
  if (file_name.empty()) return out;
  auto name = replace_invalid_utf8(file_name);
  out += "; filename=\"" + ascii_fallback(name) + '"';
  out += "; filename*=UTF-8''" + format_query_value(name);
  return out;
}

std::optional<std::string> parse_disposition_filename(std::string_view header) {
  auto names = parse_file_names(header);
  if (!names) return std::nullopt;
  if (names->extended) {
    auto decoded = decode_extended(*names->extended);
    auto name = decoded ? safe_file_name(*decoded) : std::nullopt;
    if (name) return name;
  }
  return names->plain ? safe_file_name(*names->plain) : std::nullopt;
}

}  // namespace dray::http
