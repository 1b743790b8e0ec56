#include "lang/http/head.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace dray::http {
namespace {

using namespace std::string_literals;

std::string lines(std::initializer_list<std::string> of_head) {
  std::string raw;
  for (const auto& line : of_head) raw += line + "\r\n";
  return raw + "\r\n";
}
// A GET over HTTP/1.1 with a Host and these fields.
std::string with(std::initializer_list<std::string> fields) {
  std::string raw = "GET / HTTP/1.1\r\nHost: dray.example\r\n";
  for (const auto& field : fields) raw += field + "\r\n";
  return raw + "\r\n";
}
std::string with_line(const std::string& request_line) { return lines({request_line, "Host: dray.example"}); }

int status_of(const std::string& raw, const HeadLimits& limits = {}) {
  auto answer = parse_head(raw, limits);
  auto* error = std::get_if<HeadError>(&answer);
  return error ? error->status : 200;
}
Head ok(const std::string& raw) {
  auto answer = parse_head(raw);
  if (auto* error = std::get_if<HeadError>(&answer)) {
    ADD_FAILURE() << error->status << " " << error->error.message << " for " << raw;
    return {};
  }
  return std::get<Head>(answer);
}

TEST(Head, CarriesWhatWasSent) {
  auto head = ok(lines({"POST /a%20b?c=d HTTP/1.1", "Host: dray.example:8080", "X-Name: \t f\xC3\xBCr \t", "x-name:2",
                        "Empty:", "Content-Length: 12"}));
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.method_name, "POST");
  EXPECT_EQ(head.target, "/a%20b?c=d");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.fields.size(), 5u);
  EXPECT_EQ(head.fields[1], (Field{"X-Name", "f\xC3\xBCr"}));
  EXPECT_EQ(head.find("X-NAME"), "f\xC3\xBCr");
  EXPECT_EQ(head.count("x-Name"), 2u);
  EXPECT_EQ(head.find("empty"), "");
  EXPECT_EQ(head.find("missing"), std::nullopt);
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_FALSE(head.chunked);
}

TEST(Head, KnowsTheMethodsByTheirExactNames) {
  for (auto method :
       {Method::get, Method::head, Method::post, Method::put, Method::delete_, Method::options, Method::patch}) {
    EXPECT_EQ(ok(with_line(name_of(method) + " / HTTP/1.1"s)).method, method);
  }
  for (std::string other : {"get", "TRACE", "PROPFIND", "G!#$%&'*+-.^_`|~1"}) {
    EXPECT_EQ(ok(with_line(other + " / HTTP/1.1")).method, Method::other);
    EXPECT_EQ(ok(with_line(other + " / HTTP/1.1")).method_name, other);
  }
  EXPECT_STREQ(name_of(Method::other), "OTHER");
}

TEST(Head, RefusesRequestLinesThatAreNot) {
  for (std::string bad : {"", " ", "GET", "GET /", "GET / ", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ",
                          " GET / HTTP/1.1", "GET\t/ HTTP/1.1", "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.1x",
                          "GET / HTTP/x.1", "GET / HTTP/1,1", "GET / a HTTP/1.1", "G(T / HTTP/1.1", "/ HTTP/1.1"}) {
    EXPECT_EQ(status_of(with_line(bad)), 400) << bad;
  }
  for (std::string bad : {"GET / HTTP/0.9", "GET / HTTP/1.2", "GET / HTTP/2.0", "PRI * HTTP/2.0", "GET / HTTP/3.1"}) {
    EXPECT_EQ(status_of(with_line(bad)), 505) << bad;
  }
}

TEST(Head, TakesTargetsInOriginFormOnly) {
  for (std::string good : {"/", "/a/b.jpg", "/?", "/a?b|c^{d}", "//host/x", "/%00", "/..", "/a?b=http://x/"}) {
    EXPECT_EQ(ok(with_line("GET " + good + " HTTP/1.1")).target, good);  // what they mean: parse_target()
  }
  for (std::string bad : {"*"s, "a"s, "http://dray.example/"s, "dray.example:80"s, "?a"s, "/a#b"s, "/\x01"s, "/\x7F"s,
                          "/\0"s, "/\t"s, "/\x80"s, "/\xC3\xBC"s, "/?\xFF"s, "/\r"s, "/\n"s}) {
    EXPECT_EQ(status_of(with_line("GET " + bad + " HTTP/1.1")), 400) << bad;
  }
  EXPECT_EQ(status_of(with_line("OPTIONS * HTTP/1.1")), 400);
  EXPECT_EQ(status_of(with_line("CONNECT dray.example:80 HTTP/1.1")), 400);
}

