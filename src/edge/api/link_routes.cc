// Shared links for those who were sent one: /linkshare.html and its neighbours. Pages of plain HTML.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "edge/api/aem.h"
#include "edge/api/html.h"
#include "edge/api/link_visit.h"
#include "lang/http/target.h"
#include "pipeline/renditions/source_kind.h"

namespace dray::api {
namespace {

using server::Response;

constexpr std::string_view kPreview = "/linksharepreview.html";
constexpr std::string_view kThumbnail = "cq5dam.thumbnail.319.319.png", kWeb = "cq5dam.web.1280.1280.jpeg";
constexpr std::size_t kCards = 200;

// `next`: where the next page goes on, or empty; all of this one may be hidden.
Result<std::vector<model::Node>> list_folder(const Visit& visit, const AssetPath& folder, const std::string& after,
                                             std::string& next) {
  ASSIGN_OR_RETURN(auto rules, rules_of(visit.call));
  ASSIGN_OR_RETURN(auto children, visit.call.parts.assets.list_children(folder, after, kCards + 1));
  bool has_more = children.size() > kCards;
  if (has_more) children.pop_back();
  next = has_more ? std::string(children.back().path.name()) : "";
  std::erase_if(children, [&](const model::Node& child) {
    return is_hidden(visit, child) || !rules.may(visit.open.caller, model::Privilege::read, child.path);
  });
  return children;
}

constexpr std::string_view kFolderIcon =
    "<svg width=\"48\" height=\"40\" viewBox=\"0 0 48 40\" aria-hidden=\"true\"><path fill=\"currentColor\" "
    "opacity=\".6\" "
    "d=\"M2 6a4 4 0 0 1 4-4h12l5 6h19a4 4 0 0 1 4 4v22a4 4 0 0 1-4 4H6a4 4 0 0 1-4-4z\"/></svg>";
constexpr std::string_view kFileIcon =
    "<svg width=\"36\" height=\"46\" viewBox=\"0 0 36 46\" aria-hidden=\"true\"><path fill=\"none\" "
    "stroke=\"currentColor\" "
    "stroke-width=\"3\" opacity=\".6\" d=\"M2 2h20l12 12v30H2zM22 2v12h12\"/></svg>";

bool has_picture(const model::Node& node) {
  return node.asset &&
         (pipeline::can_be_rendered(node.asset->mime_type) || node.asset->mime_type.starts_with("video/"));
}

std::string card(const Visit& visit, const model::Node& node) {
  auto path = "&path=" + http::format_query_value(node.path.text());
  auto inside = node.is_folder() ? visit.address(path) : visit.address(path, kPreview);
  std::string picture(node.is_folder() ? kFolderIcon : kFileIcon);
  if (has_picture(node))
    picture = fmt::format("<img src=\"{}\" alt=\"\" loading=\"lazy\">",
                          escape_html(visit.address("&thumb=" + http::format_query_value(node.path.text()))));
  auto name = escape_html(node.path.name());
  return fmt::format(
      "<li><a href=\"{0}\" class=\"picture\" tabindex=\"-1\" aria-hidden=\"true\">{1}</a><label class=\"name\"><input "
      "type=\"checkbox\" name=\"path\" value=\"{2}\"><span>{3}</span></label><p class=\"name\"><a "
      "href=\"{0}\">{4}<span "
      "hidden> {3}</span></a></p></li>\n",
      escape_html(inside), picture, escape_html(node.path.text()), name, node.is_folder() ? "Open" : "Preview");
}

std::string choices(const model::Share& share) {
  if (!share.originals || !share.renditions) return "";
  return "<label><input type=\"checkbox\" name=\"originals\" value=\"true\" checked> Originals</label> <label><input "
         "type=\"checkbox\" name=\"renditions\" value=\"true\"> Renditions</label>\n";
}

Response list_page(const Visit& visit) {
  const auto& share = visit.open.share;
  auto nodes = visit.open.items;
  std::string up, more;
  if (auto text = visit.call.request.target.find("path")) {
    auto folder = AssetPath::parse(*text);
    if (!folder || !is_shared(visit, *folder)) return unknown_page();
    std::string next;
    std::string after(visit.call.request.target.find("after").value_or(""));
    auto children = list_folder(visit, *folder, after, next);
    if (!children) return error_page(children.error());
    bool is_top = !is_shared(visit, folder->parent());
    auto parent = is_top ? std::string() : "&path=" + http::format_query_value(folder->parent().text());
    up = fmt::format("<p><a href=\"{}\">&#8593; {}</a></p>\n", escape_html(visit.address(parent)),
                     is_top ? escape_html(share.title) : escape_html(folder->parent().name()));
    if (!next.empty())
      more = fmt::format("<p><a href=\"{}\">More</a></p>\n",
                         escape_html(visit.address(fmt::format("&path={}&after={}", http::format_query_value(*text),
                                                               http::format_query_value(next)))));
    nodes = *std::move(children);
  }
  std::string cards;
  for (const auto& node : nodes) cards += card(visit, node);
  std::string gone = visit.open.gone > 0 ? "<p class=\"muted\">Some of what was shared is no longer there.</p>\n" : "";
  auto body = fmt::format(
      "<h1>{}</h1>\n<p class=\"muted\">Open until {}. <a href=\"{}\">Download Inbox</a></p>\n{}{}<form method=\"post\" "
      "action=\"{}\">\n<div class=\"actions\">{}<button name=\"action\" value=\"selected\">Queue "
      "Download</button><button "
      "name=\"action\" value=\"all\">Download all</button></div>\n<ul class=\"cards\">\n{}</ul>\n</form>\n{}",
      escape_html(share.title), format_for_people(share.expires), escape_html(visit.address("&inbox=1")), up, gone,
      escape_html(visit.address()), choices(share), cards.empty() ? "<li>There is nothing here.</li>" : cards, more);
  return with_cookie(visit, make_page_response(200, share.title, body));
}

Response send_picture(const Visit& visit, std::string_view text, std::string_view rendition) {
  auto path = AssetPath::parse(text);
  if (!path || !is_shared(visit, *path)) return unknown_page();
  auto node = visit.call.parts.assets.find(*path);
  if (!node) return error_page(node.error());
  if (!*node || is_hidden(visit, **node)) return unknown_page();
  return rendition_response(visit.call, *path, rendition, visit.open.caller);
}

// Whether it is a text that everyone may read: who has written the metadata of a shared asset must not choose what else
// is read with the rights of whoever shared it.
Result<bool> is_open_to_all(const Call& call, const AssetPath& path) {
  ASSIGN_OR_RETURN(auto rules, rules_of(call));
  model::Caller everyone{"", {std::string(model::kEveryone)}};
  if (!rules.may_all(everyone, model::Privilege::read | model::Privilege::original, path)) return false;
  ASSIGN_OR_RETURN(auto node, call.parts.assets.find(path));
  if (!node || node->is_folder()) return false;
  const auto& type = node->asset->mime_type;
  return type == "application/pdf" || type.starts_with("text/");
}

// The asset with the licence of a shared one, whether it is shared itself or not.
Response send_licence(const Visit& visit, std::string_view text) {
  auto path = AssetPath::parse(text);
  if (!path || !is_shared(visit, *path)) return unknown_page();
  auto node = visit.call.parts.assets.find(*path);
  if (!node) return error_page(node.error());
  if (!*node || (*node)->is_folder() || is_hidden(visit, **node)) return unknown_page();
  for (const auto& page_path : (*node)->asset->protection.licence_pages) {
    auto page = AssetPath::parse(page_path);
    auto is_open = page ? is_open_to_all(visit.call, *page) : false;
    if (!is_open) return error_page(is_open.error());
    if (*is_open) return make_original_response(visit.call, *page, visit.open.caller);
  }
  return unknown_page();
}

}  // namespace

Response get_link(const Call& call) {
  auto visit = open_visit(call);
  if (!visit) return refused_page(visit.error());
  if (needs_password(*visit)) return password_page(*visit, "This link is protected by a password.");
  const auto& target = call.request.target;
  if (auto thumb = target.find("thumb")) return send_picture(*visit, *thumb, kThumbnail);
  if (auto web = target.find("web")) return send_picture(*visit, *web, kWeb);
  if (auto asset = target.find("licence")) return send_licence(*visit, *asset);
  if (auto id = target.find("download")) return send_artifact(*visit, *id, target.find("artifact").value_or("0"));
  return target.find("inbox") ? inbox_page(*visit) : list_page(*visit);
}

Response post_link(const Call& call) {
  auto visit = open_visit(call);
  if (!visit) return refused_page(visit.error());
  auto form = http::parse_form(call.request.head.find("Content-Type").value_or(""), call.request.body);
  if (!form) return error_page(form.error());
  if (auto password = form->find("password"); password && needs_password(*visit))
    return check_password(*visit, *password);
  if (needs_password(*visit)) return password_page(*visit, "This link is protected by a password.");
  return queue(*visit, *form);
}

Response get_link_preview(const Call& call) {
  auto visit = open_visit(call);
  if (!visit) return refused_page(visit.error());
  if (needs_password(*visit)) return password_page(*visit, "This link is protected by a password.");
  auto path = AssetPath::parse(call.request.target.find("path").value_or(""));
  if (!path || !is_shared(*visit, *path)) return unknown_page();
  auto node = call.parts.assets.find(*path);
  auto rules = rules_of(call);
  if (!node || !rules) return error_page(node ? rules.error() : node.error());
  bool is_visible = *node && !(*node)->is_folder() && !is_hidden(*visit, **node) &&
                    rules->may(visit->open.caller, model::Privilege::read, *path);
  if (!is_visible) return unknown_page();
  auto name = escape_html(path->name());
  auto picture = !has_picture(**node)
                     ? std::string(kFileIcon)
                     : fmt::format("<img src=\"{}\" alt=\"{}\" style=\"max-width: 100%\">",
                                   escape_html(visit->address("&web=" + http::format_query_value(path->text()))), name);
  auto body = fmt::format(
      "<p><a href=\"{}\">&#8593; {}</a></p>\n<h1>{}</h1>\n<p class=\"muted\">{}, {}</p>\n<p>{}</p>\n<form "
      "method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"path\" "
      "value=\"{}\"><div class=\"actions\">{}<button name=\"action\" value=\"selected\">Queue "
      "Download</button></div></form>",
      escape_html(visit->address()), escape_html(visit->open.share.title), name, escape_html((*node)->asset->mime_type),
      format_size((*node)->asset->original.size), picture, escape_html(visit->address()), escape_html(path->text()),
      choices(visit->open.share));
  return with_cookie(*visit, make_page_response(200, path->name(), body));
}

Response get_link_expired(const Call&) { return ended_page("This link has expired"); }

}  // namespace dray::api
