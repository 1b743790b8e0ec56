#include "edge/api/api.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "edge/api/routes.h"
#include "lang/http/authorization.h"
#include "lang/http/form.h"
#include "lang/sling/address.h"

namespace dray::api {
namespace {

using http::Method;
using server::Request;
using server::Response;

enum class Door { open, signed_in, signed_in_or_signed_url };

Response get_live(const Call&) { return server::make_text_response(200, "text/plain; charset=utf-8", "alive\n"); }

Response get_ready(const Call& call) {
  auto root = call.parts.assets.find(model::dam_root());
  if (!root) {
    auto response = server::make_error_response(root.error());  // its message may name files, and this door is open
    response.status = 503;
    return response;
  }
  return server::make_text_response(200, "text/plain; charset=utf-8", "ready\n");
}

Response get_metrics(const Call& call) {
  return server::make_text_response(200, "text/plain; version=0.0.4; charset=utf-8",
                                    call.parts.metrics.text(call.parts.count_renditions()));
}

Response get_start(const Call& call) {
  auto page = fmt::format(
      "Dray {}\n\nYou are signed in as {}.\n\n/api/v1/openapi.json       what the API can do\n"
      "/api/v1/assets/content/dam folders and assets\n/api/v1/downloads          your downloads\n",
      DRAY_VERSION, call.caller.user);
  return server::make_text_response(200, "text/plain; charset=utf-8", std::move(page));
}

// child: one more segment; middle: one in the place of *; marked: behind a path, as Sling's selector and extension
enum class Match { exact, prefix, child, middle, marked };

struct Route {
  Method method;
  std::string_view path;
  Match match;
  Door door;
  ByteCount body_limit;
  Response (*handle)(const Call&);
  Result<std::shared_ptr<server::BodySink>> (*open_sink)(const Call&) =
      nullptr;  // of bodies that are not kept in memory
};

constexpr ByteCount kNoBody = 0, kSmallBody = 64 * 1024, kFormBody = 1024 * 1024, kSelectionBody = 16 * 1024 * 1024,
                    kPartBody = 100 * 1024 * 1024, kAssetBody = 32 * 1024 * 1024;

// The first that matches; longer prefixes stand before shorter ones.
constexpr std::array kRoutes = {
    Route{Method::get, "/livez", Match::exact, Door::open, kNoBody, get_live},
    Route{Method::get, "/readyz", Match::exact, Door::open, kNoBody, get_ready},
    Route{Method::get, "/metrics", Match::exact, Door::open, kNoBody, get_metrics},
    Route{Method::get, "/", Match::exact, Door::signed_in, kNoBody, get_start},
    Route{Method::get, "/api/v1/openapi.json", Match::exact, Door::signed_in, kNoBody, get_openapi},
    Route{Method::post, "/api/v1/session", Match::exact, Door::open, kSmallBody, open_session},
    Route{Method::get, "/api/v1/session", Match::exact, Door::signed_in, kNoBody, get_session},
    Route{Method::delete_, "/api/v1/session", Match::exact, Door::signed_in, kNoBody, close_session},
    Route{Method::get, "/libs/granite/csrf/token.json", Match::exact, Door::signed_in, kNoBody, get_csrf_token},
    Route{Method::post, "/api/v1/downloads", Match::exact, Door::signed_in, kSelectionBody, create_download},
    Route{Method::get, "/api/v1/downloads", Match::exact, Door::signed_in, kNoBody, list_downloads},
    Route{Method::get, "/api/v1/downloads/", Match::prefix, Door::signed_in, kNoBody, get_download},
    Route{Method::post, "/api/v1/downloads/*/retry", Match::middle, Door::signed_in, kNoBody, retry_download},
    Route{Method::delete_, "/api/v1/downloads/", Match::child, Door::signed_in, kNoBody, remove_download},
    Route{Method::post, "/api/v1/licenses", Match::exact, Door::signed_in, kSelectionBody, find_licences},
    Route{Method::get, "/api/v1/inbox", Match::exact, Door::signed_in, kNoBody, get_inbox},
    Route{Method::post, "/api/v1/inbox/complete", Match::exact, Door::signed_in, kSmallBody, complete_inbox_items},
    Route{Method::post, "/api/v1/inbox/remove", Match::exact, Door::signed_in, kSmallBody, remove_inbox_items},
    Route{Method::post, "/api/v1/inbox/*/open", Match::middle, Door::signed_in, kNoBody, open_inbox_item},
    Route{Method::post, "/api/v1/inbox/*/complete", Match::middle, Door::signed_in, kNoBody, complete_inbox_item},
    Route{Method::get, "/api/v1/mail", Match::exact, Door::signed_in, kNoBody, get_mail},
    Route{Method::post, "/api/v1/mail/retry", Match::exact, Door::signed_in, kSmallBody, retry_mails},
    Route{Method::post, "/api/v1/mail/remove", Match::exact, Door::signed_in, kSmallBody, remove_mails},
    Route{Method::post, "/api/v1/shares", Match::exact, Door::signed_in, kFormBody, create_share},
    Route{Method::get, "/api/v1/shares", Match::exact, Door::signed_in, kNoBody, list_shares},
    Route{Method::get, "/api/v1/shares/", Match::child, Door::signed_in, kNoBody, get_share},
    Route{Method::put, "/api/v1/shares/", Match::child, Door::signed_in, kSmallBody, change_share},
    Route{Method::delete_, "/api/v1/shares/", Match::child, Door::signed_in, kNoBody, revoke_share},
    Route{Method::get, "/api/v1/share-settings", Match::exact, Door::signed_in, kNoBody, get_share_settings},
    Route{Method::put, "/api/v1/share-settings", Match::exact, Door::signed_in, kSmallBody, put_share_settings},
    Route{Method::get, "/linkshare.html", Match::exact, Door::open, kNoBody, get_link},
    Route{Method::post, "/linkshare.html", Match::exact, Door::open, kFormBody, post_link},
    Route{Method::get, "/linksharepreview.html", Match::exact, Door::open, kNoBody, get_link_preview},
    Route{Method::get, "/linkexpired.html", Match::exact, Door::open, kNoBody, get_link_expired},
    Route{Method::get, "/api/v1/events", Match::exact, Door::signed_in, kNoBody, get_events},
    Route{Method::get, "/api/v1/preferences", Match::exact, Door::signed_in, kNoBody, get_preferences},
    Route{Method::put, "/api/v1/preferences", Match::exact, Door::signed_in, kSmallBody, put_preferences},
    Route{Method::get, "/api/v1/assets", Match::prefix, Door::signed_in, kNoBody, get_asset},
    Route{Method::get, "/api/v1/presets", Match::exact, Door::signed_in, kNoBody, list_presets},
    Route{Method::get, "/api/v1/presets/", Match::child, Door::signed_in, kNoBody, get_preset},
    Route{Method::put, "/api/v1/presets/", Match::child, Door::signed_in, kSmallBody, put_preset},
    Route{Method::delete_, "/api/v1/presets/", Match::child, Door::signed_in, kNoBody, remove_preset},
    Route{Method::get, "/api/v1/image-profiles", Match::exact, Door::signed_in, kNoBody, list_image_profiles},
    Route{Method::put, "/api/v1/image-profiles/", Match::child, Door::signed_in, kSmallBody, put_image_profile},
    Route{Method::delete_, "/api/v1/image-profiles/", Match::child, Door::signed_in, kNoBody, remove_image_profile},
    Route{Method::get, "/api/v1/processing-profiles", Match::exact, Door::signed_in, kNoBody, list_processing_profiles},
    Route{Method::put, "/api/v1/processing-profiles/", Match::child, Door::signed_in, kSmallBody,
          put_processing_profile},
    Route{Method::delete_, "/api/v1/processing-profiles/", Match::child, Door::signed_in, kNoBody,
          remove_processing_profile},
    Route{Method::get, "/api/v1/smart-crops", Match::prefix, Door::signed_in, kNoBody, get_smart_crops},
    Route{Method::put, "/api/v1/smart-crops", Match::prefix, Door::signed_in, kSmallBody, put_smart_crop},
    Route{Method::get, "/is/image/", Match::prefix, Door::signed_in_or_signed_url, kNoBody, get_image},
    Route{Method::get, ".downloadbinaries.json", Match::marked, Door::signed_in, kNoBody, get_framework_download},
    Route{Method::post, ".downloadbinaries.json", Match::marked, Door::signed_in, kSelectionBody,
          start_framework_download},
    Route{Method::delete_, ".downloadbinaries.json", Match::marked, Door::signed_in, kNoBody,
          remove_framework_download},
    Route{Method::get, ".download.bin", Match::marked, Door::signed_in, kNoBody, get_original_bare},
    Route{Method::get, ".assetdownload.zip", Match::marked, Door::signed_in, kNoBody, get_classic_download},
    Route{Method::get, ".assetlicenses.html", Match::marked, Door::signed_in, kNoBody, get_classic_licences},
    Route{Method::post, ".assetdownload.zip", Match::marked, Door::signed_in, kSelectionBody, get_classic_download},
    Route{Method::post, ".adhocassetshare.html", Match::marked, Door::signed_in, kFormBody, create_adhoc_share},
    Route{Method::post, ".initiateUpload.json", Match::marked, Door::signed_in, kFormBody, initiate_upload},
    Route{Method::post, ".completeUpload.json", Match::marked, Door::signed_in, kFormBody, complete_upload},
    Route{Method::post, ".createasset.html", Match::marked, Door::signed_in, kAssetBody, create_asset,
          check_upload_folder},
    Route{Method::put, "/api/v1/uploads/", Match::prefix, Door::open, kPartBody, put_upload_part, open_upload_part},
    Route{Method::post, "/api/v1/uploads/", Match::prefix, Door::open, kPartBody, put_upload_part, open_upload_part},
    Route{Method::get, "/api/assets.json", Match::exact, Door::signed_in, kNoBody, get_siren},
    Route{Method::get, "/api/assets", Match::prefix, Door::signed_in, kNoBody, get_siren},
    Route{Method::post, "/api/assets", Match::prefix, Door::signed_in, kSmallBody, post_siren},
    Route{Method::delete_, "/api/assets", Match::prefix, Door::signed_in, kNoBody, remove_siren},
    Route{Method::get, "/libs/granite/security/currentuser.json", Match::exact, Door::signed_in, kNoBody,
          get_current_user},
    Route{Method::get, "/home/users/*/profile.json", Match::middle, Door::signed_in, kNoBody, get_profile},
    Route{Method::get, "/content/dam", Match::prefix, Door::signed_in, kNoBody, get_original},
};
constexpr const Route& kOriginals = kRoutes.back();

// The segment in the place of *.
std::string_view middle_of(std::string_view pattern, std::string_view path) {
  auto star = pattern.find('*');
  auto before = pattern.substr(0, star), after = pattern.substr(star + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) return {};
  auto middle = path.substr(before.size(), path.size() - before.size() - after.size());
  return middle.find('/') == middle.npos ? middle : std::string_view();
}

std::string_view rest_of(const Route& route, std::string_view path) {
  if (route.match == Match::marked) return path.substr(0, sling::find_marker(path, route.path));
  return route.match == Match::middle ? middle_of(route.path, path) : path.substr(route.path.size());
}

bool matches(const Route& route, std::string_view path) {
  if (route.match == Match::exact) return path == route.path;
  if (route.match == Match::middle) return !middle_of(route.path, path).empty();
  if (route.match == Match::marked) return sling::find_marker(path, route.path) != path.npos;
  if (!path.starts_with(route.path)) return false;
  if (route.match == Match::child) return path.find('/', route.path.size()) == std::string_view::npos;
  return path.size() == route.path.size() || route.path.ends_with('/') || path[route.path.size()] == '/';
}

bool is_safe(Method method) { return method == Method::get || method == Method::head || method == Method::options; }

Response unauthenticated(const Error& error) {
  auto response = server::make_error_response(error);
  if (response.status == 401)
    response.fields.push_back({"WWW-Authenticate", "Basic realm=\"Dray\", charset=\"UTF-8\""});
  return response;
}

class Api final : public server::Service {
 public:
  explicit Api(const ApiParts& parts) : parts_(parts), cors_(parts.config.cors) {}

