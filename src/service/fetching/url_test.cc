#include "service/fetching/url.h"

#include <gtest/gtest.h>

namespace dray::fetching {
namespace {

TEST(Url, KnowsItsOriginAndHidesItsQuery) {
  auto url = parse_url("HTTPS://Server.example/a/b%20c.zip?token=secret#x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->origin, "https://server.example:443");
  EXPECT_EQ(url->shown.find("secret"), std::string::npos);
  EXPECT_NE(url->text.find("secret"), std::string::npos);
  EXPECT_EQ(url->last_segment(), "b c.zip");
  EXPECT_EQ(parse_url("http://[::1]:4502/")->origin, "http://[::1]:4502");
}

TEST(Url, RefusesSecretsAndOtherSchemes) {
  for (auto* bad : {"", "server", "/x", "ftp://server/x", "file:///etc/passwd", "http://", "http://a b/"})
    EXPECT_FALSE(parse_url(bad)) << bad;
  auto refused = parse_url("http://anna:geheim@server/");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("geheim"), std::string::npos);
}

TEST(Url, PathsStayOnTheServer) {
  auto server = *parse_url("http://server:4502/dray/?x=1");
  EXPECT_EQ(url_on_server(server, "/api/v1/x")->text, "http://server:4502/dray/api/v1/x");
  EXPECT_EQ(url_on_server(server, "http://server:4502/y")->text, "http://server:4502/y");
  for (auto* bad : {"http://elsewhere:4502/y", "//elsewhere/y", "https://server:4502/y", "http://server/y"}) {
    auto url = url_on_server(server, bad);
    ASSERT_FALSE(url) << bad;
    EXPECT_EQ(url.error().code, Code::denied);
  }
}

TEST(Url, ResolvesRedirects) {
  auto base = *parse_url("http://server:4502/a/b?x=1");
  EXPECT_EQ(resolve_url(base, "c")->text, "http://server:4502/a/c");
  EXPECT_EQ(resolve_url(base, "/c?y")->text, "http://server:4502/c?y");
  EXPECT_EQ(resolve_url(base, "https://other/z")->origin, "https://other:443");
}

}  // namespace
}  // namespace dray::fetching
