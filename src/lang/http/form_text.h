// What both kinds of forms do with their text. For the sources of this module.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "lang/http/charset.h"

namespace dray::http {

inline constexpr std::string_view kCharsetField = "_charset_";

// Code::invalid: 'the form field "NAME" PROBLEM'. The name may be any bytes.
Error field_error(std::string_view name, std::string_view problem);
Error too_many_fields();

// The text of the field `name`, or its name, in UTF-8. Code::invalid: it is not in that charset, or has a NUL.
Result<std::string> decode_field_text(std::string_view text, Charset charset, std::string_view name);

}  // namespace dray::http
