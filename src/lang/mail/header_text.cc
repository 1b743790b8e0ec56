#include "lang/mail/header_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "lang/mail/characters.h"

namespace dray::mail {
namespace {

constexpr std::string_view kFold = "\r\n ";
constexpr std::size_t kLongLine = 78;         // better not longer (RFC 5322, section 2.1.1)
constexpr std::size_t kLongestPiece = 900;    // of text that cannot be folded; a line must not have more than 998
constexpr std::size_t kLongestWord = 75;      // of an encoded word (RFC 2047, section 2)
constexpr std::size_t kLongestWordLine = 76;  // of a line that has one

// encoded-word = "=?" charset "?" encoding "?" encoded-text "?="   (RFC 2047, section 2)
constexpr std::string_view kQ = "=?UTF-8?Q?", kB = "=?UTF-8?B?", kEnd = "?=";
constexpr std::size_t kFrame = kQ.size() + kEnd.size();
constexpr std::size_t kShortestWord = kFrame + 12;  // one character of four bytes, as Q

enum class Encoding { b, q };

// What may stand for itself in a phrase too (RFC 2047, section 5, rule 3).
bool is_plain_in_q(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("!*+-/").find(c) != std::string_view::npos;
}

std::size_t q_length(std::string_view text) {
  std::size_t length = 0;
  for (char c : text) length += is_plain_in_q(c) || c == ' ' ? 1 : 3;
  return length;
}

std::size_t b_length(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

std::string encode_q(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_plain_in_q(c))
      out += c;
    else if (c == ' ')
      out += '_';
    else
      out += fmt::format("={:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string encode_word(std::string_view text, Encoding encoding) {
  bool is_q = encoding == Encoding::q;
  return fmt::format("{}{}{}", is_q ? kQ : kB, is_q ? encode_q(text) : format_base64(bytes_of(text)), kEnd);
}

// The longest start of `text`, in whole characters, that fits `room` when encoded.
std::string_view take(std::string_view text, std::size_t room, Encoding encoding) {
  std::size_t taken = 0, q = 0;
  while (taken < text.size()) {
    auto bytes = first_character(text.substr(taken)).bytes;
    q += q_length(bytes);
    if ((encoding == Encoding::q ? q : b_length(taken + bytes.size())) > room) break;
    taken += bytes.size();
  }
  return text.substr(0, taken);
}

// A blank or more and what follows up to the next: the unit between two places where a line may be folded.
std::string_view first_piece(std::string_view text) {
  auto visible = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(0, std::min(text.find(' ', visible), text.size()));
}

bool must_be_encoded(std::string_view text) {
  if (!is_ascii(text) || text.find("=?") != std::string_view::npos) return true;
  while (!text.empty()) {
    auto piece = first_piece(text);
    if (piece.size() > kLongestPiece) return true;
    text.remove_prefix(piece.size());
  }
  return false;
}

// The blanks stay: unfolding removes the CR LF alone. The first piece stays on the line of the header's name.
std::string fold(std::string_view text, std::size_t used) {
  std::string out;
  while (!text.empty()) {
    auto piece = first_piece(text);
    if (!out.empty() && used + piece.size() > kLongLine) {
      out += "\r\n";
      used = 0;
    }
    out += piece;
    used += piece.size();
    text.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace

std::string clean_header_text(std::string_view text) {
  auto valid = replace_invalid_utf8(text);
  std::string out;
  bool in_run = false;  // of control characters, and blanks after them
  for (std::string_view rest = valid; !rest.empty();) {
    auto [code, bytes] = first_character(rest);
    rest.remove_prefix(bytes.size());
    in_run = is_control(code) || (in_run && code == ' ');
    if (!in_run)
      out += bytes;
    else if (!out.ends_with(' '))
      out += ' ';
  }
  return std::string(trim(out));
}

std::string encode_words(std::string_view utf8, std::size_t first_line_used) {
  auto text = clean_header_text(utf8);
  auto encoding = b_length(text.size()) < q_length(text) ? Encoding::b : Encoding::q;
  std::string out;
  std::size_t used = first_line_used;
  for (std::string_view rest = text; !rest.empty();) {
    // Blanks between encoded words are no part of the text (RFC 2047, section 6.2).
    if (!out.empty() || used + kShortestWord > kLongestWordLine) {
      out += kFold;
      used = 1;
    }
    auto taken = take(rest, std::min(kLongestWord, kLongestWordLine - used) - kFrame, encoding);
    out += encode_word(taken, encoding);
    rest.remove_prefix(taken.size());
  }
  return out;
}

std::string encode_header_text(std::string_view utf8, std::size_t first_line_used) {
  auto text = clean_header_text(utf8);
  return must_be_encoded(text) ? encode_words(text, first_line_used) : fold(text, first_line_used);
}

// date-time = day-name "," day month year hour ":" minute ":" second zone   (RFC 5322, section 3.3)
std::string format_date(Seconds time) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto midnight = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(midnight);
  std::chrono::hh_mm_ss clock(time - midnight);
  return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} +0000", kDays[std::chrono::weekday(midnight).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace dray::mail
