// Fields of forms are text where they say so, never larger than what was sent, and survive being written and read
// again. Input: a line with the Content-Type, then the body.
#include <algorithm>
#include <cassert>
#include <cstdint>

#include "base/text.h"
#include "lang/http/form.h"
#include "lang/http/target.h"

using namespace dray;

namespace {
bool is_text(std::string_view text) { return is_valid_utf8(text) && text.find('\0') == std::string_view::npos; }
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto type = text.substr(0, text.find('\n'));
  auto body = text.substr(std::min(type.size() + 1, size));
  auto form = http::parse_form(type, body);
  if (!form) {
    assert(is_valid_utf8(form.error().message));
    return 0;
  }
  std::string again;
  std::size_t bytes = 0;
  for (const auto& field : form->fields) {
    assert(is_text(field.name) && is_text(field.file_name) && (field.is_file || is_text(field.value)));
    assert(field.file_name.find_first_of("/\\") == std::string::npos && (field.is_file || field.file_name.empty()));
    assert(form->find(field.name) && (form->find_file(field.name) || !field.is_file));
    bytes += field.name.size() + field.value.size() + field.file_name.size();
    // With an x before it no name is `_charset_`: the texts are UTF-8 by now.
    again += "x" + http::format_query_value(field.name) + "=" + http::format_query_value(field.value) + "&";
  }
  assert(bytes <= body.size() * 3);  // a byte of windows-1252 takes up to three in UTF-8
  auto reread = http::parse_urlencoded(again);
  for (std::size_t i = 0; reread && i < form->fields.size(); ++i) {
    assert(reread->fields[i].name == "x" + form->fields[i].name && reread->fields[i].value == form->fields[i].value);
  }
  return 0;
}
