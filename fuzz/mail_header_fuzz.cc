// Addresses and headers of mails, and properties: no bytes can end a header, and what may stand alone stays as it is.
#include <cassert>
#include <cstdint>

#include "base/text.h"
#include "lang/mail/address.h"
#include "lang/mail/header_text.h"
#include "lang/mail/properties.h"

using namespace dray;

namespace {
void expect_one_header(std::string_view text, bool is_only_ascii) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 3) == "\r\n ") i += 2;
    assert(text[i] == ' ' || (text[i] > ' ' && text[i] <= '~') || (!is_only_ascii && (text[i] & 0x80)));
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto clean = mail::clean_header_text(text);
  assert(is_valid_utf8(clean) && mail::clean_header_text(clean) == clean);
  for (std::size_t used : {0, 9, 60, 100}) {
    expect_one_header(mail::encode_header_text(text, used), true);
    expect_one_header(mail::encode_words(text, used), true);
  }
  expect_one_header(mail::format_address({std::string(text), "a@b.c"}), true);

  auto address = mail::parse_address(text);
  assert(address ? *address == text : !address.error().message.empty());
  if (address) {
    expect_one_header(mail::format_address({"", *address}), !mail::needs_smtputf8(*address));
    assert(mail::format_address({"", *address}) == text && is_valid_utf8(text));
  }
  auto properties = mail::parse_properties(text);
  assert(properties || properties.error().message.starts_with("line "));
  if (properties)
    for (const auto& [key, value] : *properties) assert(is_valid_utf8(key) && is_valid_utf8(value));
  return 0;
}
