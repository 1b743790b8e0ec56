// Whatever passes the gate keeps the promises of Head, and reads the same when written out again.
#include <cassert>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "lang/http/head.h"

using namespace dray;

static std::string write_out(const http::Head& head) {
  std::string raw = head.method_name + " " + head.target + " HTTP/1." + std::to_string(head.minor_version) + "\r\n";
  for (const auto& field : head.fields) raw += field.name + ":" + field.value + "\r\n";
  return raw + "\r\n";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view raw(reinterpret_cast<const char*>(data), size);
  auto end = http::find_head_end(raw);
  assert(end == http::find_head_end(raw, end ? *end - 1 : size));
  if (end) raw = raw.substr(0, *end);
  auto answer = http::parse_head(raw);
  if (auto* error = std::get_if<http::HeadError>(&answer)) {
    assert(error->status >= 400 && error->status <= 505 && !error->error.message.empty());
    return 0;
  }
  const auto& head = std::get<http::Head>(answer);
  assert(end);  // nothing passes without its empty line
  assert(!(head.chunked && head.content_length) && head.count("Host") <= 1 && head.fields.size() <= 100);
  assert(head.target.starts_with('/') && is_ascii(head.target));
  for (const auto& [name, value] : head.fields) assert(!name.empty() && is_valid_utf8(value));
  auto again = http::parse_head(write_out(head));
  assert(std::get<http::Head>(again) == head);
  return 0;
}
