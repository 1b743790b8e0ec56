// The licences of what somebody means to download.
#include <algorithm>

#include "edge/api/routes.h"
#include "lang/mail/plain_text.h"

namespace dray::api {
namespace {

constexpr std::size_t kMost = 1000;

json::object licence_json(const pipeline::SelectedLicence& licence) {
  json::object object{{"id", licence.id},
                      {"page", nullptr},
                      {"text", nullptr},
                      {"isAccepted", licence.is_accepted},
                      {"assetCount", licence.asset_count}};
  if (!licence.page.empty()) object["page"] = licence.page;
  if (licence.html) object["text"] = mail::plain_text_of_html(*licence.html);
  json::array assets;
  for (const auto& asset : licence.named()) assets.emplace_back(asset.text());
  object["assets"] = std::move(assets);
  return object;
}

}  // namespace

server::Response find_licences(const Call& call) {
  auto body = parse_json_body(call.request);
  if (!body) return server::make_error_response(body.error());
  auto request = pipeline::parse_download_request(*body);
  if (!request) return server::make_error_response(request.error());
  auto found = call.parts.downloads.find_licences(*request, call.caller, kMost);
  if (!found) return server::make_error_response(found.error());
  json::array items;
  for (const auto& licence : found->licences) items.push_back(licence_json(licence));
  return server::make_json_response(200, json::object{{"items", std::move(items)}, {"count", found->count}});
}

}  // namespace dray::api
