// The translations, one function per address. Private to this module.
#pragma once

#include <string>
#include <string_view>

#include "edge/api/api.h"

namespace dray::api {

// A request that has passed the filters. `rest` is the path behind the route's prefix.
struct Call {
  const server::Request& request;
  std::string_view rest;
  model::Caller caller;        // empty for routes that need none
  std::string session_secret;  // of callers with a cookie
  const ApiParts& parts;
};

server::Response create_download(const Call& call);
server::Response refused_recipients_response(const std::vector<std::string>& refused);
server::Response get_mail(const Call& call);
server::Response retry_mails(const Call& call);
server::Response remove_mails(const Call& call);
server::Response list_downloads(const Call& call);
server::Response find_licences(const Call& call);  // /api/v1/licenses
server::Response get_download(const Call& call);
server::Response remove_download(const Call& call);
server::Response retry_download(const Call& call);  // /api/v1/downloads/ID/retry
inline constexpr std::size_t kSkippedInList = 20;   // a list must not grow with what was skipped
json::object download_json(const model::Download& download, std::size_t most_skipped, Seconds now);
Result<json::object> list_page(const Call& call, model::Listing listing);

server::Response start_framework_download(const Call& call);  // <path>.downloadbinaries.json
server::Response get_framework_download(const Call& call);
server::Response remove_framework_download(const Call& call);
server::Response get_original_bare(const Call& call);     // <asset>.download.bin
server::Response get_classic_download(const Call& call);  // <path>.assetdownload.zip/NAME.zip
server::Response get_classic_licences(const Call& call);  // <path>.assetlicenses.html/NAME.zip, with the same query
server::Response initiate_upload(const Call& call);       // <folder>.initiateUpload.json
Result<std::shared_ptr<server::BodySink>> open_upload_part(const Call& call);
server::Response put_upload_part(const Call& call);  // /api/v1/uploads/TOKEN/NUMBER
// Before the body of createasset.html is read, which goes into memory.
Result<std::shared_ptr<server::BodySink>> check_upload_folder(const Call& call);
server::Response complete_upload(const Call& call);  // <folder>.completeUpload.json
server::Response create_asset(const Call& call);     // <folder>.createasset.html
server::Response get_siren(const Call& call);        // /api/assets/...
server::Response post_siren(const Call& call);
server::Response remove_siren(const Call& call);
server::Response get_current_user(const Call& call);
server::Response get_profile(const Call& call);

server::Response create_share(const Call& call);        // /api/v1/shares
server::Response create_adhoc_share(const Call& call);  // <path>.adhocassetshare.html
server::Response list_shares(const Call& call);
server::Response get_share(const Call& call);
server::Response change_share(const Call& call);
server::Response revoke_share(const Call& call);
server::Response get_share_settings(const Call& call);  // /api/v1/share-settings
server::Response put_share_settings(const Call& call);
server::Response get_link(const Call& call);  // /linkshare.html
server::Response post_link(const Call& call);
server::Response get_link_preview(const Call& call);
server::Response get_link_expired(const Call& call);

server::Response get_inbox(const Call& call);
server::Response open_inbox_item(const Call& call);      // /api/v1/inbox/ID/open
server::Response complete_inbox_item(const Call& call);  // /api/v1/inbox/ID/complete
server::Response complete_inbox_items(const Call& call);
server::Response remove_inbox_items(const Call& call);
server::Response get_events(const Call& call);
server::Response get_preferences(const Call& call);
server::Response put_preferences(const Call& call);
server::Response get_artifact(const Call& call);  // its bytes, or its manifest

server::Response get_asset(const Call& call);     // a folder's children or an asset's properties
server::Response get_original(const Call& call);  // /content/dam/...
server::Response make_original_response(const Call& call, const AssetPath& path, const model::Caller& caller);

service::ImageRequest make_image_request(const server::Request& request, std::string_view object);
server::Response get_image(const Call& call);      // /is/image/...
server::Response get_rendition(const Call& call);  // /content/dam/<asset>/_jcr_content/renditions/<name>
server::Response get_subasset(const Call& call);   // /content/dam/<asset>/subassets/<name>
bool is_subasset(std::string_view path);           // whether it may be one: a folder may have that name too
bool is_rendition(std::string_view path);          // whether get_rendition() answers for it
server::Response list_presets(const Call& call);
server::Response get_preset(const Call& call);
server::Response put_preset(const Call& call);
server::Response remove_preset(const Call& call);
server::Response list_image_profiles(const Call& call);
server::Response put_image_profile(const Call& call);
server::Response remove_image_profile(const Call& call);
server::Response list_processing_profiles(const Call& call);
server::Response put_processing_profile(const Call& call);
server::Response remove_processing_profile(const Call& call);
server::Response get_smart_crops(const Call& call);  // of the asset at the rest of the path
server::Response put_smart_crop(const Call& call);   // one, by hand

server::Response open_session(const Call& call);
server::Response get_session(const Call& call);
server::Response close_session(const Call& call);
server::Response get_csrf_token(const Call& call);

server::Response get_openapi(const Call& call);

inline constexpr std::string_view kSessionCookie = "login-token";

// The body as JSON, with its content type checked: a form on another site cannot send that type.
Result<json::value> parse_json_body(const server::Request& request);
Error wrong_value(std::string_view name, std::string_view wanted);  // Code::invalid: "name" must be ...
// A whole number in the query within bounds; the default when it is not there.
Result<std::size_t> parse_limit(const http::Target& target, std::size_t standard, std::size_t most);

}  // namespace dray::api
