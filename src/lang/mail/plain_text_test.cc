#include "lang/mail/plain_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

#include "base/text.h"
#include "lang/mail/entities.h"

namespace dray::mail {
namespace {

TEST(PlainText, BreaksLinesAtBlocks) {
  EXPECT_EQ(plain_text_of_html("<p>One</p><p>Two<br>three<br/>four</p>"), "One\n\nTwo\nthree\nfour");
  EXPECT_EQ(plain_text_of_html("<div>a<div>b</div></div><div>c</div>d"), "a\nb\nc\nd");
  EXPECT_EQ(plain_text_of_html("a<br><br><br><br>b"), "a\n\nb");
  EXPECT_EQ(plain_text_of_html("<h1>T</h1><ul><li>a</li><li><p>b</p></li><li></li></ul>c"), "T\n\n- a\n\n- b\n\nc");
  EXPECT_EQ(plain_text_of_html("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>"), "a b\nc");
  EXPECT_EQ(plain_text_of_html("<br><p></p>a<br>"), "a");
}

TEST(PlainText, CollapsesWhiteSpace) {
  EXPECT_EQ(plain_text_of_html("  a \r\n\t <b> b</b>&nbsp;\u00A0 c  <br>  d "), "a b c\nd");
  EXPECT_EQ(plain_text_of_html("a<i>b</i>c"), "abc");
  EXPECT_EQ(plain_text_of_html("line\r\nline"), "line line");
}

TEST(PlainText, LeavesOutWhatIsNotShown) {
  EXPECT_EQ(plain_text_of_html("<!DOCTYPE html><html><head>x<title>T</title><style>p{}</style></head><body>a</body>"),
            "a");
  EXPECT_EQ(plain_text_of_html("a<!-- <b>x</b> -- > -->b<!-->c<!--->d<?php x ?>e"), "abcde");
  EXPECT_EQ(plain_text_of_html("a<script>if (1 < 2) '</p>'</scripty></SCRIPT >b<STYLE>c</style>d"), "abd");
  EXPECT_EQ(plain_text_of_html("<head><meta charset='utf-8'><link rel=x><p>no end of the head"), "no end of the head");
  EXPECT_EQ(plain_text_of_html("<header>a</header>"), "a");
}

TEST(PlainText, WritesWhereLinksLead) {
  EXPECT_EQ(plain_text_of_html("<a href=\"https://a.example/?x=1&amp;y=2\">Open</a>, please"),
            "Open <https://a.example/?x=1&y=2>, please");
  EXPECT_EQ(plain_text_of_html("See <a href='https://a.example'> https://a.example </a>."), "See https://a.example .");
  EXPECT_EQ(plain_text_of_html("<A CLASS=x HREF=https://a.example><img alt=x></A>"), "https://a.example");
  EXPECT_EQ(plain_text_of_html("<a href=mailto:a@b.c>a@b.c</a> <a href=#top>up</a> <a name=x>y</a>"), "a@b.c up y");
  EXPECT_EQ(plain_text_of_html("<a href='x:1'>1<a href='x:2'>2"), "1 <x:1>2 <x:2>");
  EXPECT_EQ(plain_text_of_html("<ul><li><a href='x:1'><div>a</div></a></ul>b"), "- a <x:1>\n\nb");
  EXPECT_EQ(plain_text_of_html("<li><a href='x:1'>x:1</a>"), "- x:1");
  EXPECT_EQ(plain_text_of_html("<a href=' x: <&gt;\n\"'>a</a>"), "a <x:%20%3C%3E\">");
  EXPECT_EQ(plain_text_of_html("<a title='a>b' href='x:1' href='x:2'>a</a>"), "a <x:1>");
}

TEST(PlainText, DecodesEntities) {
  EXPECT_EQ(plain_text_of_html("&lt;b&gt; &amp;amp; &quot;&apos;&#39;&#x27; &auml;&euro;"), "<b> &amp; \"''' ä€");
  EXPECT_EQ(plain_text_of_html("&#228;&#xE4;&#XE4;&#128512;"), "äää😀");
  EXPECT_EQ(plain_text_of_html("&nope; &amp &; &# &#; &#x; &#xZZ; &#-1; AT&T"),
            "&nope; &amp &; &# &#; &#x; &#xZZ; &#-1; AT&T");
  EXPECT_EQ(plain_text_of_html("a&#0;&#xD800;&#x110000;&#99999999999999999999;"), "a\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(plain_text_of_html("a&#10;&#13;b&#7;&#x85;c&shy;d"), "a bcd");
}

TEST(PlainText, KnowsItsEntitiesByOrder) {
  auto all = known_entities();
  auto is_less = [](const Entity& a, const Entity& b) { return a.name < b.name; };
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), is_less));
  for (const auto& entity : all) EXPECT_EQ(decode_entities("&" + std::string(entity.name) + ";"), entity.characters);
}

