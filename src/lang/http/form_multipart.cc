#include <algorithm>
#include <utility>

#include "base/text.h"
#include "lang/http/characters.h"
#include "lang/http/disposition.h"
#include "lang/http/form.h"
#include "lang/http/form_text.h"
#include "lang/http/parameters.h"

namespace dray::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

Error invalid(const char* message) { return Error{Code::invalid, message}; }

// A part as sent, its texts still in the form's charset.
struct Part {
  ParameterizedValue disposition;
  std::string name;
  std::string content_type;
  std::string_view body;
};

constexpr bool is_boundary_character(char c) {
  constexpr std::string_view others = "'()+_,-./:=? ";
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || others.find(c) != std::string_view::npos;
}

// boundary = 0*69 bchars bcharsnospace   (RFC 2046, section 5.1.1)
Result<std::string> parse_boundary(std::string_view content_type) {
  auto type = parse_parameterized(content_type);
  if (!type || type->value != "multipart/form-data") return invalid("the Content-Type is not multipart/form-data");
  auto boundary = type->find("boundary");
  if (!boundary) return invalid("the Content-Type of the form has no boundary");
  bool allowed = !boundary->empty() && boundary->size() <= 70 && boundary->back() != ' ';
  if (!allowed || !all_are<is_boundary_character>(*boundary)) return invalid("the form's boundary is not allowed");
  return std::string(*boundary);
}

// Yields the text between the delimiters, one after the other.
//   multipart-body = [ preamble CRLF ] "--" boundary padding CRLF part
//                    *( CRLF "--" boundary padding CRLF part ) CRLF "--" boundary "--" epilogue
// No part can have a delimiter in it. A line that only begins like one belongs to the part.
class PartTexts {
 public:
  PartTexts(std::string_view body, std::string_view boundary)
      : rest_(body), delimiter_(std::string(kLineEnd) + "--" + std::string(boundary)) {}

  // Behind the first delimiter, which alone may be without a line end before it. False: there is none.
  bool start() {
    auto first_line = std::string_view(delimiter_).substr(kLineEnd.size());
    if (rest_.starts_with(first_line) && pass_delimiter(first_line.size())) return true;
    return next().has_value();
  }
  bool at_end() const { return at_end_; }

  // The text up to the next delimiter. nullopt: there is none.
  std::optional<std::string_view> next() {
    auto all = rest_;
    for (std::size_t from = 0;;) {
      auto at = all.find(delimiter_, from);
      if (at == std::string_view::npos) return std::nullopt;
      from = at + delimiter_.size();
      rest_ = all;
      if (pass_delimiter(from)) return all.substr(0, at);
    }
  }

 private:
  // Moves behind the delimiter whose boundary ends at `end`, unless more of a line follows there.
  bool pass_delimiter(std::size_t end) {
    auto behind = rest_.substr(end);
    at_end_ = behind.starts_with("--");
    if (!at_end_) {
      behind.remove_prefix(std::min(behind.find_first_not_of(" \t"), behind.size()));
      if (!behind.starts_with(kLineEnd)) return false;
    }
    rest_ = behind.substr(kLineEnd.size());
    return true;
  }

  std::string_view rest_;
  std::string delimiter_;
  bool at_end_ = false;
};

struct SplitPart {
  std::string_view head;  // lines, each with its end
  std::string_view body;
};

// part = *( header CRLF ) [ CRLF body ]
Result<SplitPart> split_part(std::string_view text) {
  auto window = text.substr(0, kMaxPartHeaders + kLineEnd.size());
  auto end = window.find("\r\n\r\n");
  if (end != std::string_view::npos) return SplitPart{text.substr(0, end + 2), text.substr(end + 4)};
  if (window.size() < text.size()) return Error{Code::too_large, "a part of the form has too long headers"};
  if (!text.ends_with(kLineEnd)) return invalid("a part of the form has no end of its headers");
  return SplitPart{text, {}};
}

// Other headers are ignored. Two dispositions could tell two programs two names.
Result<void> read_header(std::string_view name, std::string_view value, Part& part) {
  if (equal_ignoring_case(name, "Content-Disposition")) {
    auto disposition = parse_parameterized(value);
    bool is_form_data = disposition && disposition->value == "form-data";
    if (!is_form_data) return invalid("a part of the form has another Content-Disposition than form-data with a name");
    if (!part.disposition.value.empty()) return invalid("a part of the form has two Content-Dispositions");
    part.disposition = *std::move(disposition);
  } else if (equal_ignoring_case(name, "Content-Type")) {
    if (!is_ascii(value)) return invalid("a part of the form has a malformed Content-Type");
    part.content_type = value;
  } else if (equal_ignoring_case(name, "Content-Transfer-Encoding")) {
    bool is_plain = equal_ignoring_case(value, "binary") || equal_ignoring_case(value, "8bit") ||
                    equal_ignoring_case(value, "7bit");
    if (!is_plain) return invalid("a part of the form is in base64 or another coding that HTTP does not need");
  }
  return ok();
}