TEST(Head, RefusesLinesThatEndOtherwise) {
  for (std::string bad :
       {"GET / HTTP/1.1\nHost: a\n\n"s, "GET / HTTP/1.1\nHost: a\r\n\r\n"s, "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"s, "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"s,
        "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"s, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"s,
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"s, "\r\n\r\n"s, "\r\n"s, ""s, "GET / HTTP/1.1\r\nHost: a\r\n"s,
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"s}) {
    EXPECT_EQ(status_of(bad), 400) << bad;
  }
}

TEST(Head, RefusesFieldsThatAreNot) {
  for (std::string bad : {"X : 1"s, "X\t: 1"s, ": 1"s, " X: 1"s, "\tX: 1"s, "X"s, "X(Y): 1"s, "X Y: 1"s, "X\0: 1"s,
                          "X\x80: 1"s, "X: a\0b"s, "X: a\x01"s, "X: a\x7F"s, "X: \x0B"s, "X: a\rb"s, "X: a\nb"s}) {
    EXPECT_EQ(status_of(with({bad})), 400) << bad;
  }
  EXPECT_EQ(status_of(with({"X: 1", " folded"})), 400);
  EXPECT_EQ(status_of(with({"X: 1", "\tfolded"})), 400);
}

TEST(Head, TakesBytesBeyondAsciiInValuesAsUtf8Only) {
  EXPECT_EQ(ok(with({"X: \xE2\x82\xAC"})).find("X"), "\xE2\x82\xAC");
  for (std::string bad : {"X: \xFF", "X: f\xFCr", "X: \xC0\x80", "X: \xED\xA0\x80"})
    EXPECT_EQ(status_of(with({bad})), 400);
}

TEST(Head, WantsExactlyOneHost) {
  for (std::string good :
       {"a", "dray.example", "dray.example:8080", "127.0.0.1:1", "[::1]", "[::1]:65535", "my_app-1:80"}) {
    EXPECT_EQ(ok(lines({"GET / HTTP/1.1", "Host: " + good})).find("Host"), good);
  }
  for (std::string bad : {"", "a b", "a,b", "a/b", "a@b", "a:", ":80", "a:+1", "a:65536", "a:80:80", "[::1", "[]",
                          "[x]", "[::1]x", "a\"b", "a<b", "a%62", "\xC3\xBC"}) {
    EXPECT_EQ(status_of(lines({"GET / HTTP/1.1", "Host: " + bad})), 400) << bad;
  }
  EXPECT_EQ(status_of(lines({"GET / HTTP/1.1"})), 400);
  EXPECT_EQ(status_of(lines({"GET / HTTP/1.1", "Host: a", "host: a"})), 400);
  EXPECT_EQ(status_of(lines({"GET / HTTP/1.0"})), 200);
  EXPECT_EQ(status_of(lines({"GET / HTTP/1.0", "Host: a", "Host: b"})), 400);
}

// Each of these gets past some other parser, or past some proxy, as another request than the one we would see.
TEST(Head, LeavesNoDoubtWhereTheBodyEnds) {
  struct Row {
    int status;
    std::string raw;
  };
  for (const auto& [status, raw] : std::initializer_list<Row>{
           {200, with({"Transfer-Encoding: chunked"})},
           {200, with({"transfer-encoding:\tChunked "})},
           {200, with({"Content-Length: 0"})},
           {200, with({"Content-Length: 9223372036854775807"})},
           {501, with({"Transfer-Encoding: gzip"})},
           {501, with({"Transfer-Encoding: identity"})},
           {501, with({"Transfer-Encoding: xchunked"})},
           {501, with({"Transfer-Encoding: chunked, chunked"})},
           {501, with({"Transfer-Encoding: gzip, chunked"})},
           {501, with({"Transfer-Encoding: chunked;a=b"})},
           {501, with({"Transfer-Encoding: \"chunked\""})},
           {400, with({"Transfer-Encoding:"})},
           {400, with({"Transfer-Encoding: \x0B"
                       "chunked"})},
           {400, with({"Transfer-Encoding: gzip", "Content-Length: 4"})},
           {400, with({"Transfer-Encoding: chunked", "Content-Length: 4"})},
           {400, with({"Content-Length: 4", "Transfer-Encoding: chunked"})},
           {400, with({"Transfer-Encoding: identity", "Transfer-Encoding: chunked"})},
           {400, with({"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"})},
           {400, with({"Transfer-Encoding : chunked"})},
           {400, with({"Transfer-Encoding: ", " chunked"})},
           {400, lines({"POST / HTTP/1.0", "Transfer-Encoding: chunked"})},
           {400, with({"Content-Length: 4, 4"})},
           {400, with({"Content-Length: 4", "Content-Length: 4"})},
           {400, with({"Content-Length: 4", "Content-Length: 5"})},
           {400, with({"Content-Length: +4"})},
           {400, with({"Content-Length: -4"})},
           {400, with({"Content-Length: 0x4"})},
           {400, with({"Content-Length: 4 4"})},
           {400, with({"Content-Length: 4.0"})},
           {400, with({"Content-Length:"})},
           {400, with({"Content-Length : 4"})},
           {400, with({"Content-Length: 9223372036854775808"})},
           {400, with({"Content-Length: 18446744073709551620"})},
           {400, with({"Content-Length: 99999999999999999999999"})},
       }) {
    EXPECT_EQ(status_of(raw), status) << raw;
  }
  EXPECT_TRUE(ok(with({"Transfer-Encoding: chunked"})).chunked);
  EXPECT_EQ(ok(with({})).content_length, std::nullopt);
}

TEST(Head, HasOneAuthorizationAtMost) {
  EXPECT_EQ(status_of(with({"Authorization: Bearer a"})), 200);
  EXPECT_EQ(status_of(with({"Authorization: Bearer a", "authorization: Bearer b"})), 400);
}

TEST(Head, CountsFieldsAndBytes) {
  auto padded = [](std::size_t size) {
    auto raw = with({"X: "});
    raw.insert(raw.size() - 4, size - raw.size(), 'x');
    return raw;
  };
  EXPECT_EQ(status_of(padded(16 * 1024)), 200);
  EXPECT_EQ(status_of(padded(16 * 1024 + 1)), 431);

  auto many = [](std::size_t count) {
    std::string raw = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < count; ++i) raw += "X: 1\r\n";
    return raw + "\r\n";
  };
  EXPECT_EQ(status_of(many(100)), 200);
  EXPECT_EQ(status_of(many(101)), 431);
  EXPECT_EQ(status_of(many(200)), 431);

  auto long_target = [](std::size_t size) { return with_line("GET /" + std::string(size - 1, 'x') + " HTTP/1.1"); };
  EXPECT_EQ(status_of(long_target(8 * 1024)), 200);
  EXPECT_EQ(status_of(long_target(8 * 1024 + 1)), 414);
  EXPECT_EQ(status_of(long_target(20 * 1024)), 414);
  EXPECT_EQ(status_of("GET /" + std::string(20 * 1024, 'x')), 414);  // a full buffer that has no end yet
  EXPECT_EQ(status_of(std::string(20 * 1024, 'x')), 431);
  EXPECT_EQ(status_of("\r\n" + std::string(20 * 1024, 'x')), 431);
  EXPECT_EQ(status_of(with({}), {.bytes = 10}), 431);
}

