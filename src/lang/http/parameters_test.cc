#include "lang/http/parameters.h"

#include <gtest/gtest.h>

namespace dray::http {
namespace {

TEST(ParameterizedValue, IsReadAsClientsWriteIt) {
  EXPECT_EQ(parse_parameterized("text/plain"), (ParameterizedValue{"text/plain", {}}));
  EXPECT_EQ(parse_parameterized(" Text/Plain ; Charset = UTF-8 ;; "),
            (ParameterizedValue{"text/plain", {{"charset", "UTF-8"}}}));
  EXPECT_EQ(parse_parameterized("a;b=\"c; d=\\\"e\\\\\";f=g"),
            (ParameterizedValue{"a", {{"b", "c; d=\"e\\"}, {"f", "g"}}}));
  EXPECT_EQ(parse_parameterized("a; b=\"C:\\temp\\a.jpg\"; b=\"\"")->find("b"), "C:\\temp\\a.jpg");
  EXPECT_EQ(parse_parameterized("a; b=----=_Part_1:/x?")->find("b"), "----=_Part_1:/x?");
  EXPECT_EQ(parse_parameterized("a; b=1")->find("c"), std::nullopt);
}

TEST(ParameterizedValue, IsNotGuessed) {
  for (auto bad : {"", ";", "; a=b", "a b", "a b=c", "a, b", "a; b", "a; b=", "a; b=;c=d", "a; =b", "a; b c=d",
                   "a; b=c d", "a; b=\"c", "a; b=\"c\\\"", "a; b=\"c\"d", "a; b=c\"d\"", "a; \"b\"=c", "\"a\""}) {
    EXPECT_EQ(parse_parameterized(bad), std::nullopt) << bad;
  }
}

TEST(ParameterizedValue, HasALimit) {
  std::string text = "a";
  for (std::size_t i = 0; i < kMaxParameters; ++i) text += ";b=c";
  EXPECT_EQ(parse_parameterized(text)->parameters.size(), kMaxParameters);
  EXPECT_EQ(parse_parameterized(text + ";b=c"), std::nullopt);
}

}  // namespace
}  // namespace dray::http
