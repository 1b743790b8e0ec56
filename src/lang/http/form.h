// Forms in the body of a request: application/x-www-form-urlencoded and multipart/form-data. The whole body is in
// memory; the caller has limited its size. The time is linear in it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dray::http {

inline constexpr std::size_t kMaxFormFields = 100'000;  // a field takes about 140 bytes beside its texts
inline constexpr std::size_t kMaxPartHeaders = 8 * 1024;

// All texts are valid UTF-8 without NUL; the value of a file is any bytes.
struct FormField {
  std::string name;
  std::string value;
  std::string file_name = {};     // without slashes and backslashes; else as sent: check_name() may refuse it
  std::string content_type = {};  // of the part, as sent; empty: none
  bool is_file = false;           // a file name was given, if only an empty one: browsers do that where none was chosen

  bool operator==(const FormField&) const = default;
};

struct Form {
  std::vector<FormField> fields;  // in the order sent; a name may occur several times

  std::optional<std::string_view> find(std::string_view name) const;  // the first value of that name, a file's included
  std::vector<std::string_view> all(std::string_view name) const;
  const FormField* find_file(std::string_view name) const;  // the first file of that name, nullptr: none

  bool operator==(const Form&) const = default;
};

// The text is in the charset that the field `_charset_` names (the first that is not empty; it stays among the fields),
// or else in `charset`. Code::invalid: '%' without two hexadecimal digits, NUL, or text that is not in its charset, the
// message naming the field; a charset that parse_charset() does not know. Code::too_large: more than kMaxFormFields.
Result<Form> parse_urlencoded(std::string_view body, std::string_view charset = "utf-8");

// `content_type` is the header with the boundary in it. `_charset_` as above, UTF-8 without it; a charset in the
// Content-Type of a part prevails for that part's text. Code::invalid as above, and: no boundary, or one that is not
// allowed; the last one missing; a part with malformed headers, without a name, or in base64 or quoted-printable.
// Code::too_large: more than kMaxFormFields parts, or more than kMaxPartHeaders bytes of headers in one.
Result<Form> parse_multipart(std::string_view content_type, std::string_view body);

// One or the other, as `content_type` says; Code::invalid for other types and for none.
Result<Form> parse_form(std::string_view content_type, std::string_view body);

}  // namespace dray::http
