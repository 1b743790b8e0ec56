#include "lang/mail/properties.h"

#include <gtest/gtest.h>

namespace dray::mail {
namespace {

using Properties = std::map<std::string, std::string>;

Properties read(std::string_view text) {
  auto properties = parse_properties(text);
  EXPECT_TRUE(properties) << text << ": " << properties.error().message;
  return properties ? *properties : Properties();
}

std::string error_of(std::string_view text) {
  auto properties = parse_properties(text);
  return properties ? "" : properties.error().message;
}

TEST(Properties, ReadTheDocumentedSample) {
  EXPECT_EQ(read("subject=Download ready: ${download.name}\n\n"
                 " header=Time: ${event.TimeStamp}\\n \\\n   User: ${participant.name} (${participant.id})\\n\\n\n\n"
                 "message=${host.prefix}${payload.path.open}\\n\n\n"
                 "footer=\\nThis is an automatically generated message. Please do not reply.\n"),
            (Properties{{"subject", "Download ready: ${download.name}"},
                        {"header", "Time: ${event.TimeStamp}\n User: ${participant.name} (${participant.id})\n\n"},
                        {"message", "${host.prefix}${payload.path.open}\n"},
                        {"footer", "\nThis is an automatically generated message. Please do not reply."}}));
}

TEST(Properties, EndLinesInEveryWay) {
  EXPECT_EQ(read("a=1\rb=2\r\nc=3\nd=4"), (Properties{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}));
  EXPECT_EQ(read("a=1\\\r\n2\\\r3\\\n4"), (Properties{{"a", "1234"}}));
  EXPECT_EQ(read(""), Properties());
  EXPECT_EQ(read("\n\r\r\n \t\f\n"), Properties());
}

TEST(Properties, IgnoreComments) {
  EXPECT_EQ(read("# x=1\n ! y=2\\\nz=3\na=#4!\n\t#"), (Properties{{"z", "3"}, {"a", "#4!"}}));
  EXPECT_EQ(read("a=1\\\n# no comment"), (Properties{{"a", "1# no comment"}}));
  EXPECT_EQ(read("\\\n#=1\na"), (Properties{{"a", ""}}));  // as Java: nothing stood before the continuation
}

TEST(Properties, ContinueAfterAnOddNumberOfBackslashes) {
  EXPECT_EQ(read("a=x \\\n \t\f y"), (Properties{{"a", "x y"}}));
  EXPECT_EQ(read("a=x\\\\\nb=y"), (Properties{{"a", "x\\"}, {"b", "y"}}));
  EXPECT_EQ(read("a=x\\\\\\\nb=y"), (Properties{{"a", "x\\b=y"}}));
  EXPECT_EQ(read("a=x\\\n\nb=y"), (Properties{{"a", "x"}, {"b", "y"}}));
  EXPECT_EQ(read("a\\\n  b \\\n = \\\n 1"), (Properties{{"ab", "1"}}));
  EXPECT_EQ(read("a=x\\"), (Properties{{"a", "x"}}));
  EXPECT_EQ(read("\\\n\n\\"), Properties());
}

TEST(Properties, SeparateKeyAndValueInEveryWay) {
  Properties one = {{"a", "1"}};
  for (std::string_view line : {"a=1", "a:1", "a 1", "a\t1", "a\f1", "a = 1", "a : 1", "  a  1", "a =\\\n1"})
    EXPECT_EQ(read(line), one) << line;
  EXPECT_EQ(read("a==1"), (Properties{{"a", "=1"}}));
  EXPECT_EQ(read("a = : 1 "), (Properties{{"a", ": 1 "}}));
  EXPECT_EQ(read("a\nb=\nc ="), (Properties{{"a", ""}, {"b", ""}, {"c", ""}}));
  EXPECT_EQ(read("=1"), (Properties{{"", "1"}}));
}

TEST(Properties, DecodeEscapes) {
  EXPECT_EQ(read("a\\ b\\=\\:\\#=\\t\\n\\r\\f\\q\\\"\\\\"), (Properties{{"a b=:#", "\t\n\r\fq\"\\"}}));
  EXPECT_EQ(read("a=\\u0041\\u00e9\\u20AC\\uD83D\\uDE00"), (Properties{{"a", "Aé€😀"}}));
  EXPECT_EQ(read("a=\\uD83D\\\n  \\uDE00"), (Properties{{"a", "😀"}}));
  EXPECT_EQ(read("a=\\u00\\\n e9"), (Properties{{"a", "é"}}));
  EXPECT_EQ(read("a=\\ü"), (Properties{{"a", "ü"}}));
}

TEST(Properties, SayWhereAnEscapeIsWrong) {
  EXPECT_EQ(error_of("a=1\r\n\rb=\\u12g4"), "line 3: \\u needs four hexadecimal digits after it");
  EXPECT_EQ(error_of("a=1\\\n\\u-123"), "line 2: \\u needs four hexadecimal digits after it");
  for (std::string_view bad : {"\\u", "\\u123", "a=\\u+123", "a=\\u 123"})
    EXPECT_EQ(parse_properties(bad).error().code, Code::invalid) << bad;
  for (std::string_view bad :
       {"a=\\uD83D", "a=\\uDE00", "a=\\uD83D\\u0041", "a=\\uD83Dx", "a=\\uD83D\\uD83D", "a=\\uD83D\nb=\\uDE00"})
    EXPECT_NE(error_of(bad).find("line 1: \\u has one half"), std::string::npos) << bad;
}

TEST(Properties, CountTheLastOfRepeatedKeys) { EXPECT_EQ(read("a=1\na=2"), (Properties{{"a", "2"}})); }

TEST(Properties, AreUtf8OrElseLatin1) {
  EXPECT_EQ(read("a=Grüße 😀"), (Properties{{"a", "Grüße 😀"}}));
  EXPECT_EQ(read("\uFEFFa=1"), (Properties{{"a", "1"}}));
  EXPECT_EQ(read("a=Gr\xFC\xDF"
                 "e"),
            (Properties{{"a", "Grüße"}}));
}

}  // namespace
}  // namespace dray::mail
