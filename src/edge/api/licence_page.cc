#include "edge/api/licence_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "edge/api/html.h"
#include "lang/mail/plain_text.h"

namespace dray::api {
namespace {

// Its text is shown as text, whatever markup it has.
std::string format_text(const LicenceQuestion& question, const pipeline::SelectedLicence& licence) {
  if (licence.html)
    return fmt::format("<p class=\"licence\">{}</p>", escape_html(mail::plain_text_of_html(*licence.html)));
  return fmt::format("<p><a href=\"{}\">Read the licence {}</a></p>", escape_html(question.address(licence)),
                     escape_html(licence.page.substr(licence.page.rfind('/') + 1)));
}

std::string format_licence(const LicenceQuestion& question, const pipeline::SelectedLicence& licence) {
  std::string names;
  auto named = licence.named();
  for (const auto& asset : named) names += fmt::format("<li>{}</li>", escape_html(asset.name()));
  if (licence.asset_count > named.size())
    names += fmt::format("<li>and {} more</li>", licence.asset_count - named.size());
  return fmt::format(
      "<li>{}<label><input type=\"checkbox\" name=\"license\" value=\"{}\"{}> I agree</label><details><summary>Assets "
      "under this licence: {}</summary><ul>{}</ul></details></li>\n",
      format_text(question, licence), licence.id, licence.is_accepted ? " checked" : "", licence.asset_count, names);
}

}  // namespace

std::string hidden_field(std::string_view name, std::string_view value) {
  return fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape_html(name), escape_html(value));
}

server::Response make_licence_page(const LicenceQuestion& question) {
  std::string items, back, more;
  const auto& found = question.found;
  for (const auto& licence : found.licences) items += format_licence(question, licence);
  if (found.count > found.licences.size())
    more = fmt::format("<p>There are {} more licences. What comes with them is left out: choose less at a time.</p>\n",
                       found.count - found.licences.size());
  if (!question.back_address.empty())
    back = fmt::format(" <a href=\"{}\">Back</a>", escape_html(question.back_address));
  auto body = fmt::format(
      "<h1>Copyright Management</h1>\n<p>Some of what you chose comes with a licence. What you do not agree to is left "
      "out.</p>\n<form method=\"post\" action=\"{}\">\n{}<ul class=\"inbox\">\n{}</ul>\n{}<div "
      "class=\"actions\"><button>{}</button>{}</div></form>",
      escape_html(question.form_address), question.hidden_fields, items, more, escape_html(question.button), back);
  return make_page_response(200, "Copyright Management", body);
}

}  // namespace dray::api