  std::variant<server::Admission, Response> admit(const Request& request) override {
    auto passed = pass(request, Stage::head);
    if (auto* refused = std::get_if<Response>(&passed)) return for_others(request, std::move(*refused));
    auto& [route, call] = std::get<Passed>(passed);
    if (!route->open_sink) return server::Admission{route->body_limit};
    auto sink = route->open_sink(call);
    if (!sink) return for_others(request, server::make_error_response(sink.error()));
    return server::Admission{route->body_limit, *std::move(sink)};
  }

  Response handle(const Request& request) override {
    if (auto answer = cors_.answer_preflight(request)) return *std::move(answer);
    auto passed = pass(request, Stage::whole);
    if (auto* refused = std::get_if<Response>(&passed)) return for_others(request, std::move(*refused));
    auto& [route, call] = std::get<Passed>(passed);
    return for_others(request, route->handle(call));
  }

  std::optional<std::uint64_t> version() override { return parts_.changes.version(); }

 private:
  // With what pages of other sites need to read it.
  Response for_others(const Request& request, Response response) const {
    cors_.add_fields(request, response);
    return response;
  }

  struct Passed {
    const Route* route;
    Call call;
  };
  using Passage = std::variant<Response, Passed>;
  enum class Stage { head, whole };  // of the request

