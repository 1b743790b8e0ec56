#include "edge/api/html.h"

#include <fmt/format.h>

#include "base/text.h"

namespace dray::api {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --edge: #8884; --soft: #8882; --link: light-dark(#0054b6, #8ab4ff); }
* { box-sizing: border-box; }
html { background: light-dark(#fff, #161616); color: light-dark(#161616, #eee); }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
a { color: var(--link); }
ul.cards { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
ul.cards li { border: 1px solid var(--edge); border-radius: .5rem; overflow: hidden; }
ul.cards label { display: block; cursor: pointer; }
ul.cards .picture { display: grid; place-items: center; height: 8rem; background: var(--soft); }
ul.cards img { max-width: 100%; max-height: 8rem; }
ul.cards .name { display: flex; gap: .5rem; padding: .5rem; overflow-wrap: anywhere; }
ul.inbox { list-style: none; padding: 0; }
ul.inbox li { border: 1px solid var(--edge); border-radius: .5rem; padding: .75rem; margin: .5rem 0; }
button, .button { font: inherit; padding: .6rem 1rem; min-height: 2.75rem; border: 0; border-radius: 1.4rem; background: #0054b6; color: #fff; cursor: pointer; text-decoration: none; display: inline-block; }
input[type=checkbox] { width: 1.25rem; height: 1.25rem; flex: none; }
input[type=password] { font: inherit; padding: .5rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
.muted { color: light-dark(#595959, #b4b4b4); }
.licence { white-space: pre-line; max-height: 20rem; overflow: auto; }
ul.inbox ul { padding-left: 1.25rem; }
ul.inbox ul li { border: 0; padding: 0; margin: 0; }
)";

}  // namespace

server::Response make_page_response(int status, std::string_view title, std::string_view body) {
  auto page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" "
      "content=\"noindex\">\n<title>{}</title>\n"
      "<link rel=\"icon\" "
      "href=\"data:,\">\n<style>{}</style>\n</head>\n<body>\n<main>\n{}\n</main>\n</body>\n</html>\n",
      escape_html(title), kStyle, body);
  auto response = server::make_text_response(status, "text/html; charset=utf-8", std::move(page));
  for (auto& field : response.fields) {
    if (field.name == "Cache-Control") field.value = "private, no-store";
  }
  response.fields.push_back({"Referrer-Policy", "no-referrer"});
  response.fields.push_back({"X-Robots-Tag", "noindex"});
  response.fields.push_back({"X-Frame-Options", "DENY"});
  response.fields.push_back(
      {"Content-Security-Policy",
       "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
       "frame-ancestors 'none'"});
  return response;
}

}  // namespace dray::api
