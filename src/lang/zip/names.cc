#include "lang/zip/names.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/text.h"

namespace dray::zip {
namespace {

constexpr std::size_t kMaxSegment = 255;   // bytes; what ext4, APFS and NTFS take
constexpr std::size_t kMaxExtension = 64;  // bytes with the dot; so that a stem is left when a name is cut

// Longer input is shortened before anything else looks at it: putting n combining marks in order takes n^2 steps. What
// is kept is far more than the result can hold, even where NFC makes one character of four.
constexpr std::size_t kMaxInput = 4096;
constexpr std::size_t kKeptEnd = 256;

constexpr bool is_unsafe(std::int32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;  // C0, delete, C1
  if (c < 0x80) return std::string_view("<>:\"/\\|?*").find(static_cast<char>(c)) != std::string_view::npos;
  return c == 0x061C || c == 0x180E ||    // Arabic letter mark, Mongolian vowel separator
         (c >= 0x200B && c <= 0x200F) ||  // zero-width blank, joiners, direction marks
         (c >= 0x2028 && c <= 0x202E) ||  // line and paragraph separator, embeddings and overrides
         (c >= 0x2060 && c <= 0x206F) ||  // word joiner, invisible operators, isolates, deprecated controls
         c == 0xFEFF;                     // byte order mark
}

constexpr auto kUnsafeAscii = [] {
  std::array<bool, 128> table{};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = is_unsafe(static_cast<std::int32_t>(c));
  return table;
}();

bool is_plain(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte < 0x80 && !kUnsafeAscii[byte];
}

bool is_blank_or_dot(char c) { return c == ' ' || c == '.'; }

// The next character of `text`, taken off its front; -1 for a byte that is not part of valid UTF-8.
std::int32_t next_character(std::string_view& text) {
  std::int32_t c = -1;
  auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &c);
  text.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
  return length > 0 ? c : -1;
}

// `text` with `instead` for each byte that is not UTF-8 and each character that `bad` names.
template <typename Predicate>
std::string replaced(std::string_view text, Predicate bad) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto before = text;
    auto c = next_character(text);
    if (c < 0 || bad(c))
      out += '_';
    else
      out += before.substr(0, before.size() - text.size());
  }
  return out;
}

// `text` is UTF-8.
std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* result = nullptr;
  auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &result, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | options));
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(result, &std::free);
  if (length < 0) throw std::bad_alloc();  // valid UTF-8 leaves no other failure
  return {reinterpret_cast<const char*>(result), static_cast<std::size_t>(length)};
}

std::string to_nfc(std::string_view text) {
  return mapped(replaced(text, [](std::int32_t) { return false; }), 0);
}

std::string shortened(std::string_view name) {
  if (name.size() <= kMaxInput) return std::string(name);
  return std::string(name.substr(0, kMaxInput - kKeptEnd)) + std::string(name.substr(name.size() - kKeptEnd));
}

// What Windows compares with its device names: all before the first dot, without the blanks that end it.
std::string_view device_part(std::string_view name) {
  auto part = name.substr(0, name.find('.'));
  return part.substr(0, part.find_last_not_of(' ') + 1);
}

// CON, PRN, AUX, NUL, CONIN$, CONOUT$; COM and LPT with 1 to 9 or one of the superscripts 1, 2, 3 of Latin-1.
bool is_device(std::string_view name) {
  auto part = device_part(name);
  if (part.size() < 3 || part.size() > 7) return false;
  auto lower = ascii_lower(part);
  if (lower == "con" || lower == "prn" || lower == "aux" || lower == "nul") return true;
  if (lower == "conin$" || lower == "conout$") return true;
  if (!lower.starts_with("com") && !lower.starts_with("lpt")) return false;
  auto port = std::string_view(lower).substr(3);
  if (port.size() == 1) return port[0] >= '1' && port[0] <= '9';
  return port == "\u00B9" || port == "\u00B2" || port == "\u00B3";
}

bool is_safe_already(std::string_view name) {
  return !name.empty() && name.size() <= kMaxSegment && std::all_of(name.begin(), name.end(), is_plain) &&
         !is_blank_or_dot(name.back()) && !is_device(name);
}

void replace_trailing(std::string& text) {
  for (std::size_t i = text.size(); i > 0 && is_blank_or_dot(text[i - 1]); --i) text[i - 1] = '_';
}

// The longest part of `text` (which is UTF-8) that has at most `limit` bytes and ends between two characters.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

std::string cut_before_extension(const std::string& name) {
  if (name.size() <= kMaxSegment) return name;
  auto [stem, extension] = split_extension(name);
  std::string out(cut(stem, kMaxSegment - extension.size()));
  replace_trailing(out);
  return out += extension;
}

}  // namespace

// The order matters; each step leaves alone what the steps before it did:
// 1. NFC first, because it makes and unmakes characters: U+212A becomes K, '<' with U+0338 becomes one harmless
// character.
// 2. Replacing keeps NFC: '_' composes with nothing, and none of what it replaces is a combining mark.
// 3. Trailing dots and blanks become '_', which is neither, so "CON." is no device any more.
// 4. Device names, at the first dot, where Windows looks: "NUL.tar.gz" is NUL too.
// 5. Cutting last, because 4 adds a byte. A part of NFC is NFC; what is left of the stem has over 180 bytes and does
// not
//    end in a blank or dot, so no device name and no trailing dot can appear.
std::string make_safe_name(std::string_view name) {
  if (is_safe_already(name)) return std::string(name);
  auto safe = replaced(to_nfc(shortened(name)), is_unsafe);
  if (safe.empty()) return "_";
  replace_trailing(safe);
  if (is_device(safe)) safe.insert(std::min(safe.find('.'), safe.size()), "_");
  return cut_before_extension(safe);
}

// NFC comes first: folding a mark such as U+0345 makes a letter of it, and then the order of marks could no longer be
// put right.
std::string collision_key(std::string_view name) {
  if (is_ascii(name)) return ascii_lower(name);
  return mapped(to_nfc(name), UTF8PROC_CASEFOLD);
}

std::string numbered_name(std::string_view name, unsigned number) {
  auto safe = make_safe_name(name);
  auto [stem, extension] = split_extension(safe);
  auto suffix = fmt::format(" ({}){}", number, extension);
  return std::string(cut(stem, kMaxSegment - suffix.size())) + suffix;
}

NameParts split_extension(std::string_view name) {
  auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > kMaxExtension) return {name, {}};
  return {name.substr(0, dot), name.substr(dot)};
}

}  // namespace dray::zip
