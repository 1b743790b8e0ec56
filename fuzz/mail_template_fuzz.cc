// A template of either family, and the same bytes as values and as HTML: what is rendered is text without control
// characters, values cannot become tags, and what was filled once is not filled again.
#include <algorithm>
#include <cassert>
#include <cstdint>

#include "base/text.h"
#include "lang/mail/plain_text.h"
#include "lang/mail/template.h"

using namespace dray;

namespace {
void expect_clean(std::string_view text, bool may_have_lines) {
  assert(is_valid_utf8(text));
  for (char c : text) assert((c >= ' ' || (c & 0x80) || (may_have_lines && (c == '\n' || c == '\t'))) && c != '\x7F');
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  expect_clean(mail::plain_text_of_html(text), true);
  for (auto family : {mail::Family::workflow, mail::Family::link_share}) {
    bool is_workflow = family == mail::Family::workflow;
    mail::Variables values;
    for (auto name : is_workflow ? mail::known_workflow_variables() : mail::known_link_share_variables())
      values.emplace(name, text);
    auto page = mail::parse_template(family, text);
    assert(page || !page.error().message.empty());
    if (page) {
      auto mail = mail::render(*page, values);
      expect_clean(mail.subject, false);
      expect_clean(mail.text, true);
      expect_clean(mail.html, true);
      assert(mail.html.empty() == (page->kind == mail::BodyKind::text));
    }
    auto name = std::string(is_workflow ? "${download.message}" : "${emailMessage}");
    auto fixed = mail::render({family, name, "<p title=\"" + name + "\">", mail::BodyKind::html}, values);
    assert(std::count(fixed.html.begin(), fixed.html.end(), '"') == 2 && fixed.unknown.empty());
    for (auto at = fixed.html.find('<', 1); at != fixed.html.npos; at = fixed.html.find('<', at + 1))
      assert(fixed.html.substr(at, 4) == "<br>");
  }
  return 0;
}