TEST(Head, SaysWhetherTheConnectionStaysOpen) {
  struct Row {
    KeepAlive expected;
    const char* version;
    const char* field;
  };
  for (auto [expected, version, field] : std::initializer_list<Row>{
           {KeepAlive::yes, "1.1", "X: 1"},
           {KeepAlive::no, "1.1", "Connection: close"},
           {KeepAlive::no, "1.1", "connection: TE, Close"},
           {KeepAlive::no, "1.1", "Connection: keep-alive, close"},
           {KeepAlive::yes, "1.1", "Connection: closed"},
           {KeepAlive::no, "1.0", "X: 1"},
           {KeepAlive::yes, "1.0", "Connection: Keep-Alive"},
           {KeepAlive::no, "1.0", "Connection: close,keep-alive"},
       }) {
    EXPECT_EQ(ok(lines({"GET / HTTP/"s + version, "Host: a", field})).keep_alive, expected) << version << " " << field;
  }
  EXPECT_EQ(ok(with({"Connection: x", "Connection: close"})).keep_alive, KeepAlive::no);
}

TEST(Head, KnowsOneExpectation) {
  EXPECT_TRUE(ok(with({"Expect: 100-Continue", "Content-Length: 1"})).expects_continue);
  EXPECT_TRUE(ok(with({"Expect: 100-continue", "Transfer-Encoding: chunked"})).expects_continue);
  EXPECT_FALSE(ok(with({"Content-Length: 1"})).expects_continue);
  EXPECT_FALSE(ok(with({"Expect: 100-continue"})).expects_continue);  // there is no body to wait for
  EXPECT_FALSE(ok(lines({"POST / HTTP/1.0", "Expect: 100-continue", "Content-Length: 1"})).expects_continue);
  EXPECT_EQ(status_of(with({"Expect: 200-ok"})), 417);
  EXPECT_EQ(status_of(with({"Expect:"})), 417);
  EXPECT_EQ(status_of(with({"Expect: 100-continue", "Expect: more"})), 417);
}

TEST(HeadEnd, IsFoundOnceItIsThere) {
  std::string raw = with({"X: 1"});
  for (std::size_t have = 0; have < raw.size(); ++have) EXPECT_EQ(find_head_end(raw.substr(0, have)), std::nullopt);
  for (std::size_t searched = 0; searched < raw.size(); ++searched) {
    EXPECT_EQ(find_head_end(raw + "body\r\n\r\n", searched), raw.size());
  }
  EXPECT_EQ(find_head_end("abc", 100), std::nullopt);
}

TEST(HeadEnd, IsAlsoWhereALineEndsWrongly) {
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\n\n"), 15);
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\r\nHost: a\n"), 24);
  EXPECT_EQ(find_head_end("\nGET"), 1);
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\r"), std::nullopt);
  EXPECT_EQ(status_of("GET / HTTP/1.1\n"), 400);
}

}  // namespace
}  // namespace dray::http
