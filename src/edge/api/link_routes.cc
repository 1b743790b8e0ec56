// Shared links for those who were sent one: /linkshare.html and its neighbours. Pages of plain HTML.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "edge/api/aem.h"
#include "edge/api/html.h"
#include "edge/api/routes.h"
#include "lang/http/authorization.h"
#include "lang/http/form.h"
#include "lang/http/target.h"
#include "lang/mail/plain_text.h"
#include "pipeline/renditions/source_kind.h"
#include "service/accounts/passwords.h"
#include "service/sharing/sharing.h"

namespace dray::api {
namespace {

using server::Response;

constexpr std::string_view kPage = "/linkshare.html", kPreview = "/linksharepreview.html";
constexpr std::string_view kCookiePath = "/";  // of both; the name says which link it is for
constexpr std::string_view kThumbnail = "cq5dam.thumbnail.319.319.png", kWeb = "cq5dam.web.1280.1280.jpeg";
constexpr std::size_t kCards = 200;
constexpr std::chrono::hours kVisit{24 * 365};

// One request of a visitor, once the link has been opened.
struct Visit {
  const Call& call;
  std::string token;
  service::OpenShare open;
  std::string visitor;
  bool is_new = false;  // the cookie is still to be set

  std::string address(std::string_view rest = "", std::string_view page = kPage) const {
    return fmt::format("{}?sh={}{}", page, http::format_query_value(token), rest);
  }
  std::string cookie() const { return "dray-link-" + open.share.id; }
  Sha256 proof() const {  // that the password was right
    return sha256_of(bytes_of(open.share.password_hash + "/" + visitor));
  }
};

Response ended_page() {
  return make_page_response(
      410, "Link ended",
      "<h1>This link has ended</h1>\n<p>Its time is over, or whoever sent it has withdrawn it. Ask "
      "them for another.</p>");
}

Response unknown_page() {
  return make_page_response(404, "No such link",
                            "<h1>There is no such link</h1>\n<p>Was it copied whole? Links are long: the last letter "
                            "matters.</p>");
}

Response error_page(const Error& error) {
  if (error.code == Code::gone) return ended_page();
  if (error.code == Code::not_found) return unknown_page();
  auto response = server::make_error_response(error);
  if (error.code == Code::busy) response.status = 429;
  bool of_machine = response.status >= 500;
  auto page = make_page_response(
      response.status, "That did not work",
      fmt::format("<h1>That did not work</h1>\n<p>{}</p>",
                  of_machine ? "Something went wrong here. Try again in a moment." : escape_html(error.message)));
  if (error.code == Code::busy) page.fields.push_back({"Retry-After", "60"});
  return page;
}

// The address that a request comes from. A proxy on this machine names the one that it passes on; of IPv6 the first
// half counts, since the second is the client's to choose.
std::string address_of(const server::Request& request) {
  auto address = request.peer;
  bool is_local = address == "127.0.0.1" || address == "::1" || address == "::ffff:127.0.0.1";
  if (auto passed_on = is_local ? request.head.find("X-Forwarded-For") : std::nullopt) {
    auto comma = passed_on->rfind(',');
    address = std::string(trim(comma == passed_on->npos ? *passed_on : passed_on->substr(comma + 1)));
  }
  in6_addr bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return address;
  return fmt::format("{:02x}", fmt::join(bytes.s6_addr, bytes.s6_addr + 8, ""));
}

http::Secure is_behind_tls(const server::Request& request) {
  return request.head.find("X-Forwarded-Proto") == "https" ? http::Secure::yes : http::Secure::no;
}

Response with_cookie(const Visit& visit, Response response) {
  if (visit.is_new)
    response.fields.push_back({"Set-Cookie", http::format_set_cookie(visit.cookie(), visit.visitor, kCookiePath, kVisit,
                                                                     is_behind_tls(visit.call.request))});
  return response;
}

bool is_visitor(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Result<Visit> open_visit(const Call& call) {
  Visit visit{call, std::string(call.request.target.find("sh").value_or("")), {}, "", false};
  ASSIGN_OR_RETURN(visit.open, call.parts.sharing.open(visit.token, "", address_of(call.request)));
  auto cookie = http::find_cookie(call.request.head, visit.cookie());
  visit.is_new = !cookie || !is_visitor(*cookie);
  visit.visitor = visit.is_new ? random_hex(call.parts.random, 16) : *cookie;
  visit.open.caller.visitor = visit.open.share.id + "/" + visit.visitor;
  return visit;
}

bool needs_password(const Visit& visit) {
  if (visit.open.share.password_hash.empty()) return false;
  auto shown = http::find_cookie(visit.call.request.head, visit.cookie() + "-password");
  auto proof = shown ? parse_sha256(*shown) : std::nullopt;
  return !proof || !are_equal(*proof, visit.proof());
}

Response password_page(const Visit& visit, std::string_view word) {
  auto body = fmt::format(
      "<h1>{}</h1>\n<p>{}</p>\n<form method=\"post\" action=\"{}\"><div class=\"actions\"><label>Password <input "
      "type=\"password\" name=\"password\" required autofocus></label><button>Open</button></div></form>",
      escape_html(visit.open.share.title), word, escape_html(visit.address()));
  return with_cookie(visit, make_page_response(200, visit.open.share.title, body));
}

// Whether it is shared: an item, or below one.
bool is_shared(const Visit& visit, const AssetPath& path) {
  return std::any_of(visit.open.items.begin(), visit.open.items.end(),
                     [&](const model::Node& item) { return path.is_within(item.path); });
}

// What has expired is hidden from visitors.
bool is_hidden(const Visit& visit, const model::Node& node) {
  const auto& expires = node.asset ? node.asset->protection.expires : std::nullopt;
  return expires && *expires <= visit.call.parts.clock.now();
}

Result<model::AccessRules> rules_of(const Call& call) {
  ASSIGN_OR_RETURN(auto list, call.parts.access.list_rules());
  return model::AccessRules(std::move(list));
}

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

// "2026-12-24 18:00 UTC"
std::string format_for_people(Seconds time) {
  auto text = format_utc(time);
  return fmt::format("<time datetime=\"{}\">{} {} UTC</time>", text, text.substr(0, 10), text.substr(11, 5));
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

// Visitors are not told of what no other page shows them.
bool is_hidden(const model::Skipped& skipped) { return skipped.reason == "expired" || skipped.reason == "denied"; }

std::string status_of(const model::Download& download) {
  switch (download.status) {
    case model::DownloadStatus::processing:
      return fmt::format("Being prepared: {} %", download.progress.percent());
    case model::DownloadStatus::successful:
      return download.artifacts.empty() ? "There was nothing to download" : "Ready";
    case model::DownloadStatus::partially_successful:
      return fmt::format("Ready; {} could not be had",
                         std::count_if(download.skipped.begin(), download.skipped.end(),
                                       [](const model::Skipped& one) { return !is_hidden(one); }));
    default:
      return "Failed";
  }
}

std::string inbox_item(const Visit& visit, const model::Download& download) {
  std::string links, missing;
  for (std::size_t i = 0; i < download.artifacts.size(); ++i) {
    const auto& artifact = download.artifacts[i];
    links += fmt::format("<a class=\"button\" href=\"{}\">Download {} ({})</a> ",
                         escape_html(visit.address(fmt::format("&download={}&artifact={}", download.id, i))),
                         escape_html(artifact.name), format_size(artifact.size));
  }
  std::size_t named = 0;
  for (const auto& skipped : download.skipped) {
    if (is_hidden(skipped) || ++named > kSkippedInList) continue;
    missing += fmt::format("<li>{}: {}</li>", escape_html(skipped.path.substr(skipped.path.rfind('/') + 1)),
                           escape_html(skipped.message));
  }
  if (!missing.empty()) missing = "<details><summary>What is missing</summary><ul>" + missing + "</ul></details>";
  if (download.is_expired) links = "<p>It is no longer kept. Queue it once more.</p>";
  return fmt::format(
      "<li><strong>{}</strong> <span class=\"muted\">{}</span><p>{}</p><div class=\"actions\">{}</div>{}</li>\n",
      escape_html(download.name), format_for_people(download.created), status_of(download), links, missing);
}

Response inbox_page(const Visit& visit) {
  constexpr std::size_t kMost = 50;
  auto downloads = visit.call.parts.downloads.list(visit.open.caller, "", kMost);
  if (!downloads) return error_page(downloads.error());
  std::string items;
  bool is_busy = false;
  for (const auto& download : *downloads) {
    items += inbox_item(visit, download);
    is_busy = is_busy || !download.is_complete();
  }
  auto body = fmt::format(
      "<h1>Download Inbox</h1>\n<p><a href=\"{}\">&#8593; {}</a></p>\n<ul class=\"inbox\">\n{}</ul>\n<p><a "
      "href=\"{}\">Refresh"
      "</a></p>",
      escape_html(visit.address()), escape_html(visit.open.share.title),
      items.empty() ? "<li>Nothing has been queued yet.</li>" : items, escape_html(visit.address("&inbox=1")));
  auto response = make_page_response(200, "Download Inbox", body);
  if (is_busy) response.fields.push_back({"Refresh", "2"});
  return with_cookie(visit, std::move(response));
}

Response send_artifact(const Visit& visit, std::string_view id, std::string_view number) {
  auto download = visit.call.parts.downloads.get(std::string(id), visit.open.caller);
  auto index = parse_unsigned(number);
  if (!download) return error_page(download.error());
  if (download->is_expired) return ended_page();
  if (!index || *index >= download->artifacts.size()) return unknown_page();
  auto open =
      visit.call.parts.downloads.open_artifact(download->id, download->artifacts[*index].name, visit.open.caller);
  return open ? artifact_response(visit.call, *open, download->id, visit.open.caller) : error_page(open.error());
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
  for (const auto& text : (*node)->asset->protection.licence_pages) {
    auto page = AssetPath::parse(text);
    auto is_open = page ? is_open_to_all(visit.call, *page) : false;
    if (!is_open) return error_page(is_open.error());
    if (*is_open) return make_original_response(visit.call, *page, visit.open.caller);
  }
  return unknown_page();
}

Result<pipeline::DownloadRequest> read_request(const Visit& visit, const http::Form& form) {
  const auto& share = visit.open.share;
  pipeline::DownloadRequest request;
  bool is_choice = share.originals && share.renditions;
  bool originals = share.originals && (!is_choice || form.find("originals"));
  bool renditions = share.renditions && (!is_choice || form.find("renditions"));
  if (!originals && !renditions) return Error{Code::invalid, "Choose originals, renditions or both."};
  request.options.originals = originals;
  if (renditions) request.options.renditions = {"*"};
  request.options.folder_per_asset = true;
  request.form = pipeline::ArchiveForm::always;
  request.archive_name = share.title;
  if (form.find("action") == "all") {
    for (const auto& item : visit.open.items) request.targets.push_back(item.path);
  } else {
    for (auto text : form.all("path")) {
      auto path = AssetPath::parse(text);
      if (!path || !is_shared(visit, *path)) return Error{Code::not_found, "there is no such asset behind this link"};
      request.targets.push_back(*std::move(path));
    }
  }
  for (auto id : form.all("agree")) request.licences.emplace_back(id);
  if (request.targets.empty()) return Error{Code::invalid, "Choose at least one picture, or \"Download all\"."};
  RETURN_IF_ERROR(pipeline::check(request));
  return request;
}

Response redirect(const Visit& visit, const std::string& address) {
  Response response{303, {{"Location", address}, {"Cache-Control", "no-store"}}, std::string()};
  return with_cookie(visit, std::move(response));
}

// What was chosen, once more.
std::string hidden_fields(const http::Form& form) {
  std::string fields = "<input type=\"hidden\" name=\"asked\" value=\"true\">\n";
  for (auto name : {"path", "originals", "renditions", "action"}) {
    for (auto value : form.all(name))
      fields += fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", name, escape_html(value));
  }
  return fields;
}

// A licence's text is shown as text, whatever markup it has.
Result<std::string> format_licence(const Visit& visit, const pipeline::SelectedLicence& licence) {
  std::string text;
  const auto& first = licence.assets.front();
  if (licence.page.empty()) {
    ASSIGN_OR_RETURN(auto metadata, visit.call.parts.assets.get_metadata(first));
    const auto* html = metadata.if_contains("adobe_dam:restrictions");
    if (html && html->is_string())
      text = fmt::format("<p class=\"licence\">{}</p>",
                         escape_html(mail::plain_text_of_html(std::string_view(html->get_string()))));
  } else {
    text = fmt::format("<p><a href=\"{}\">Read the licence {}</a></p>",
                       escape_html(visit.address("&licence=" + http::format_query_value(first.text()))),
                       escape_html(licence.page.substr(licence.page.rfind('/') + 1)));
  }
  std::string names;
  for (const auto& path : licence.assets) names += fmt::format("<li>{}</li>", escape_html(path.name()));
  if (licence.asset_count > licence.assets.size())
    names += fmt::format("<li>and {} more</li>", licence.asset_count - licence.assets.size());
  return fmt::format(
      "<li>{}<label><input type=\"checkbox\" name=\"agree\" value=\"{}\"> I agree</label><details><summary>Assets "
      "under "
      "this licence: {}</summary><ul>{}</ul></details></li>\n",
      text, licence.id, licence.asset_count, names);
}

// nullopt: there is nothing to agree to.
std::optional<Response> ask_for_licences(const Visit& visit, const http::Form& form,
                                         const pipeline::DownloadRequest& request) {
  auto licences = visit.call.parts.downloads.find_licences(request, visit.open.caller);
  if (!licences) return error_page(licences.error());
  if (licences->empty()) return std::nullopt;
  constexpr std::size_t kMostAsked = 50;
  if (licences->size() > kMostAsked) licences->resize(kMostAsked);  // what is behind is left out, and named
  std::string items;
  for (const auto& licence : *licences) {
    auto item = format_licence(visit, licence);
    if (!item) return error_page(item.error());
    items += *item;
  }
  auto body = fmt::format(
      "<h1>Copyright Management</h1>\n<p>Some of what you chose comes with a licence. What you do not agree to is left "
      "out.</p>\n<form method=\"post\" action=\"{}\">\n{}<ul class=\"inbox\">\n{}</ul>\n<div "
      "class=\"actions\"><button>Queue Download</button> <a href=\"{}\">Back</a></div></form>",
      escape_html(visit.address()), hidden_fields(form), items, escape_html(visit.address()));
  return with_cookie(visit, make_page_response(200, "Copyright Management", body));
}

Response no_more_page() {
  return make_page_response(403, "No more downloads",
                            "<h1>No more downloads</h1>\n<p>This link allowed a number of downloads, and all of them "
                            "were made.</p>");
}

Response queue(const Visit& visit, const http::Form& form) {
  auto request = read_request(visit, form);
  if (!request) return error_page(request.error());
  if (!form.find("asked")) {
    auto question = ask_for_licences(visit, form, *request);
    if (question) return *std::move(question);
  }
  const auto& share = visit.open.share;
  if (share.download_limit && share.downloads >= *share.download_limit) return no_more_page();
  auto& downloads = visit.call.parts.downloads;
  auto download = downloads.create(*request, visit.open.caller, service::Wait::no);
  if (!download) return error_page(download.error());
  auto is_allowed = visit.call.parts.sharing.count_download(share);  // once it is there
  if (is_allowed && *is_allowed) return redirect(visit, visit.address("&inbox=1"));
  auto removed = downloads.remove(download->id, visit.open.caller);
  if (!removed) return error_page(removed.error());
  return is_allowed ? no_more_page() : error_page(is_allowed.error());
}

Response check_password(const Visit& visit, std::string_view password) {
  auto& sharing = visit.call.parts.sharing;
  auto from = address_of(visit.call.request);
  auto may_try = sharing.check_patience(visit.open.share, from);
  if (!may_try) return error_page(may_try.error());
  auto right = visit.call.parts.accounts.check_secret(visit.open.share.password_hash, std::string(password));
  if (!right) return error_page(right.error());
  if (!*right) {
    sharing.note_wrong_password(visit.open.share, from);
    return password_page(visit, "That was not the password. Try again.");
  }
  auto response = redirect(visit, visit.address());
  response.fields.push_back(
      {"Set-Cookie", http::format_set_cookie(visit.cookie() + "-password", visit.proof().hex(), kCookiePath, kVisit,
                                             is_behind_tls(visit.call.request))});
  return response;
}

}  // namespace

Response get_link(const Call& call) {
  auto visit = open_visit(call);
  if (!visit) return error_page(visit.error());
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
  if (!visit) return error_page(visit.error());
  auto form = http::parse_form(call.request.head.find("Content-Type").value_or(""), call.request.body);
  if (!form) return error_page(form.error());
  if (auto password = form->find("password"); password && needs_password(*visit))
    return check_password(*visit, *password);
  if (needs_password(*visit)) return password_page(*visit, "This link is protected by a password.");
  return queue(*visit, *form);
}

Response get_link_preview(const Call& call) {
  auto visit = open_visit(call);
  if (!visit) return error_page(visit.error());
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

Response get_link_expired(const Call&) { return ended_page(); }

}  // namespace dray::api
