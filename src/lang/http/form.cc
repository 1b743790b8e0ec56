#include "lang/http/form.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "lang/http/form_text.h"
#include "lang/http/parameters.h"

namespace dray::http {
namespace {

Result<std::string> unescape(std::string_view text, std::string_view name) {
  std::string blanks(text);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');  // before decoding: %2B is a plus sign
  auto decoded = percent_decode(blanks);
  if (!decoded) return field_error(name, "has a percent sign without two hexadecimal digits behind it");
  return *std::move(decoded);
}

// form = [ pair *( "&" pair ) ], pair = name [ "=" value ]   (WHATWG URL, application/x-www-form-urlencoded)
// Empty pairs are skipped. Names and values are still in the form's charset.
Result<QueryPairs> unescape_pairs(std::string_view body) {
  QueryPairs pairs;
  while (!body.empty()) {
    auto pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(pair.size() + 1, body.size()));
    if (pair.empty()) continue;
    if (pairs.size() == kMaxFormFields) return too_many_fields();
    auto escaped_name = pair.substr(0, pair.find('='));
    ASSIGN_OR_RETURN(auto name, unescape(escaped_name, escaped_name));
    ASSIGN_OR_RETURN(auto value, unescape(pair.substr(std::min(escaped_name.size() + 1, pair.size())), name));
    pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

Result<Charset> charset_of(const QueryPairs& pairs, std::string_view fallback) {
  auto named = std::find_if(pairs.begin(), pairs.end(),
                            [](const auto& pair) { return pair.first == kCharsetField && !pair.second.empty(); });
  return parse_charset(named == pairs.end() ? fallback : named->second);
}

}  // namespace

std::optional<std::string_view> Form::find(std::string_view name) const {
  for (const auto& field : fields) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Form::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& field : fields) {
    if (field.name == name) values.push_back(field.value);
  }
  return values;
}

const FormField* Form::find_file(std::string_view name) const {
  for (const auto& field : fields) {
    if (field.is_file && field.name == name) return &field;
  }
  return nullptr;
}

Result<Form> parse_urlencoded(std::string_view body, std::string_view charset) {
  ASSIGN_OR_RETURN(auto pairs, unescape_pairs(body));
  ASSIGN_OR_RETURN(auto read_as, charset_of(pairs, charset));
  Form form;
  form.fields.reserve(pairs.size());
  for (const auto& [name, value] : pairs) {
    auto& field = form.fields.emplace_back();
    ASSIGN_OR_RETURN(field.name, decode_field_text(name, read_as, name));
    ASSIGN_OR_RETURN(field.value, decode_field_text(value, read_as, name));
  }
  return form;
}

Result<Form> parse_form(std::string_view content_type, std::string_view body) {
  auto type = parse_parameterized(content_type);
  if (type && type->value == "multipart/form-data") return parse_multipart(content_type, body);
  if (type && type->value == "application/x-www-form-urlencoded") {
    return parse_urlencoded(body, type->find("charset").value_or("utf-8"));
  }
  auto sent = content_type.empty() ? "has no Content-Type"
                                   : fmt::format("is \"{}\"", replace_invalid_utf8(content_type.substr(0, 80)));
  return Error{Code::invalid,
               "the body must be a form, multipart/form-data or application/x-www-form-urlencoded; it " + sent};
}

}  // namespace dray::http