// header = token ":" OWS value OWS. Lines are not folded. Bytes beyond ASCII occur in names.
Result<void> read_headers(std::string_view lines, Part& part) {
  while (!lines.empty()) {
    auto line = lines.substr(0, lines.find(kLineEnd));
    lines.remove_prefix(line.size() + kLineEnd.size());
    auto name = line.substr(0, line.find(':'));
    auto value = trim(line.substr(std::min(name.size() + 1, line.size())));
    bool has_control = std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; });
    if (name.size() == line.size() || !is_token(name) || has_control) {
      return invalid("a part of the form has a malformed header");
    }
    RETURN_IF_ERROR(read_header(name, value, part));
  }
  return ok();
}

// Browsers write these three so, and nothing else: a '%' stays as it is (WHATWG HTML, multipart/form-data).
std::string unescape_quoted(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto code = text.substr(0, 3);
    bool escaped = code == "%22" || equal_ignoring_case(code, "%0D") || equal_ignoring_case(code, "%0A");
    out += escaped ? *percent_decode(code) : std::string(1, text[0]);
    text.remove_prefix(escaped ? 3 : 1);
  }
  return out;
}

Result<Part> parse_part(std::string_view text) {
  ASSIGN_OR_RETURN(auto split, split_part(text));
  Part part;
  RETURN_IF_ERROR(read_headers(split.head, part));
  auto name = part.disposition.find("name");
  if (!name) return invalid("a part of the form has no name");
  part.name = unescape_quoted(*name);
  part.body = split.body;
  return part;
}

Result<std::vector<Part>> parse_parts(std::string_view boundary, std::string_view body) {
  std::vector<Part> parts;
  PartTexts texts(body, boundary);
  bool whole = texts.start();
  while (whole && !texts.at_end()) {
    if (parts.size() == kMaxFormFields) return too_many_fields();
    auto text = texts.next();
    whole = text.has_value();
    if (!whole) break;
    ASSIGN_OR_RETURN(auto part, parse_part(*text));
    parts.push_back(std::move(part));
  }
  if (!whole) return invalid("the form's end is missing: was it sent whole?");
  return parts;
}

Result<Charset> charset_of(const std::vector<Part>& parts) {
  auto named = std::find_if(parts.begin(), parts.end(),
                            [](const Part& part) { return part.name == kCharsetField && !part.body.empty(); });
  return named == parts.end() ? Charset::utf8 : parse_charset(named->body);
}

Result<Charset> charset_of(const Part& part, Charset of_form) {
  auto type = parse_parameterized(part.content_type);
  auto named = type ? type->find("charset") : std::nullopt;
  return named ? parse_charset(*named) : of_form;
}

// filename* (RFC 8187) may not occur in forms (RFC 7578, section 4.2), but does.
Result<std::string> decode_file_name(const Part& part, Charset charset) {
  if (auto extended = part.disposition.find("filename*")) {
    auto name = parse_disposition_filename("form-data; filename*=" + std::string(*extended));
    if (name) return *std::move(name);
  }
  auto name = unescape_quoted(part.disposition.find("filename").value_or(""));
  name.erase(0, name.find_last_of("/\\") + 1);  // npos + 1 is 0: nothing
  return decode_field_text(name, charset, part.name);
}

Result<FormField> decode_part(const Part& part, Charset charset) {
  FormField field;
  field.content_type = part.content_type;
  field.is_file = part.disposition.find("filename") || part.disposition.find("filename*");
  ASSIGN_OR_RETURN(field.name, decode_field_text(part.name, charset, part.name));
  if (field.is_file) {
    ASSIGN_OR_RETURN(field.file_name, decode_file_name(part, charset));
    field.value = part.body;
  } else {
    ASSIGN_OR_RETURN(auto own_charset, charset_of(part, charset));
    ASSIGN_OR_RETURN(field.value, decode_field_text(part.body, own_charset, part.name));
  }
  return field;
}

}  // namespace

Result<Form> parse_multipart(std::string_view content_type, std::string_view body) {
  ASSIGN_OR_RETURN(auto boundary, parse_boundary(content_type));
  ASSIGN_OR_RETURN(auto parts, parse_parts(boundary, body));
  ASSIGN_OR_RETURN(auto charset, charset_of(parts));
  Form form;
  form.fields.reserve(parts.size());
  for (const auto& part : parts) {
    ASSIGN_OR_RETURN(auto field, decode_part(part, charset));
    form.fields.push_back(std::move(field));
  }
  return form;
}

}  // namespace dray::http
