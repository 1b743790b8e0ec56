#include "lang/mail/header_text.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/text.h"

namespace dray::mail {
namespace {

constexpr std::size_t kSubject = 9;  // "Subject: "

// Another reader of RFC 2047, written from its text alone. Fails on a word that is malformed, too long, or has only a
// part of a character.
class WordReader {
 public:
  static std::string read(std::string header) {
    std::string out;
    bool after_word = false;
    for (std::size_t fold; (fold = header.find("\r\n ")) != header.npos;) header.erase(fold, 2);
    for (auto piece : split(header, ' ')) {
      bool is_word = piece.starts_with("=?");
      if (!out.empty() && !(after_word && is_word)) out += ' ';
      out += is_word ? decode(piece) : std::string(piece);
      after_word = is_word;
    }
    return out;
  }

 private:
  static std::string decode(std::string_view word) {
    EXPECT_LE(word.size(), 75u);
    EXPECT_TRUE(word.starts_with("=?UTF-8?") && word.ends_with("?=")) << word;
    auto text = word.substr(10, word.size() - 12);
    auto decoded = word[8] == 'B' ? decode_b(text) : decode_q(text);
    EXPECT_TRUE(is_valid_utf8(decoded)) << word;
    return decoded;
  }
  static std::string decode_b(std::string_view text) {
    auto bytes = parse_base64(text);
    EXPECT_TRUE(bytes) << text;
    return std::string(text_of(*bytes));
  }
  static std::string decode_q(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      EXPECT_EQ(std::string_view("?\"(),.:;<>@[\\] ").find(text[i]), std::string_view::npos) << text;
      if (text[i] != '=')
        out += text[i] == '_' ? ' ' : text[i];
      else
        out += text_of(*parse_hex(text.substr(std::exchange(i, i + 2) + 1, 2)));
    }
    return out;
  }
};

void expect_safe(const std::string& header, std::size_t first_line_used, std::size_t longest) {
  EXPECT_TRUE(is_ascii(header));
  std::size_t used = first_line_used;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i] != '\r') {
      ASSERT_TRUE(header[i] >= ' ' && header[i] <= '~') << header;
      EXPECT_LE(++used, longest) << header;
      continue;
    }
    ASSERT_EQ(header.substr(i, 3), "\r\n ") << header;
    ++i;
    used = 0;
  }
}

TEST(HeaderText_Cleaning, MakesOneLineOfAnything) {
  EXPECT_EQ(clean_header_text("a\r\nBcc: b"), "a Bcc: b");
  EXPECT_EQ(clean_header_text("a \r\n\t b"), "a b");
  EXPECT_EQ(clean_header_text(std::string_view("\0a\x1B\x7F"
                                               "b\n",
                                               6)),
            "a b");
  EXPECT_EQ(clean_header_text("a\u0085b\u2028c\u2029d\u009Be"), "a b c d e");
  EXPECT_EQ(clean_header_text("a\xFF\xC3"), "a\uFFFD\uFFFD");
  EXPECT_EQ(clean_header_text("  a  b  "), "a  b");
  EXPECT_EQ(clean_header_text("\r\n"), "");
}

TEST(HeaderText_Encoding, LeavesPlainTextAlone) {
  EXPECT_EQ(encode_header_text("Download ready: a.zip", kSubject), "Download ready: a.zip");
  EXPECT_EQ(encode_header_text("", kSubject), "");
  EXPECT_EQ(encode_header_text("what? = this", kSubject), "what? = this");
}

TEST(HeaderText_Encoding, FoldsPlainTextAtBlanks) {
  std::string words;
  for (int i = 0; i < 40; ++i) words += "word" + std::to_string(i) + (i % 3 ? " " : "  ");
  auto header = encode_header_text(words, kSubject);
  expect_safe(header, kSubject, 78);
  EXPECT_NE(header.find("\r\n"), header.npos);
  std::string unfolded;
  for (char c : header)
    if (c != '\r' && c != '\n') unfolded += c;
  EXPECT_EQ(unfolded, clean_header_text(words));
  std::string token(100, 'x');
  EXPECT_EQ(encode_header_text(token, kSubject), token);  // nowhere to fold, and short enough for a line
}