  // The filter chain, in this order:
  // 1. The server has checked framing, limits and the target's form; questions of other sites' pages beforehand
  //    (CORS) are answered.
  // 2. Open doors need nobody: health, metrics, signing in.
  //    Signed URLs of images, where they are switched on, need nobody either: then everyone asks.
  // 3. Authentication comes before routing, so that anonymous callers learn nothing, not even which addresses exist.
  // 4. Routing: 404 for no such address, 405 for another method.
  // 5. CSRF: nothing is changed for a page of another site in the name of whoever looks at it, and whoever is known
  //    by a cookie must show the token, in the head or in a form. Parts of uploads and shared links know nobody:
  //    their address is all that they need.
  Passage pass(const Request& request, Stage stage) const {
    const Route* route = nullptr;
    std::string allowed;
    auto method = request.head.method == Method::head ? Method::get : request.head.method;
    for (const auto& candidate : kRoutes) {
      if (!matches(candidate, request.target.path)) continue;
      if (candidate.method == method) {
        route = &candidate;
        break;
      }
      allowed += (allowed.empty() ? "" : ", ") + std::string(http::name_of(candidate.method));
      if (candidate.method == Method::get) allowed += ", HEAD";
    }
    Call call{request, "", {}, "", parts_};
    if (route && route->door == Door::signed_in_or_signed_url && shows_nobody(request) &&
        parts_.images.is_signed(image_request_of(request, *route))) {
      call.caller.groups = {std::string(model::kEveryone)};
    } else if (!route || route->door != Door::open) {
      auto refused = authenticate(request, call);
      if (!refused) return unauthenticated(refused.error());
    }
    if (!route && allowed.empty())
      return server::make_error_response(404, "there is nothing at " + request.target.path);
    if (!route) {
      auto response = server::make_error_response(
          405, fmt::format("{} is not possible here; possible is {}", request.head.method_name, allowed));
      response.fields.push_back({"Allow", allowed});
      return response;
    }
    bool is_known = route->door != Door::open;  // else there is nothing of the caller's that another page could use
    if (is_known && !is_safe(request.head.method) && is_from_another_site(request) && !cors_.allows(request))
      return server::make_error_response(403, "pages of other sites may not change anything here");
    bool may_follow = stage == Stage::head && is_form(request);
    if (!call.session_secret.empty() && !is_safe(request.head.method) && !may_follow) {
      auto token = csrf_token_of(request);
      if (!token) return server::make_error_response(token.error());
      if (!is_csrf_token(*token, call.session_secret))
        return server::make_error_response(403,
                                           "the CSRF-Token header (or the field :cq_csrf_token of a form) is missing "
                                           "or wrong: get one from /libs/granite/csrf/token.json");
    }
    if (route->match == Match::marked && is_safe(request.head.method) && is_asset(request.target.path))
      route = &kOriginals;
    call.rest = rest_of(*route, request.target.path);
    return Passed{route, std::move(call)};
  }

