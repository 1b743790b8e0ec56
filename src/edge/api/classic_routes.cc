// AEM's classic download: <path>.assetdownload.zip/<name>.zip, an archive at once.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "edge/api/aem.h"
#include "edge/api/html.h"
#include "edge/api/licence_page.h"
#include "edge/api/routes.h"
#include "lang/http/form.h"
#include "lang/sling/address.h"

namespace dray::api {
namespace {

using server::Response;
using Unagreed = service::Downloads::Unagreed;

// The fields of the query, and of the body where there is one.
Result<http::Form> read_form(const Call& call) {
  http::Form form;
  for (const auto& [name, value] : call.request.target.query) form.fields.push_back({name, value});
  if (call.request.body.empty()) return form;
  ASSIGN_OR_RETURN(auto body, http::parse_form(call.request.head.find("Content-Type").value_or(""), call.request.body));
  form.fields.insert(form.fields.end(), body.fields.begin(), body.fields.end());
  return form;
}

Result<bool> flag(const http::Form& form, std::string_view name, bool standard) {
  auto value = form.find(name);
  if (!value || value->empty()) return standard;
  if (equal_ignoring_case(*value, "true")) return true;
  if (equal_ignoring_case(*value, "false")) return false;
  return wrong_value(name, "true or false");
}

// {imagepreset:Main} or {is_modifier:wid=100&fmt=jpeg}
Result<pipeline::DynamicRendition> parse_export_settings(std::string_view text) {
  if (text.starts_with('{') && text.ends_with('}')) {
    text = text.substr(1, text.size() - 2);
    constexpr std::string_view kPreset = "imagepreset:", kModifier = "is_modifier:";
    if (text.starts_with(kPreset)) {
      std::string preset(trim(text.substr(kPreset.size())));
      return pipeline::DynamicRendition{preset, fmt::format("iccEmbed=1&${}$", preset)};
    }
    if (text.starts_with(kModifier))
      return pipeline::DynamicRendition{"", "iccEmbed=1&" + std::string(trim(text.substr(kModifier.size())))};
  }
  return Error{Code::invalid, "\"s7exportsettings\" must be {imagepreset:NAME} or {is_modifier:COMMANDS}"};
}

Result<pipeline::DownloadRequest> read_request(const Call& call, const http::Form& form, std::string_view suffix) {
  pipeline::DownloadRequest request;
  request.form = pipeline::ArchiveForm::always;
  request.archive_name = std::string(suffix.substr(suffix.rfind('/') + 1));
  ASSIGN_OR_RETURN(request.options.originals, flag(form, "downloadAssets", true));
  ASSIGN_OR_RETURN(auto renditions, flag(form, "downloadRenditions", false));
  if (renditions) request.options.renditions = {"*"};
  ASSIGN_OR_RETURN(request.options.subassets, flag(form, "downloadSubassets", false));
  ASSIGN_OR_RETURN(auto is_flat, flag(form, "flatStructure", false));
  request.options.folder_per_asset = !is_flat;
  RETURN_IF_ERROR(flag(form, "licenseCheck", false));
  for (auto text : form.all("s7exportsettings")) {
    if (text.empty()) continue;
    ASSIGN_OR_RETURN(auto dynamic, parse_export_settings(text));
    request.options.dynamic.push_back(std::move(dynamic));
  }
  auto paths = form.all("path");
  if (paths.empty()) paths.push_back(call.rest);
  if (paths.size() > pipeline::kMostTargets)
    return Error{Code::too_large,
                 fmt::format("a request has at most {} paths: select folders", pipeline::kMostTargets)};
  std::set<std::string> seen;
  for (auto text : paths) {
    ASSIGN_OR_RETURN(auto found, find_path(call, text));
    if (!found.rendition.empty())
      return Error{Code::invalid, std::string(text) + " is a rendition: name its asset, with downloadRenditions=true"};
    if (seen.insert(found.path.text()).second) request.targets.push_back(std::move(found.path));
  }
  for (auto recipient : form.all("email")) {
    for (auto one : split(recipient, ',')) {
      if (!trim(one).empty()) request.email.emplace_back(trim(one));
    }
  }
  bool is_post = call.request.head.method == http::Method::post;  // a link must not agree for whoever follows it
  if (is_post) {
    for (auto id : form.all("license")) request.licences.emplace_back(id);
  }
  RETURN_IF_ERROR(pipeline::check(request));
  return request;
}

// A path that is not there refuses everything, before any byte.
const model::Skipped* find_missing(const pipeline::DownloadRequest& request,
                                   const std::vector<model::Skipped>& skipped) {
  std::set<std::string_view> named;
  for (const auto& target : request.targets) named.insert(target.text());
  for (const auto& one : skipped) {
    if ((one.reason == "not_found" || one.reason == "denied") && named.contains(one.path)) return &one;
  }
  return nullptr;
}

// Goes on with an archive that it has begun, as it seems.
bool goes_on(const http::Head& head) {
  auto range = head.find("Range");
  return range && !range->starts_with("bytes=0-");
}

// Whether the first byte of what was asked for is sent with it.
bool begins(const Call& call, const Response& response) {
  const auto* body = std::get_if<server::RangeBody>(&response.body);
  if (!body || call.request.head.method == http::Method::head) return false;
  return std::any_of(body->parts.begin(), body->parts.end(), [](const auto& part) { return part.range.offset == 0; });
}

// It is noted before it is sent.
Response deliver(const Call& call, const service::Downloads::Opened& opened) {
  auto response = artifact_response(call, *opened.artifact, opened.kept, call.caller);
  auto noted = begins(call, response) ? call.parts.events.append_all(opened.events) : ok();
  return noted ? std::move(response) : server::make_error_response(noted.error());
}

// Somebody looks at the answer. Old Java programs ask for text/html too, as if they were browsers.
bool is_browser(const http::Head& head) {
  if (auto mode = head.find("Sec-Fetch-Mode")) return mode == "navigate";
  return head.find("Accept").value_or("").find("application/xhtml+xml") != std::string_view::npos;
}

Response nothing_to_deliver(const Call& call, const std::string& message) {
  if (is_browser(call.request.head))
    return make_page_response(200, "Nothing to download",
                              "<h1>Nothing to download</h1>\n<p>" + escape_html(message) + "</p>");
  return server::make_json_response(200, json::object{{"message", message}});
}

// What is asked for, whichever of its two addresses it came to.
struct Asked {
  http::Form form;
  std::string suffix;
  pipeline::DownloadRequest request;
};

Result<Asked> read_asked(const Call& call, std::string_view selector, std::string_view extension) {
  Asked asked;
  ASSIGN_OR_RETURN(asked.form, read_form(call));
  if (auto address = sling::cut_at(call.request.target.path, selector, extension)) asked.suffix = address->suffix;
  ASSIGN_OR_RETURN(asked.request, read_request(call, asked.form, asked.suffix));
  return asked;
}

// The page before a download; its form asks for that download, and for no page any more.
Response licence_page(const Call& call, const Asked& asked, service::Downloads::FoundLicences found) {
  std::string fields = hidden_field("licenseCheck", "false");
  if (!call.session_secret.empty())
    fields += hidden_field(":cq_csrf_token", service::Accounts::csrf_token_of(call.session_secret));
  for (auto name : {"path", "downloadAssets", "downloadRenditions", "downloadSubassets", "flatStructure", "_charset_",
                    "s7exportsettings"}) {
    for (auto value : asked.form.all(name)) fields += hidden_field(name, value);
  }
  auto address = [](const pipeline::SelectedLicence& licence) { return percent_encode_path(licence.page); };
  auto target = percent_encode_path(std::string(call.rest) + ".assetdownload.zip" + asked.suffix);
  auto page = make_licence_page({std::move(found), address, std::move(target), std::move(fields), "Download"});
  for (auto& one : page.fields) {
    if (one.name == "Referrer-Policy") one.value = "same-origin";  // else browsers send the form with "Origin: null"
  }
  return page;
}

// To the same address with another extension: the query stays as it was sent.
Response redirect(const Call& call, std::string_view marker, const std::string& suffix) {
  auto address = percent_encode_path(fmt::format("{}{}{}", call.rest, marker, suffix));
  std::string_view sent = call.request.head.target;
  if (auto question = sent.find('?'); question != sent.npos) address += sent.substr(question);
  Response response{302, {}, std::string()};
  response.fields.push_back({"Location", std::move(address)});
  response.fields.push_back({"Cache-Control", "private, no-store"});
  return response;
}

// nullopt: nobody has to be asked.
Result<std::optional<Response>> ask_for_licences(const Call& call, const Asked& asked) {
  ASSIGN_OR_RETURN(auto found, call.parts.downloads.find_licences(asked.request, call.caller, kMostLicencesAsked,
                                                                  service::Downloads::Reach::whole));
  if (found.not_accepted == 0 || find_missing(asked.request, found.skipped)) return std::optional<Response>();
  return std::optional(licence_page(call, asked, std::move(found)));
}

// Whether the page comes between somebody at a browser and what comes with licences that they have not agreed to.
// Whoever is no browser is refused, or gets the rest.
bool wants_page(const Call& call, const Asked& asked) {
  bool is_get = call.request.head.method != http::Method::post;
  const auto& options = asked.request.options;
  bool has_something = options.originals || options.subassets || options.wants_renditions();
  auto asks = flag(asked.form, "licenseCheck", is_get);  // which read_request() has looked at
  return asks && *asks && has_something && is_browser(call.request.head);
}

}  // namespace

Response get_classic_licences(const Call& call) {
  auto asked = read_asked(call, "assetlicenses", "html");
  if (!asked) return server::make_error_response(asked.error());
  auto page = ask_for_licences(call, *asked);
  if (!page) return server::make_error_response(page.error());
  return *page ? **std::move(page) : redirect(call, ".assetdownload.zip", asked->suffix);
}

Response get_original_bare(const Call& call) {
  auto found = find_path(call, call.rest);
  if (!found) return server::make_error_response(found.error());
  bool is_original = found->rendition.empty() || found->rendition == "original";
  return is_original ? make_original_response(call, found->path, call.caller)
                     : rendition_response(call, found->path, found->rendition, call.caller);
}

Response get_classic_download(const Call& call) {
  using Part = service::Downloads::Part;
  auto asked = read_asked(call, "assetdownload", "zip");
  if (!asked) return server::make_error_response(asked.error());
  auto& request = asked->request;
  bool is_post = call.request.head.method == http::Method::post;
  if (!request.email.empty() && !is_post) return server::make_error_response(400, "mail is sent for a POST only");
  if (!request.email.empty()) return start_framework_download(call, std::move(request), 200);
  bool asks = wants_page(call, *asked);
  if (asks && is_post) {
    auto page = ask_for_licences(call, *asked);
    if (!page) return server::make_error_response(page.error());
    if (*page) return **std::move(page);
    asks = false;
  }
  auto part = is_post ? Part::alone : goes_on(call.request.head) ? Part::later : Part::whole;
  auto opened = call.parts.downloads.open_now(request, call.caller, asks ? Unagreed::stop : Unagreed::leave_out, part,
                                              call.request.client_gone);
  if (!opened) return server::make_error_response(opened.error());
  if (const auto* missing = find_missing(request, opened->skipped))
    return server::make_error_response(404, fmt::format("{}: {}", missing->path, missing->message));
  if (opened->is_unagreed) return redirect(call, ".assetlicenses.html", asked->suffix);
  if (opened->artifact) return deliver(call, *opened);
  if (opened->skipped.empty()) return nothing_to_deliver(call, opened->message);
  const auto& first = opened->skipped.front();
  return refused_response(fmt::format("nothing of this can be downloaded; {}: {}", first.path, first.message),
                          opened->skipped);
}

}  // namespace dray::api
