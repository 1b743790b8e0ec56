// AEM's own way to make a shared link: <path>.adhocassetshare.html, as a form or as an asset operation in JSON.
#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "edge/api/aem.h"
#include "edge/api/html.h"
#include "edge/api/link_visit.h"
#include "edge/api/routes.h"
#include "lang/http/form.h"
#include "service/sharing/sharing.h"

namespace dray::api {
namespace {

using server::Response;

constexpr std::string_view kOperationType = "application/vnd.adobe.asset-operation+json";

Result<void> read_expiry(std::string_view text, service::ShareDraft& draft) {
  if (text.empty()) return ok();
  draft.expires = parse_date(text);
  if (!draft.expires) return wrong_value("expirationDate", "a time like 2026-12-24T18:00:00.000+01:00");
  return ok();
}

Result<void> add_path(const Call& call, std::string_view text, service::ShareDraft& draft) {
  if (draft.paths.size() == service::kMostSharedItems)
    return Error{Code::invalid, fmt::format("a link has at most {} paths: share folders", service::kMostSharedItems)};
  ASSIGN_OR_RETURN(auto found, find_path(call, text));
  if (!found.rendition.empty())
    return Error{Code::invalid, std::string(text) + " is a rendition: share its asset, with allowRenditions"};
  draft.paths.push_back(std::move(found.path));
  return ok();
}

Result<std::optional<bool>> read_box(const http::Form& form, std::string_view name) {
  auto value = form.find(name);
  if (!value || value->empty()) return std::optional<bool>();
  if (equal_ignoring_case(*value, "true") || equal_ignoring_case(*value, "on")) return std::optional(true);
  if (equal_ignoring_case(*value, "false")) return std::optional(false);
  return wrong_value(name, "true or false");
}

Result<service::ShareDraft> read_form(const Call& call) {
  ASSIGN_OR_RETURN(auto form, http::parse_form(call.request.head.find("Content-Type").value_or(""), call.request.body));
  if (form.find(":operation") != "generateShareLink") return wrong_value(":operation", "generateShareLink");
  service::ShareDraft draft;
  auto paths = form.all("path");
  if (paths.empty()) paths.push_back(call.rest);
  for (auto text : paths) RETURN_IF_ERROR(add_path(call, text, draft));
  RETURN_IF_ERROR(read_expiry(trim(form.find("expirationDate").value_or("")), draft));
  ASSIGN_OR_RETURN(draft.originals, read_box(form, "allowOriginal"));
  ASSIGN_OR_RETURN(draft.renditions, read_box(form, "allowRenditions"));
  if (draft.originals || draft.renditions) {  // a box without a tick sends nothing
    draft.originals = draft.originals.value_or(false);
    draft.renditions = draft.renditions.value_or(false);
  }
  return draft;
}

Result<void> read_targets(const Call& call, const json::value& value, service::ShareDraft& draft) {
  Error error = wrong_value("target", "a list of {\"repo:path\": \"/content/dam/...\"}");
  if (!value.is_array()) return error;
  for (const auto& one : value.get_array()) {
    const auto* target = one.if_object();
    const auto* path = target ? target->if_contains("repo:path") : nullptr;
    if (!path || !path->is_string()) return error;
    RETURN_IF_ERROR(add_path(call, std::string_view(path->get_string()), draft));
  }
  return ok();
}

Result<service::ShareDraft> read_operation(const Call& call) {
  ASSIGN_OR_RETURN(auto body, parse_json(call.request.body));
  const auto* object = body.if_object();
  const auto* op = object ? object->if_contains("op") : nullptr;
  if (!op || !op->is_string() || op->get_string() != "share")
    return Error{Code::invalid, "the body must be an object with \"op\": \"share\""};
  service::ShareDraft draft;
  for (const auto& member : *object) {
    std::string_view name = member.key();
    const auto& value = member.value();
    if (name == "target") {
      RETURN_IF_ERROR(read_targets(call, value, draft));
    } else if (name == "expirationDate") {
      if (!value.is_string()) return wrong_value(name, "a text");
      RETURN_IF_ERROR(read_expiry(std::string_view(value.get_string()), draft));
    } else if (name == "allowOriginalDownload" || name == "allowRenditionDownload") {
      if (!value.is_bool()) return wrong_value(name, "true or false");
      (name == "allowOriginalDownload" ? draft.originals : draft.renditions) = value.get_bool();
    } else if (name != "op") {
      log::debug("a share's member \"{}\" is not known and was passed over", name);
    }
  }
  return draft;
}

}  // namespace

Response create_adhoc_share(const Call& call) {
  auto type = call.request.head.find("Content-Type").value_or("");
  auto media = ascii_lower(trim(type.substr(0, type.find(';'))));
  bool is_operation = media == kOperationType || media == "application/json";
  auto draft = is_operation ? read_operation(call) : read_form(call);
  if (!draft) return server::make_error_response(draft.error());
  auto made = call.parts.sharing.create(*draft, call.caller);
  if (!made) return server::make_error_response(made.error());
  auto link = fmt::format("{}/linkshare.html?sh={}", call.parts.config.address, made->token);
  if (is_operation) return server::make_json_response(200, json::object{{"link", link}, {"shareToken", made->token}});
  auto text = escape_html(link);
  return make_page_response(
      200, "Shared link",
      fmt::format("<h1>Shared link</h1><p><a id=\"share-link\" href=\"{}\">{}</a></p><p>It ends on {}.</p>", text, text,
                  format_for_people(made->share.expires)));
}

}  // namespace dray::api