  // The longest path that is there counts, as in Sling: an asset may be called x.assetdownload.zip.
  bool is_asset(std::string_view path) const {
    auto parsed = AssetPath::parse(path);
    auto found = parsed ? parts_.assets.find(*parsed) : Result<std::optional<model::Node>>(std::nullopt);
    return found && *found && !(*found)->is_folder();
  }

  static bool shows_nobody(const Request& request) {
    return !request.head.find("Authorization") && !http::find_cookie(request.head, kSessionCookie);
  }

  static service::ImageRequest image_request_of(const Request& request, const Route& route) {
    return make_image_request(request, std::string_view(request.target.path).substr(route.path.size()));
  }

  Result<void> authenticate(const Request& request, Call& call) const {
    ASSIGN_OR_RETURN(auto credentials, http::parse_authorization(request.head.find("Authorization")));
    if (auto* basic = std::get_if<http::BasicCredentials>(&credentials)) {
      ASSIGN_OR_RETURN(call.caller, parts_.accounts.check_password(basic->user, basic->password));
      return ok();
    }
    if (auto* bearer = std::get_if<http::BearerToken>(&credentials)) {
      ASSIGN_OR_RETURN(call.caller, parts_.accounts.check_token(bearer->token));
      return ok();
    }
    auto cookie = http::find_cookie(request.head, kSessionCookie);
    if (!cookie)
      return Error{Code::unauthenticated,
                   "sign in first: with a name and password, a bearer token, or at /api/v1/session"};
    ASSIGN_OR_RETURN(call.caller, parts_.accounts.check_session(*cookie));
    call.session_secret = *cookie;
    return ok();
  }

