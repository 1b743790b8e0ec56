#include "lang/mail/address.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace dray::mail {
namespace {

std::string times(std::size_t count, std::string_view text) {
  std::string out;
  while (count-- > 0) out += text;
  return out;
}

std::string refusal_of(std::string_view text) {
  auto address = parse_address(text);
  return address ? "" : address.error().message;
}

TEST(Address_Parsing, TakesOrdinaryAddressesAsTheyAre) {
  for (std::string_view good :
       {"jane@example.com", "Jane.Doe+tag@Example.COM", "o'brien@example.co.uk", "a@b", "x_y-z@a-1.example",
        "!#$%&'*+-/=?^_`{|}~@example.com", "grüße@müller.example", "用户@例子.公司", "a@xn--mller-kva.example"}) {
    auto address = parse_address(good);
    ASSERT_TRUE(address) << good << ": " << refusal_of(good);
    EXPECT_EQ(*address, good);
  }
}

TEST(Address_Parsing, RefusesWhatIsNotOneBareAddress) {
  using namespace std::string_literals;
  for (const std::string& bad : {""s,
                                 "@"s,
                                 "jane"s,
                                 "@example.com"s,
                                 "jane@"s,
                                 "a@b@c"s,
                                 "Jane <jane@example.com>"s,
                                 "<jane@example.com>"s,
                                 "a@b.c, d@e.f"s,
                                 "a@b.c;d@e.f"s,
                                 "a:b@c.d"s,
                                 "\"a b\"@c.d"s,
                                 "a(b)@c.d"s,
                                 "a@[127.0.0.1]"s,
                                 "a\\b@c.d"s,
                                 " a@b.c"s,
                                 "a@b.c "s,
                                 "a b@c.d"s,
                                 "a@b.c\n"s,
                                 "a@b.c\r\nBcc: x@y.z"s,
                                 "a\t@b.c"s,
                                 "a\0@b.c"s,
                                 "a\x7F@b.c"s,
                                 ".a@b.c"s,
                                 "a.@b.c"s,
                                 "a..b@c.d"s,
                                 "a@.b"s,
                                 "a@b."s,
                                 "a@b..c"s,
                                 "a@-b.c"s,
                                 "a@b-.c"s,
                                 "a@b_c.d"s,
                                 "a@b!.c"s,
                                 "a\xFF@b.c"s,
                                 "a\xC3@b.c"s,
                                 "a@\xED\xA0\x80.c"s}) {
    auto address = parse_address(bad);
    ASSERT_FALSE(address) << bad;
    EXPECT_EQ(address.error().code, Code::invalid);
    EXPECT_NE(address.error().message.find("Give one address"), std::string::npos);
  }
}

TEST(Address_Parsing, RefusesWhatCannotBeSeen) {
  for (std::string_view sign :
       {"\u0085", "\u00A0", "\u00AD", "\u200B", "\u200E", "\u2028", "\u2029", "\u202E", "\u2060", "\u3000", "\uFEFF"}) {
    EXPECT_FALSE(parse_address(std::string("a") + std::string(sign) + "b@example.com")) << format_hex(bytes_of(sign));
    EXPECT_FALSE(parse_address("a@exam" + std::string(sign) + "ple.com")) << format_hex(bytes_of(sign));
  }
  for (std::string_view sign : {"\u3002", "\uFF0E", "\uFF61", "\uFF20"})
    EXPECT_FALSE(parse_address("a@b" + std::string(sign) + "example.com")) << sign;
}

TEST(Address_Parsing, KeepsToTheLengthsOfMail) {
  EXPECT_TRUE(parse_address(times(64, "a") + "@b.c"));
  EXPECT_FALSE(parse_address(times(65, "a") + "@b.c"));
  EXPECT_FALSE(parse_address(times(33, "é") + "@b.c"));
  EXPECT_TRUE(parse_address("a@" + times(63, "b") + ".c"));
  EXPECT_FALSE(parse_address("a@" + times(64, "b") + ".c"));
  EXPECT_TRUE(parse_address("aaaa@" + times(124, "b.") + "c"));
  EXPECT_FALSE(parse_address("aaaaaaa@" + times(124, "b.") + "c"));
}

TEST(Address_Parsing, SaysWhatIsWrongInOneShortLine) {
  EXPECT_EQ(refusal_of("jane"),
            "\"jane\" is not a mail address: it has no @. Give one address alone, such as "
            "jane@example.com.");
  EXPECT_NE(refusal_of("a@b.c, d@e.f").find("it has the character ,"), std::string::npos);
  EXPECT_NE(refusal_of("a\u202Eb@c.d").find("U+202E"), std::string::npos);
  auto message = refusal_of("x\r\n\x01\xFF" + times(100'000, "ü"));
  EXPECT_LT(message.size(), 250u);
  EXPECT_TRUE(is_valid_utf8(message));
  EXPECT_EQ(message.find_first_of("\r\n\x01"), std::string::npos);
}

TEST(Address_NeedsSmtputf8, OnlyBeyondAscii) {
  EXPECT_FALSE(needs_smtputf8("jane@example.com"));
  EXPECT_TRUE(needs_smtputf8("grüße@example.com"));
  EXPECT_TRUE(needs_smtputf8("a@müller.example"));
}

TEST(Address_Formatting, WritesNamesAsPlainlyAsTheyAllow) {
  EXPECT_EQ(format_address({"", "a@b.c"}), "a@b.c");
  EXPECT_EQ(format_address({"Jane Doe", "a@b.c"}), "Jane Doe <a@b.c>");
  EXPECT_EQ(format_address({"Doe, J. \"JD\" \\", "a@b.c"}), "\"Doe, J. \\\"JD\\\" \\\\\" <a@b.c>");
  EXPECT_EQ(format_address({"two  blanks", "a@b.c"}), "\"two  blanks\" <a@b.c>");
  EXPECT_EQ(format_address({"Jürgen", "a@b.c"}), "=?UTF-8?Q?J=C3=BCrgen?= <a@b.c>");
  EXPECT_EQ(format_address({"山田", "a@b.c"}), "=?UTF-8?B?5bGx55Sw?= <a@b.c>");
}

TEST(Address_Formatting, LetsNothingBreakOut) {
  EXPECT_EQ(format_address({"x\r\nBcc: y@z.c", "a@b.c"}), "\"x Bcc: y@z.c\" <a@b.c>");
  EXPECT_EQ(format_address({"x\" <y@z.c>, \"", "a@b.c"}), "\"x\\\" <y@z.c>, \\\"\" <a@b.c>");
  EXPECT_EQ(format_address({"=?UTF-8?Q?=3Cy=40z.c=3E?=", "a@b.c"}).find("=3C"), std::string::npos);
  EXPECT_EQ(format_address({" \r\n\t", "a@b.c"}), "a@b.c");
  EXPECT_EQ(format_address({"ü, the quick brown fox jumps (x)", "a@b.c"}),
            "=?UTF-8?Q?=C3=BC=2C_the_quick_brown_fox_jumps_=28x=29?= <a@b.c>");
}

TEST(Address_Formatting, KeepsLinesShort) {
  auto address = format_address({times(60, "Grüße "), times(60, "a") + "@example.com"});
  for (auto line : split(address, '\n')) EXPECT_LE(line.size(), 77u) << line;
  EXPECT_EQ(format_address({times(40, "a") + " " + times(20, "b"), times(30, "c") + "@example.com"}),
            times(40, "a") + " " + times(20, "b") + "\r\n <" + times(30, "c") + "@example.com>");
}

}  // namespace
}  // namespace dray::mail
