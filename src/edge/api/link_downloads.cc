// What visitors of shared links download: choosing, licences, their Download Inbox.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "edge/api/aem.h"
#include "edge/api/html.h"
#include "edge/api/licence_page.h"
#include "edge/api/link_visit.h"
#include "lang/http/target.h"

namespace dray::api {
namespace {

using server::Response;

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
  if (!download.message.empty()) links += "<p>" + escape_html(download.message) + "</p>";
  if (download.is_expired) links = "<p>It is no longer kept. Queue it once more.</p>";
  return fmt::format(
      "<li><strong>{}</strong> <span class=\"muted\">{}</span><p>{}</p><div class=\"actions\">{}</div>{}</li>\n",
      escape_html(download.name), format_for_people(download.created), status_of(download), links, missing);
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
  for (auto id : form.all("license")) request.licences.emplace_back(id);
  if (request.targets.empty()) return Error{Code::invalid, "Choose at least one picture, or \"Download all\"."};
  RETURN_IF_ERROR(pipeline::check(request));
  return request;
}

// What was chosen, once more.
std::string hidden_fields(const http::Form& form) {
  auto fields = hidden_field("asked", "true");
  for (auto name : {"path", "originals", "renditions", "action"}) {
    for (auto value : form.all(name)) fields += hidden_field(name, value);
  }
  return fields;
}

// nullopt: there is nothing to agree to.
std::optional<Response> ask_for_licences(const Visit& visit, const http::Form& form,
                                         const pipeline::DownloadRequest& request) {
  auto found = visit.call.parts.downloads.find_licences(request, visit.open.caller, kMostLicencesAsked);
  if (!found) return error_page(found.error());
  if (found->count == 0) return std::nullopt;
  auto address = [&](const pipeline::SelectedLicence& licence) {
    return visit.address("&licence=" + http::format_query_value(licence.assets.front().text()));
  };
  return with_cookie(visit, make_licence_page({*std::move(found), address, visit.address(), hidden_fields(form),
                                               "Queue Download", visit.address()}));
}

Response no_more_page() {
  return make_page_response(403, "No more downloads",
                            "<h1>No more downloads</h1>\n<p>This link allowed a number of downloads, and all of them "
                            "were made.</p>");
}

}  // namespace

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
  if (download->is_expired) return ended_page("This download is no longer kept");
  if (!index || *index >= download->artifacts.size()) return unknown_page();
  auto open =
      visit.call.parts.downloads.open_artifact(download->id, download->artifacts[*index].name, visit.open.caller);
  return open ? artifact_response(visit.call, *open, download->id, visit.open.caller) : error_page(open.error());
}

Response queue(const Visit& visit, const http::Form& form) {
  auto request = read_request(visit, form);
  if (!request) return error_page(request.error());
  if (!form.find("asked")) {
    auto question = ask_for_licences(visit, form, *request);
    if (question) return *std::move(question);
  }
  auto& sharing = visit.call.parts.sharing;
  auto is_allowed = sharing.count_download(visit.open.share);
  if (!is_allowed) return error_page(is_allowed.error());
  if (!*is_allowed) return no_more_page();
  auto download = visit.call.parts.downloads.create(*request, visit.open.caller, service::Wait::no);
  bool is_nothing = !download || (download->is_complete() && download->artifacts.empty());
  auto given_back = is_nothing ? sharing.uncount_download(visit.open.caller.owner_id()) : ok();
  if (!download) return error_page(download.error());
  return given_back ? redirect(visit, visit.address("&inbox=1")) : error_page(given_back.error());
}

}  // namespace dray::api
