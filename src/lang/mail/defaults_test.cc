#include "lang/mail/defaults.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "lang/mail/template.h"

namespace dray::mail {
namespace {

Family family_of(const DefaultTemplate& row) {
  return row.path.find("/workflow/") != row.path.npos ? Family::workflow : Family::link_share;
}

Variables values_of(Family family) {
  Variables values;
  auto names = family == Family::workflow ? known_workflow_variables() : known_link_share_variables();
  for (auto name : names) values.emplace(name, "<" + std::string(name) + ">");
  return values;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST(Defaults, AreSortedAndFound) {
  auto all = default_templates();
  EXPECT_EQ(all.size(), 9u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path < b.path; }));
  for (const auto& row : all) EXPECT_EQ(find_default_template(row.path), row.text) << row.path;
  EXPECT_EQ(find_default_template("/libs/settings/dam/adhocassetshare/it.txt"), std::nullopt);
  EXPECT_EQ(find_default_template(""), std::nullopt);
}

TEST(Defaults, ParseAndKnowEveryVariable) {
  for (const auto& row : default_templates()) {
    auto page = parse_template(family_of(row), row.text);
    ASSERT_TRUE(page) << row.path << ": " << page.error().message;
    auto mail = render(*page, values_of(family_of(row)));
    EXPECT_TRUE(mail.unknown.empty()) << row.path;
    EXPECT_TRUE(is_valid_utf8(row.text));
    EXPECT_FALSE(has(mail.text, "${") || has(mail.text, "\uFFFD")) << mail.text;
    EXPECT_EQ(mail.html.empty(), family_of(row) == Family::workflow) << row.path;
  }
}

TEST(Defaults, SayWhatThePersonNeedsToKnow) {
  for (const auto& row : default_templates()) {
    auto text = render(*parse_template(family_of(row), row.text), values_of(family_of(row))).text;
    if (family_of(row) == Family::link_share) {
      for (std::string_view name : {"<emailInitiator>", "<emailMessage>", "<linkExpiry>", "pagePath"})
        EXPECT_TRUE(has(text, name)) << row.path << name;
      continue;
    }
    for (std::string_view name : {"<download.links>", "<download.failures>", "<download.expires>", "<download.state>"})
      EXPECT_TRUE(has(text, name)) << row.path << name;
    bool is_for_others = has(std::string(row.path), "downloadasset");
    EXPECT_EQ(has(text, "<download.message>") && has(text, "<initiator.name>"), is_for_others) << row.path;
  }
}

TEST(Defaults, ReadWellWithoutValues) {
  for (const auto& row : default_templates()) {
    auto mail = render(*parse_template(family_of(row), row.text), {});
    EXPECT_FALSE(mail.subject.empty()) << row.path;
    for (std::string_view odd : {"()", "<>", "\"\"", " ,", " ."})
      EXPECT_FALSE(has(mail.text, odd)) << row.path << mail.text;
  }
}

TEST(Defaults, WriteLinesThatReadAsMeant) {
  auto text = *find_default_template("/libs/settings/dam/workflow/notification/email/downloadasset/de.txt");
  auto mail = render(*parse_template(Family::workflow, text), {{"download.name", "Sommer"},
                                                               {"participant.name", "Jane Doe"},
                                                               {"initiator.name", "Max"},
                                                               {"initiator.email", "max@example.com"},
                                                               {"download.links", "a.zip, 1.5 MB: https://a.example/1"},
                                                               {"download.size", "1.5 MB"}});
  EXPECT_EQ(mail.subject, "Ein Download für Sie: Sommer");
  EXPECT_TRUE(
      mail.text.starts_with("Guten Tag Jane Doe\n\nFür Sie wurde ein Download angefordert: Sommer\n\n"
                            "Von: Max max@example.com\n"))
      << mail.text;
  EXPECT_TRUE(has(mail.text, "\n\nIhre Links:\na.zip, 1.5 MB: https://a.example/1\n\n")) << mail.text;
  EXPECT_TRUE(has(mail.text, "\nGröße: 1.5 MB\n")) << mail.text;
}

TEST(Defaults, LoadNothingFromOutside) {
  for (const auto& row : default_templates())
    for (std::string_view outside : {"http:", "https:", "//", "src=", "url(", "@import", "<link", "<script"})
      EXPECT_FALSE(has(std::string(row.text), outside)) << row.path << outside;
}

}  // namespace
}  // namespace dray::mail