TEST(PlainText, BearsBadHtml) {
  EXPECT_EQ(plain_text_of_html("a < b > c <3 <"), "a < b > c <3 <");
  EXPECT_EQ(plain_text_of_html("a</>b</ x>c<!>d"), "abcd");
  EXPECT_EQ(plain_text_of_html("a<b"), "a");
  EXPECT_EQ(plain_text_of_html("a<b title=\"x>y</b>"), "a");
  EXPECT_EQ(plain_text_of_html("a<!-- b"), "a");
  EXPECT_EQ(plain_text_of_html("a<script>b"), "a");
  EXPECT_EQ(plain_text_of_html("a<b =x=y \"'>c</b/x>"), "ac");
  EXPECT_EQ(plain_text_of_html("a\xFF<b>\xC3</b>"), "a\uFFFD\uFFFD");
  EXPECT_EQ(plain_text_of_html(""), "");
}

TEST(PlainText, TakesLinearTimeForRubbish) {
  auto start = std::chrono::steady_clock::now();
  for (std::string_view piece :
       {"<",           "</",     "<!--", "<a href='", "<a ",      "&",    "&#",         "<script>",
        "<a href=x>",  "</a>",   "<!",   "'\"",       "<br>",     "<li>", "<script></", "a<title></titl",
        "<a href=x>y", "<head>", " ",    "-->",       "<a =\"\" "}) {
    std::string rubbish;
    while (rubbish.size() < 1'000'000) rubbish += piece;
    EXPECT_LE(plain_text_of_html(rubbish).size(), 4 * rubbish.size());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));  // quadratic would be hours
}

TEST(PlainText, HasNoControlCharactersWhateverComes) {
  const std::vector<std::string> pieces = {"<p>",      "</p>", "<br>", "<a href='x:y\x01'>",
                                           "</a>",     "a",    " ",    "\n",
                                           "\r",       "\x02", "<li>", "&#1;",
                                           "\u2028",   "<td>", "<!--", "-->",
                                           "\"",       "'",    ">",    "<script>",
                                           "</script>"};
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string html;
    for (auto count = random() % 30; count > 0; --count) html += pieces[random() % pieces.size()];
    auto text = plain_text_of_html(html);
    for (char c : text) ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << html;
    ASSERT_EQ(text.find("\n\n\n"), text.npos) << html;
    ASSERT_EQ(text.find(" \n"), text.npos) << html;
    ASSERT_EQ(trim(text), text) << html;
  }
}

TEST(HtmlOfPlainText, EscapesAndMakesLinks) {
  auto html = html_of_plain_text("a <b>\nsee http://x.example/?a=1&b=2, or\nhttps://y.example");
  EXPECT_NE(html.find("a &lt;b&gt;<br>see <a href=\"http://x.example/?a=1&amp;b=2,\">"), std::string::npos) << html;
  EXPECT_NE(html.find("<br><a href=\"https://y.example\">https://y.example</a>"), std::string::npos) << html;
  EXPECT_EQ(plain_text_of_html(html_of_plain_text("1 < 2\nhttps://y.example")), "1 < 2\nhttps://y.example");
}

}  // namespace
}  // namespace dray::mail
