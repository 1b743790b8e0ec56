#include "lang/mail/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "lang/mail/characters.h"
#include "lang/mail/header_text.h"

namespace dray::mail {
namespace {

// address = local-part "@" domain
// local-part = word *( "." word )      word = 1*( atext / UTF8-non-ascii )       (RFC 5322, 3.2.3; RFC 6532, 3.2)
// domain = label *( "." label )        label = letter-or-digit [ *( letter-or-digit / "-" ) letter-or-digit ]
constexpr std::size_t kLongestAddress = 254;  // RFC 5321, section 4.5.3.1.3, less the angle brackets
constexpr std::size_t kLongestLocalPart = 64;
constexpr std::size_t kLongestLabel = 63;
constexpr std::string_view kSpecials = "<>,;:\"()[]\\";

using Fault = std::optional<std::string>;  // what is wrong, for a person

Fault find_bad_character(std::string_view text) {
  if (!is_valid_utf8(text)) return "it is not UTF-8 text";
  while (!text.empty()) {
    auto [code, bytes] = first_character(text);
    if (code == '\r' || code == '\n') return "it has a line break";
    if (code == ' ' || code == '\t') return "it has a blank";
    if (is_invisible(code)) return fmt::format("it has the invisible character U+{:04X}", std::uint32_t{code});
    if (kSpecials.find(bytes) != kSpecials.npos) return fmt::format("it has the character {}", bytes);
    text.remove_prefix(bytes.size());
  }
  return std::nullopt;
}

Fault find_bad_local_part(std::string_view text) {
  if (text.empty()) return "nothing stands before the @";
  if (text.size() > kLongestLocalPart) return fmt::format("more than {} bytes stand before the @", kLongestLocalPart);
  if (text.starts_with('.') || text.ends_with('.') || text.find("..") != text.npos)
    return "before the @ a dot is first, last or doubled";
  return std::nullopt;
}

bool may_be_in_label(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

Fault find_bad_label(std::string_view label) {
  if (label.empty()) return "in the domain a dot is first, last or doubled";
  if (label.size() > kLongestLabel) return fmt::format("a part of the domain is longer than {} bytes", kLongestLabel);
  if (label.starts_with('-') || label.ends_with('-'))
    return fmt::format("the part {} of the domain starts or ends with a hyphen", label);
  if (!std::all_of(label.begin(), label.end(), may_be_in_label))
    return fmt::format("the part {} of the domain has other characters than letters, digits and hyphens", label);
  return std::nullopt;
}

// Signs that some programs read as a dot or as an @ when they look the domain up (RFC 3490, section 3.1).
Fault find_look_alike(std::string_view domain) {
  for (std::string_view sign : {"\u3002", "\uFF0E", "\uFF61", "\uFF20", "\uFE6B"})
    if (domain.find(sign) != domain.npos) return fmt::format("its domain has the character {}", sign);
  return std::nullopt;
}

Fault find_bad_domain(std::string_view text) {
  if (text.empty()) return "nothing stands behind the @";
  for (auto label : split(text, '.'))
    if (auto fault = find_bad_label(label)) return fault;
  return find_look_alike(text);
}

Fault find_fault(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.size() > kLongestAddress) return fmt::format("it is longer than {} bytes", kLongestAddress);
  if (auto fault = find_bad_character(text)) return fault;
  auto at = text.find('@');
  if (at == text.npos) return "it has no @";
  if (text.find('@', at + 1) != text.npos) return "it has more than one @";
  if (auto fault = find_bad_local_part(text.substr(0, at))) return fault;
  return find_bad_domain(text.substr(at + 1));
}

// For a message: one line, not too long.
std::string shorten(std::string_view text) {
  constexpr std::size_t kEnough = 80;
  if (text.size() <= kEnough) return clean_header_text(text);
  auto end = kEnough;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return clean_header_text(text.substr(0, end)) + "\u2026";
}

bool is_atom_character(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// phrase = 1*word   word = atom / quoted-string   (RFC 5322, section 3.2.5)
bool is_words(std::string_view text) {
  auto words = split(text, ' ');
  return std::all_of(words.begin(), words.end(), [](std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), is_atom_character);
  });
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

constexpr std::size_t kLine = 76;
constexpr std::size_t kHeaderName = std::string_view("Reply-To: ").size();  // the longest with addresses

std::string format_name(std::string_view name) {
  bool is_plain = is_ascii(name) && name.find("=?") == name.npos && name.size() <= kLine - kHeaderName;
  if (!is_plain) return encode_words(name, kHeaderName);
  return is_words(name) ? std::string(name) : quote(name);
}

}  // namespace

Result<std::string> parse_address(std::string_view text) {
  if (auto fault = find_fault(text)) {
    return Error{Code::invalid, fmt::format("\"{}\" is not a mail address: {}. Give one address alone, such as "
                                            "jane@example.com.",
                                            shorten(text), *fault)};
  }
  return std::string(text);
}

bool needs_smtputf8(std::string_view address) { return !is_ascii(address); }

std::string format_address(const Address& address) {
  auto name = clean_header_text(address.name);
  auto bare = clean_header_text(address.address);  // a second lock: what was parsed has nothing to clean
  if (name.empty()) return bare;
  auto phrase = format_name(name);
  auto fold = phrase.rfind('\n');
  auto used = fold == phrase.npos ? kHeaderName + phrase.size() : phrase.size() - fold - 1;
  bool fits = used + bare.size() + std::string_view(" <>").size() <= kLine;
  return fmt::format("{}{} <{}>", phrase, fits ? "" : "\r\n", bare);
}

}  // namespace dray::mail
