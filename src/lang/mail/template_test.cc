#include "lang/mail/template.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace dray::mail {
namespace {

Template parse(Family family, std::string_view file) {
  auto parsed = parse_template(family, file);
  EXPECT_TRUE(parsed) << file << ": " << parsed.error().message;
  return parsed ? *parsed : Template();
}
Template workflow(std::string_view file) { return parse(Family::workflow, file); }
Template link_share(std::string_view file) { return parse(Family::link_share, file); }

std::string refusal_of(Family family, std::string_view file) {
  auto parsed = parse_template(family, file);
  return parsed ? "" : parsed.error().message;
}

TEST(WorkflowTemplate, RendersTheDocumentedSample) {
  auto mail =
      render(workflow("subject=Download ready: ${download.name}\n\n"
                      "header=Time: ${event.TimeStamp}\\n \\\nUser: ${participant.name} (${participant.id})\\n\\n\n\n"
                      "message=${host.prefix}${payload.path.open}\\n\n\n"
                      "footer=\\nThis is an automatically generated message. Please do not reply.\n"),
             {{"download.name", "Summer"},
              {"event.TimeStamp", "2026-11-26T14:06:23+00:00"},
              {"participant.name", "Jane Doe"},
              {"participant.id", "jane"},
              {"host.prefix", "https://dam.example"},
              {"payload.path.open", "/downloads/1"}});
  EXPECT_EQ(mail, (Rendered{"Download ready: Summer",
                            "Time: 2026-11-26T14:06:23+00:00\n User: Jane Doe (jane)\n\n"
                            "https://dam.example/downloads/1\n\n"
                            "This is an automatically generated message. Please do not reply.",
                            "",
                            {}}));
}

TEST(WorkflowTemplate, NeedsASubjectAndABody) {
  EXPECT_NE(refusal_of(Family::workflow, "message=x").find("no subject"), std::string::npos);
  EXPECT_NE(refusal_of(Family::workflow, "subject= \nmessage=x").find("no subject"), std::string::npos);
  EXPECT_NE(refusal_of(Family::workflow, "subject=x").find("no body"), std::string::npos);
  EXPECT_NE(refusal_of(Family::workflow, "subject=x\nheader=\nmessage=\\n \nfooter=").find("no body"),
            std::string::npos);
  EXPECT_NE(refusal_of(Family::workflow, "subject=x\nmessage=\\uD800").find("line 2"), std::string::npos);
  for (std::string_view part : {"header", "message", "footer"})
    EXPECT_EQ(workflow("subject=x\nother=y\n" + std::string(part) + "=z").body, "z");
}

TEST(WorkflowTemplate, MayBeHtml) {
  auto page = workflow("subject=${download.name}\nheader=\\n <p>\nmessage=${download.message}</p>");
  EXPECT_EQ(page.kind, BodyKind::html);
  auto mail = render(page, {{"download.message", "a <b>\r\n\"c\" & 'd'"}, {"download.name", "A & <B>"}});
  EXPECT_EQ(mail.html, "\n <p>a &lt;b&gt;<br>&quot;c&quot; &amp; &#39;d&#39;</p>");
  EXPECT_EQ(mail.text, "a <b>\n\"c\" & 'd'");
  EXPECT_EQ(mail.subject, "A & <B>");
  auto plain = render(workflow("subject=x\nmessage=${download.message}"), {{"download.message", "<b>"}});
  EXPECT_EQ(plain.text, "<b>");  // a value cannot turn a text into HTML
  EXPECT_EQ(plain.html, "");
}

TEST(LinkShareTemplate, HasTheThreeDocumentedShapes) {
  Template page{Family::link_share, "${emailSubject}", "<!DOCTYPE html>\n<p>${emailMessage}</p>\n", BodyKind::html};
  EXPECT_EQ(link_share("subject: ${emailSubject}\n\n<!DOCTYPE html>\n<p>${emailMessage}</p>\n"), page);
  EXPECT_EQ(link_share("\n<!--\nsubject: no\n${host.prefix}\n-->\n \nsubject: ${emailSubject}\n\n"
                       "<!DOCTYPE html>\n<p>${emailMessage}</p>\n"),
            page);
  EXPECT_EQ(link_share("${emailInitiator} sent\n${pagePath}"),
            (Template{Family::link_share, std::nullopt, "${emailInitiator} sent\n${pagePath}", BodyKind::text}));
}

TEST(LinkShareTemplate, FollowsItsGrammar) {
  EXPECT_EQ(link_share("SUBJECT:\t x \r\nbody\r\n"), (Template{Family::link_share, "x", "body\n", BodyKind::text}));
  EXPECT_EQ(link_share("subject:x\n\n\nbody").body, "\nbody");
  EXPECT_EQ(link_share("subject:\nbody").subject, "");
  EXPECT_EQ(link_share("subject line: x\n").subject, std::nullopt);
  EXPECT_EQ(link_share("body\nsubject: x").subject, std::nullopt);
  EXPECT_EQ(link_share("<!-- a --><!-- b -->\nx").body, "<!-- b -->\nx");
  EXPECT_EQ(link_share("<!-- a -->\ntext").kind, BodyKind::text);
  EXPECT_EQ(link_share("\uFEFFsubject: x\ny").subject, "x");
}

TEST(LinkShareTemplate, SaysWhatIsWrong) {
  EXPECT_NE(refusal_of(Family::link_share, "").find("no body"), std::string::npos);
  EXPECT_NE(refusal_of(Family::link_share, "subject: x\n\n \n").find("no body"), std::string::npos);
  EXPECT_NE(refusal_of(Family::link_share, "\n\n<!-- x").find("line 3"), std::string::npos);
  EXPECT_NE(refusal_of(Family::link_share, "a\nb \xFC\nc").find("line 2"), std::string::npos);
}

TEST(LinkShareTemplate, HasASubjectInAnyCase) {
  Variables typed = {{"emailSubject", "Summer"}, {"emailInitiator", "max@example.com"}};
  Variables silent = {{"emailSubject", " \r\n"}, {"emailInitiator", "max@example.com"}};
  EXPECT_EQ(render(link_share("x"), typed).subject, "Summer");
  EXPECT_EQ(render(link_share("x"), silent).subject, "max@example.com shared assets with you");
  EXPECT_EQ(render(link_share("subject: ${emailSubject}\nx"), silent).subject,
            "max@example.com shared assets with you");
  EXPECT_EQ(render(link_share("subject: Look\nx"), typed).subject, "Look");
}

TEST(LinkShareTemplate, TakesTheNamesOfAssetShareCommons) {
  auto page = link_share("Subject: ${subject}\n\n<p>${message}</p>${assetLinksHTML} ${assetLinkListHtml} ${signature}");
  auto mail = render(page, {{"emailSubject", "S"}, {"emailMessage", "<M>"}, {"pagePath", "https://a.example/1"}});
  EXPECT_EQ(mail.subject, "S");
  EXPECT_EQ(mail.html, "<p>&lt;M&gt;</p>https://a.example/1 https://a.example/1 ${signature}");
  EXPECT_EQ(mail.unknown, std::vector<std::string>{"signature"});
  EXPECT_EQ(render(link_share("${message}"), {{"message", "own"}, {"emailMessage", "other"}}).text, "own");
  EXPECT_EQ(render(link_share("[${message}]"), {}).text, "[]");
  EXPECT_EQ(render(workflow("subject=x\nmessage=${message}"), {}).unknown, std::vector<std::string>{"message"});
}

TEST(Rendering, ReplacesVariablesOnce) {
  auto page = workflow("subject=${download.name}\nmessage=${download.message} ${download.name}");
  auto mail = render(page, {{"download.name", "${download.message}"}, {"download.message", "${${download.name}}"}});
  EXPECT_EQ(mail.subject, "${download.message}");
  EXPECT_EQ(mail.text, "${${download.name}} ${download.message}");
  EXPECT_TRUE(mail.unknown.empty());
}

TEST(Rendering, TellsUnknownVariablesFromEmptyOnes) {
  auto page = workflow("subject=${b} ${a}\nmessage=[${download.failures}] ${b} ${emailSubject} ${given}");
  auto mail = render(page, {{"given", "1"}});
  EXPECT_EQ(mail.subject, "${b} ${a}");
  EXPECT_EQ(mail.text, "[] ${b} ${emailSubject} 1");
  EXPECT_EQ(mail.unknown, (std::vector<std::string>{"a", "b", "emailSubject"}));
}

TEST(Rendering, LeavesOtherTextInBracesAlone) {
  for (std::string text :
       {"$", "${", "${}", "${ a }", "${a", "${a${", "$${a-}x{}", "${a\n}", "${ä}", "{pagePath}", "$pagePath"})
    EXPECT_EQ(render(link_share("x" + text), {}).text, "x" + text);
  EXPECT_EQ(render(link_share("x${a ${pagePath}"), {{"pagePath", "1"}}).text, "x${a 1");
}

TEST(Rendering, KeepsEveryValueInItsPlace) {
  const std::string attack =
      "a\r\nBcc: x@y.z\r\n\r\n</p></script><script>alert(1)</script>\" onclick='x' ${pagePath} \u2028\x01\xFF";
  for (auto name : known_link_share_variables()) {
    auto variable = "${" + std::string(name) + "}";
    Variables values = {{std::string(name), attack}};
    auto page =
        render(link_share("subject: " + variable + "\n<a href=\"" + variable + "\">" + variable + "</a>"), values);
    EXPECT_EQ(page.subject.find_first_of("\r\n\x01"), std::string::npos);
    EXPECT_EQ(page.subject.find("\u2028"), std::string::npos);
    EXPECT_EQ(page.html.find("<script"), std::string::npos);
    EXPECT_EQ(std::count(page.html.begin(), page.html.end(), '"'), 2);
    EXPECT_EQ(page.html.find('\''), std::string::npos);
    auto text = render(link_share("subject: " + variable + "\nx" + variable), values).text;
    EXPECT_EQ(text, "xa\nBcc: x@y.z\n\n</p></script><script>alert(1)</script>\" onclick='x' ${pagePath} \n\uFFFD");
    EXPECT_TRUE(is_valid_utf8(page.subject) && is_valid_utf8(page.html) && is_valid_utf8(page.text));
  }
}

TEST(Rendering, BearsLongAndForeignSubjects) {
  std::string subject;
  for (int i = 0; i < 10'000; ++i) subject += "שלום 😀 ";
  auto mail = render(link_share("subject: ${emailSubject}\nx"), {{"emailSubject", subject}});
  EXPECT_EQ(mail.subject, trim(subject));
}

TEST(Variables, AreSortedSoThatTheyAreFound) {
  for (auto names : {known_workflow_variables(), known_link_share_variables()})
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  for (auto name : known_workflow_variables()) EXPECT_EQ(find_value(Family::workflow, {}, name), "") << name;
  for (auto name : known_link_share_variables()) EXPECT_EQ(find_value(Family::link_share, {}, name), "") << name;
  EXPECT_EQ(known_workflow_variables().size(), 36u);
  EXPECT_EQ(find_value(Family::link_share, {}, "download.name"), std::nullopt);
}

}  // namespace
}  // namespace dray::mail
