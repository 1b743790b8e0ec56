#include "lang/is/protection.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/digest.h"
#include "base/text.h"

namespace dray::is {

std::string checksum_of(std::string_view query) {
  std::uint32_t sum = 0;
  for (unsigned char byte : query) sum = (sum * 131 + byte) & 0xffff;
  return fmt::format("{:04x}", sum);
}

Result<std::string> undo_lock(std::string_view query) {
  constexpr std::size_t kLock = 5;  // & and the digits
  if (query.size() >= kLock && query[query.size() - kLock] == '&') {
    auto before = query.substr(0, query.size() - kLock);
    if (equal_ignoring_case(query.substr(query.size() - kLock + 1), checksum_of(before))) return std::string(before);
  }
  return Error{Code::invalid, "the request is locked, and its checksum is missing or wrong"};
}

namespace {

Sha256 code_of(std::string_view path, std::string_view query, std::string_view key) {
  auto text = fmt::format("{}?{}", path, query);
  return hmac_sha256(key, bytes_of(text));
}

}  // namespace

Result<std::string> undo_signature(std::string_view path, std::string_view query, std::string_view key, Seconds now) {
  Error refused{Code::invalid, "the request must be signed, and its signature is missing or wrong"};
  constexpr std::string_view kSignature = "sig=", kExpires = "expires=";
  auto at = query.rfind(kSignature);
  if (at == query.npos || (at > 0 && query[at - 1] != '&')) return refused;
  auto given = parse_sha256(query.substr(at + kSignature.size()));
  auto before = query.substr(0, at > 0 ? at - 1 : 0);
  if (!given || !are_equal(*given, code_of(path, before, key))) return refused;
  auto last = before.rfind('&');
  auto piece = before.substr(last == before.npos ? 0 : last + 1);
  if (!piece.starts_with(kExpires)) return std::string(before);
  auto time = parse_unsigned(piece.substr(kExpires.size()));
  if (!time || static_cast<std::int64_t>(*time) < now.time_since_epoch().count())
    return Error{Code::invalid, "the time of this signed request is over"};
  return std::string(before.substr(0, last == before.npos ? 0 : last));
}

std::string sign(std::string_view path, std::string_view query, std::string_view key, Seconds expires) {
  std::string whole(query);
  auto seconds = expires.time_since_epoch().count();
  if (seconds > 0) whole += fmt::format("{}expires={}", whole.empty() ? "" : "&", seconds);
  auto code = code_of(path, whole, key).hex();
  return fmt::format("{}{}sig={}", whole, whole.empty() ? "" : "&", code);
}

Result<std::string> undo_obfuscation(std::string_view query) {
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  while (query.ends_with('=')) query.remove_suffix(1);
  for (char c : query) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<std::uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<std::uint32_t>(c - 'a' + 26);
    else if (c >= '0' && c <= '9')
      value = static_cast<std::uint32_t>(c - '0' + 52);
    else if (c == '+' || c == '-')
      value = 62;
    else if (c == '/' || c == '_')
      value = 63;
    else
      return Error{Code::invalid, "the request must be obfuscated, and is not base64"};
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) text += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  if (count >= 6) return Error{Code::invalid, "the request must be obfuscated, and its base64 is cut"};
  return text;
}

}  // namespace dray::is
