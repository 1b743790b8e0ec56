// Dates, tags, file names, credentials and cookies: what was read is written and read again as the same value, and what
// is written cannot end its header.
#include <cassert>
#include <cstdint>

#include "base/asset_path.h"
#include "base/text.h"
#include "lang/http/authorization.h"
#include "lang/http/disposition.h"
#include "lang/http/validators.h"

using namespace dray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto date = http::parse_http_date(text)) assert(http::parse_http_date(http::format_http_date(*date)) == date);
  if (auto tags = http::parse_entity_tags(text)) {
    std::string list;
    for (const auto& tag : *tags) list += http::format_entity_tag(tag) + ",";
    assert(http::parse_entity_tags(list) == tags);
  }

  if (auto name = http::parse_disposition_filename(text)) assert(check_name(*name));
  auto disposition = http::format_content_disposition(http::Disposition::attachment, text);
  for (char c : disposition) assert(c >= ' ' && c <= '~');
  bool keeps = check_name(text) && text.find('\\') == std::string_view::npos;
  if (keeps) assert(http::parse_disposition_filename(disposition) == text);

  auto credentials = http::parse_authorization(text);
  if (auto* basic = credentials ? std::get_if<http::BasicCredentials>(&*credentials) : nullptr) {
    assert(basic->user.find(':') == std::string::npos);
    auto header = "Basic " + format_base64(bytes_of(basic->user + ":" + basic->password));
    assert(*http::parse_authorization(header) == *credentials);
  }

  http::Head head;
  head.fields = {{"Cookie", std::string(text)}, {"If-None-Match", std::string(text)}, {"If-Range", std::string(text)}};
  http::Validators current{{"v", false}, Seconds()};
  if (auto value = http::find_cookie(head, "dray")) assert(value->find(';') == std::string::npos);
  assert(http::check_preconditions(head, current) != http::Precondition::failed);
  assert(!http::range_applies(head, current) || text == "\"v\"" || http::parse_http_date(text) == Seconds());
  return 0;
}
