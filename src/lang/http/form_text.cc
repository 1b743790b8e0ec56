#include "lang/http/form_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "lang/http/characters.h"
#include "lang/http/form.h"

namespace dray::http {

Error field_error(std::string_view name, std::string_view problem) {
  auto shown = replace_invalid_utf8(name.substr(0, 80));
  std::replace_if(shown.begin(), shown.end(), is_control, '?');
  return Error{Code::invalid, fmt::format("the form field \"{}\" {}", shown, problem)};
}

Error too_many_fields() {
  return Error{Code::too_large, fmt::format("the form has more than {} fields", kMaxFormFields)};
}

Result<std::string> decode_field_text(std::string_view text, Charset charset, std::string_view name) {
  if (text.find('\0') != std::string_view::npos) return field_error(name, "has a NUL character");
  auto decoded = decode_charset(text, charset);
  if (!decoded) return field_error(name, "is not valid UTF-8");
  return *std::move(decoded);
}

}  // namespace dray::http