TEST(HeaderText_Encoding, TakesTheShorterForm) {
  EXPECT_EQ(encode_header_text("Ein Download für Sie: a.zip", kSubject),
            "=?UTF-8?Q?Ein_Download_f=C3=BCr_Sie=3A_a=2Ezip?=");
  EXPECT_EQ(encode_header_text("Grüße", kSubject), "=?UTF-8?B?R3LDvMOfZQ==?=");
  EXPECT_EQ(encode_header_text("写真", kSubject), "=?UTF-8?B?5YaZ55yf?=");
  EXPECT_EQ(encode_header_text("שלום", kSubject), "=?UTF-8?B?16nXnNeV150=?=");
  EXPECT_EQ(encode_header_text("=?UTF-8?Q?a?=", kSubject), "=?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?=");
  EXPECT_EQ(encode_header_text("a =?", kSubject), "=?UTF-8?Q?a_=3D=3F?=");
  EXPECT_EQ(encode_words("a b", 0), "=?UTF-8?Q?a_b?=");
}

TEST(HeaderText_Encoding, SplitsBetweenCharactersOnly) {
  for (std::size_t shift = 0; shift < 50; ++shift) {
    std::string plain(shift, 'x'), text = plain;
    for (int i = 0; i < 40; ++i) text += i % 2 ? "😀" : "é";
    auto header = encode_header_text(text, kSubject);
    expect_safe(header, kSubject, 76);
    EXPECT_EQ(WordReader::read(header), text);
  }
}

TEST(HeaderText_Encoding, ManagesAnyLengthOnAnyLine) {
  std::string long_text, long_token(5000, 'x');
  for (int i = 0; i < 3000; ++i) long_text += "Wörter ";
  for (std::size_t used : {0, 9, 51, 52, 53, 76, 1000}) {
    for (const auto& text : {long_text, long_token}) {
      auto header = encode_header_text(text, used);
      EXPECT_EQ(WordReader::read(header.starts_with("\r\n ") ? header.substr(3) : header), clean_header_text(text));
      expect_safe(header, used, std::max<std::size_t>(76, used));
    }
  }
  auto blanks = encode_header_text("a" + std::string(2000, ' ') + "b", kSubject);
  EXPECT_EQ(WordReader::read(blanks), "a" + std::string(2000, ' ') + "b");
}

TEST(HeaderText_Encoding, IsReadBackAndNeverEndsTheHeader) {
  const std::vector<std::string> pieces = {"a",       "Z9",       " ",       "  ",     "=?",
                                           "?=",      "_",        "=20",     "é",      "写",
                                           "😀",       "\r",       "\n",      "\t",     "\r\nBcc: x@y.z",
                                           "\xFF",    "\xF0\x9F", "ש",       "\u2028", "\u0085",
                                           "\x7F",    ",",        "<x@y.z>", "\"",     "👩‍👩‍👧",
                                           "e\u0301", "\u202E"};
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto count = random() % 60; count > 0; --count) text += pieces[random() % pieces.size()];
    std::size_t used = random() % 40;
    auto header = encode_header_text(text, used), clean = clean_header_text(text);
    expect_safe(header, used, 200);
    EXPECT_EQ(WordReader::read(header), clean);
    EXPECT_EQ(clean_header_text(clean), clean);
    EXPECT_EQ(WordReader::read(encode_words(text, used)), clean);
  }
}

TEST(Date_Formatting, WritesWhatMailExpects) {
  EXPECT_EQ(format_date(*parse_utc("2026-11-26T14:06:23Z")), "Thu, 26 Nov 2026 14:06:23 +0000");
  EXPECT_EQ(format_date(*parse_utc("2024-02-29T00:00:00Z")), "Thu, 29 Feb 2024 00:00:00 +0000");
  EXPECT_EQ(format_date(Seconds()), "Thu, 1 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(format_date(Seconds(std::chrono::seconds(-1))), "Wed, 31 Dec 1969 23:59:59 +0000");
}

}  // namespace
}  // namespace dray::mail