  // As browsers say it; programs say nothing.
  static bool is_from_another_site(const Request& request) {
    if (request.head.find("Sec-Fetch-Site") == "cross-site") return true;
    auto origin = request.head.find("Origin");
    if (!origin) return false;
    auto host = origin->substr(std::min(origin->size(), origin->find("://") + 3));
    return origin->find("://") == origin->npos || host != request.head.find("Host").value_or("");
  }

  static bool is_form(const Request& request) {
    auto type = ascii_lower(request.head.find("Content-Type").value_or(""));
    return type.starts_with("application/x-www-form-urlencoded") || type.starts_with("multipart/form-data");
  }

  // Browsers can send a header from a script only, and AEM's Java client sends a field.
  static Result<std::string> csrf_token_of(const Request& request) {
    if (auto token = request.head.find("CSRF-Token")) return std::string(*token);
    if (!is_form(request) || request.body.empty()) return std::string();
    ASSIGN_OR_RETURN(auto form, http::parse_form(*request.head.find("Content-Type"), request.body));
    return std::string(form.find(":cq_csrf_token").value_or(""));
  }

  static bool is_csrf_token(std::string_view token, const std::string& secret) {
    auto expected = service::Accounts::csrf_token_of(secret);
    if (token.size() != expected.size()) return false;
    unsigned difference = 0;  // in constant time
    for (std::size_t i = 0; i < expected.size(); ++i) difference |= static_cast<unsigned>(token[i] ^ expected[i]);
    return difference == 0;
  }

  const ApiParts parts_;
  const Cors cors_;
};

}  // namespace

std::unique_ptr<server::Service> make_api(ApiParts parts) { return std::make_unique<Api>(parts); }

Result<json::value> parse_json_body(const Request& request) {
  auto type = request.head.find("Content-Type").value_or("");
  type = type.substr(0, type.find(';'));
  if (ascii_lower(trim(type)) != "application/json") {
    return Error{Code::invalid, "the body must be JSON and say so: Content-Type: application/json"};
  }
  return parse_json(request.body);
}

Error wrong_value(std::string_view name, std::string_view wanted) {
  return {Code::invalid, fmt::format("\"{}\" must be {}", name, wanted)};
}

Result<std::size_t> parse_limit(const http::Target& target, std::size_t standard, std::size_t most) {
  auto text = target.find("limit");
  if (!text) return standard;
  auto value = parse_unsigned(*text);
  if (!value || *value < 1 || *value > most)
    return Error{Code::invalid, fmt::format("\"limit\" must be a number from 1 to {}", most)};
  return static_cast<std::size_t>(*value);
}

}  // namespace dray::api
