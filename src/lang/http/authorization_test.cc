#include "lang/http/authorization.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace dray::http {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

std::string basic(std::string_view user_pass) { return "Basic " + format_base64(bytes_of(user_pass)); }

TEST(Authorization, IsBasicOrBearerOrAbsent) {
  EXPECT_EQ(*parse_authorization(std::nullopt), Credentials());
  EXPECT_EQ(*parse_authorization("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            Credentials(BasicCredentials{"Aladdin", "open sesame"}));
  EXPECT_EQ(*parse_authorization(basic("a:b:c")), Credentials(BasicCredentials{"a", "b:c"}));
  EXPECT_EQ(*parse_authorization(basic(":")), Credentials(BasicCredentials{"", ""}));
  EXPECT_EQ(*parse_authorization(basic("\xC3\xBC:\xE2\x82\xAC")),
            Credentials(BasicCredentials{"\xC3\xBC", "\xE2\x82\xAC"}));
  EXPECT_EQ(*parse_authorization("bearer   a-Z_0.9~+/=="), Credentials(BearerToken{"a-Z_0.9~+/=="}));
}

TEST(Authorization, IsRefusedOtherwise) {
  for (std::string bad : {"Basic"s, "Basic "s, "Basic !"s, "Basic QQ"s, "Basic QQ==x"s, "Basic YTpi YTpi"s,
                          basic("nocolon"), basic("a:b\n"), basic("a\0:b"s), basic("a:\xFF"), "Bearer"s, "Bearer "s,
                          "Bearer ="s, "Bearer a b"s, "Bearer a=b"s, "Bearer a,b"s, "Bearer \xC3\xBC"s}) {
    auto credentials = parse_authorization(bad);
    ASSERT_FALSE(credentials) << bad;
    EXPECT_EQ(credentials.error().code, Code::invalid);
  }
}

TEST(Authorization, AsksForASchemeThatIsKnown) {
  for (std::string other : {""s, " "s, "Digest username=\"a\""s, "Negotiate abc"s, "QWxhZGRpbg=="s, "Basic\tYTpi"s}) {
    auto credentials = parse_authorization(other);
    ASSERT_FALSE(credentials) << other;
    EXPECT_EQ(credentials.error().code, Code::unauthenticated);
  }
}

TEST(Cookie, IsFoundByItsExactName) {
  Head head;
  head.fields = {{"Cookie", "a=1; session=\"x=y\";b=;broken; session=2"}, {"cookie", "late=3"}};
  EXPECT_EQ(find_cookie(head, "a"), "1");
  EXPECT_EQ(find_cookie(head, "session"), "\"x=y\"");
  EXPECT_EQ(find_cookie(head, "b"), "");
  EXPECT_EQ(find_cookie(head, "late"), "3");
  for (const char* absent : {"A", "ession", "sessio", "broken", "", "x"})
    EXPECT_EQ(find_cookie(head, absent), std::nullopt) << absent;
  EXPECT_EQ(find_cookie(Head(), "a"), std::nullopt);
}

TEST(SetCookie, KeepsTheCookieFromScripts) {
  EXPECT_EQ(format_set_cookie("dray", "t0k-_en", "/", std::nullopt, Secure::no),
            "dray=t0k-_en; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(format_set_cookie("dray", "x", "/a", 8h, Secure::yes, SameSite::strict),
            "dray=x; Path=/a; Max-Age=28800; Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(format_set_cookie("dray", "", "/", 0s, Secure::yes),
            "dray=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
}

}  // namespace
}  // namespace dray::http
