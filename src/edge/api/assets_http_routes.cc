// The parts of AEM's Assets HTTP API that upload clients use: folders, reading, removing. Siren JSON.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "edge/api/html.h"
#include "edge/api/routes.h"
#include "lang/http/form.h"
#include "model/people/access.h"

namespace dray::api {
namespace {

using model::Privilege;
using server::Response;

constexpr std::string_view kApi = "/api/assets";

Response siren_error(int status, const std::string& message) {
  return server::make_json_response(
      status, json::object{{"class", json::array{"core/response"}},
                           {"error", message},
                           {"properties", {{"status.code", status}, {"status.message", message}}}});
}

Response siren_error(const Error& error) {
  auto response = server::make_error_response(error);
  return response.status >= 500 ? response : siren_error(response.status, error.message);
}

// "/x/y.json" -> /content/dam/x/y
Result<AssetPath> path_of(const Call& call) {
  std::string text = "/content/dam" + std::string(call.rest);
  auto path = AssetPath::parse(text);
  if (!path) return path;
  ASSIGN_OR_RETURN(auto node, call.parts.assets.find(*path));
  if (!node && text.ends_with(".json")) return AssetPath::parse(text.substr(0, text.size() - 5));
  return path;
}

Result<model::AccessRules> rules_of(const Call& call) {
  ASSIGN_OR_RETURN(auto list, call.parts.access.list_rules());
  return model::AccessRules(std::move(list));
}

bool may_all_below(const model::AccessRules& rules, const model::Caller& caller, const AssetPath& path) {
  auto turns = rules.turns_below(caller, Privilege::read | Privilege::write, path);
  return std::all_of(turns.begin(), turns.end(), [](const model::RightsTurn& turn) { return turn.allowed; });
}

std::string address_of(const AssetPath& path, std::string_view end = ".json") {
  return std::string(kApi) + percent_encode_path(path.text().substr(model::dam_root().text().size())) +
         std::string(end);
}

json::object entity(const model::Node& node, bool is_whole) {
  json::object properties{{"name", node.path.name()}};
  if (node.asset && is_whole) {
    properties["dc:format"] = node.asset->mime_type;
    properties["dam:size"] = node.asset->original.size;
  }
  json::array links{json::object{{"rel", json::array{"self"}}, {"href", address_of(node.path)}}};
  if (node.path != model::dam_root())
    links.push_back(json::object{{"rel", json::array{"parent"}}, {"href", address_of(node.path.parent())}});
  if (node.asset)
    links.push_back(json::object{{"rel", json::array{"content"}}, {"href", percent_encode_path(node.path.text())}});
  return {{"class", json::array{node.is_folder() ? "assets/folder" : "assets/asset"}},
          {"properties", std::move(properties)},
          {"links", std::move(links)}};
}

// The properties that the caller asks for beside, by their own names: showProperty.
Result<void> add_shown(const Call& call, const model::Node& node, json::object& object) {
  auto& properties = object["properties"].as_object();
  std::vector<std::string_view> names;
  for (const auto& [name, value] : call.request.target.query) {
    if (name == "showProperty" && !properties.contains(value)) names.push_back(value);
  }
  if (names.empty()) return ok();
  ASSIGN_OR_RETURN(auto metadata, call.parts.assets.get_metadata(node.path));
  for (auto name : names) {
    if (const auto* value = metadata.if_contains(name)) properties[name] = *value;
  }
  return ok();
}

// As AEM calls them here: jcr:title is dc:title.
Result<void> add_title(const Call& call, const model::Node& node, json::object& object) {
  ASSIGN_OR_RETURN(auto metadata, call.parts.assets.get_metadata(node.path));
  for (auto name : {"dc:title", "jcr:title"}) {
    if (const auto* title = metadata.if_contains(name)) object["properties"].as_object()["dc:title"] = *title;
  }
  return ok();
}

Result<json::object> read(const Call& call) {
  ASSIGN_OR_RETURN(auto path, path_of(call));
  ASSIGN_OR_RETURN(auto node, call.parts.assets.find(path));
  ASSIGN_OR_RETURN(auto rules, rules_of(call));
  if (!node || !rules.may(call.caller, Privilege::read, path))
    return Error{Code::not_found, "there is nothing at " + path.text()};
  auto object = entity(*node, true);
  RETURN_IF_ERROR(add_title(call, *node, object));
  RETURN_IF_ERROR(add_shown(call, *node, object));
  if (!node->is_folder()) return object;
  constexpr std::size_t kStandard = 20;
  auto limit = parse_unsigned(call.request.target.find("limit").value_or(std::to_string(kStandard)));
  auto offset = parse_unsigned(call.request.target.find("offset").value_or("0"));
  if (!limit || !offset) return Error{Code::invalid, "\"offset\" and \"limit\" must be numbers"};
  json::array entities;
  std::uint64_t total = 0;
  std::string after;
  for (;;) {
    constexpr std::size_t kAtOnce = 1000;
    ASSIGN_OR_RETURN(auto children, call.parts.assets.list_children(path, after, kAtOnce));
    for (const auto& child : children) {
      if (!rules.may(call.caller, Privilege::read, child.path)) continue;
      if (total >= *offset && total - *offset < *limit) {
        auto one = entity(child, false);
        one["rel"] = json::array{"child"};
        RETURN_IF_ERROR(add_shown(call, child, one));
        entities.push_back(std::move(one));
      }
      ++total;
    }
    if (children.size() < kAtOnce) break;
    after = std::string(children.back().path.name());
  }
  object["entities"] = std::move(entities);
  object["properties"].as_object()["srn:paging"] =
      json::object{{"total", total}, {"offset", *offset}, {"limit", *limit}};
  return object;
}

}  // namespace

Response get_siren(const Call& call) {
  auto object = read(call);
  return object ? server::make_json_response(200, *object) : siren_error(object.error());
}

namespace {

// {"class": "assetFolder", ...} or {"properties": ...}, or a form without a file.
bool asks_for_folder(const server::Request& request) {
  auto type = request.head.find("Content-Type").value_or("");
  bool is_form = type.starts_with("application/x-www-form-urlencoded");
  if (is_form || (request.body.empty() && (type.empty() || type.starts_with("multipart/form-data")))) return true;
  if (type.starts_with("multipart/form-data")) {
    auto form = http::parse_form(type, request.body);
    return form && !form->find_file("file");
  }
  auto body = parse_json_body(request);
  const auto* object = body ? body->if_object() : nullptr;
  const auto* kind = object ? object->if_contains("class") : nullptr;
  if (kind && !kind->is_string() && !kind->is_array()) return false;
  bool is_folder = !kind || json::serialize(*kind).find("assetFolder") != std::string::npos;
  return object && is_folder && (kind || object->contains("properties"));
}

// What the folder is called where people read it; clients make names of it that addresses can have.
Result<json::object> folder_metadata(const server::Request& request) {
  std::optional<std::string> title;
  auto take = [&](std::string_view name, std::string_view value) {
    if (name == "jcr:title" || name == "title" || name == "dc:title") title = value;
  };
  for (const auto& [name, value] : request.target.query) take(name, value);
  auto type = request.head.find("Content-Type").value_or("");
  if (auto form = http::parse_form(type, request.body); form && !request.body.empty()) {
    for (const auto& field : form->fields) take(field.name, field.value);
  }
  auto body = parse_json_body(request);
  const auto* object = body ? body->if_object() : nullptr;
  const auto* properties = object ? object->if_contains("properties") : nullptr;
  if (properties && properties->is_object()) {
    for (const auto& member : properties->get_object()) {
      if (member.value().is_string()) take(member.key(), member.value().get_string());
    }
  }
  if (!title || title->empty()) return json::object();
  if (!is_valid_utf8(*title)) return wrong_value("jcr:title", "UTF-8");
  return json::object{{"jcr:title", *title}};
}

}  // namespace

// Of a folder; assets come in by upload.
Response post_siren(const Call& call) {
  if (call.rest.ends_with("/*") || !asks_for_folder(call.request))
    return siren_error(501,
                       "only folders are made here, named by the address, with {\"class\": \"assetFolder\"}; assets "
                       "come in through <folder>.initiateUpload.json or <folder>.createasset.html");
  auto path = AssetPath::parse("/content/dam" + std::string(call.rest));
  if (!path) return siren_error(path.error());
  auto parent = call.parts.assets.find(path->parent());
  auto there = call.parts.assets.find(*path);
  if (!parent || !there) return siren_error((parent ? there : parent).error());
  auto rules = rules_of(call);
  if (!rules) return siren_error(rules.error());
  if (!*parent || !(*parent)->is_folder() || !rules->may(call.caller, Privilege::read, path->parent()))
    return siren_error(500, "there is no folder " + path->parent().text() + " to make it in");
  if (*there) return siren_error(409, path->text() + " is there already");
  if (!rules->may(call.caller, Privilege::write, path->parent()))
    return siren_error(403, "you may not make folders in " + path->parent().text());
  auto metadata = folder_metadata(call.request);
  if (!metadata) return siren_error(metadata.error());
  auto made = call.parts.assets.make_folder(*path, *metadata);
  if (!made) return siren_error(made.error());
  return server::make_json_response(201, json::object{{"class", json::array{"core/response"}},
                                                      {"properties",
                                                       {{"status.code", 201},
                                                        {"status.message", "Created"},
                                                        {"path", path->text()},
                                                        {"location", address_of(*path)}}}});
}

Response remove_siren(const Call& call) {
  auto path = path_of(call);
  if (!path) return siren_error(path.error());
  auto rules = rules_of(call);
  if (!rules) return siren_error(rules.error());
  if (!rules->may(call.caller, Privilege::read, *path)) return siren_error(404, "there is nothing at " + path->text());
  if (!rules->may(call.caller, Privilege::write, *path)) return siren_error(403, "you may not remove " + path->text());
  if (!may_all_below(*rules, call.caller, *path))
    return siren_error(403, "there is something below " + path->text() + " that you may not remove");
  auto removed = call.parts.assets.remove(*path);
  if (!removed) return siren_error(removed.error());
  auto noted =
      call.parts.events.append({0, call.parts.clock.now(), "ASSET_REMOVED", call.caller.user, path->text(), {}});
  if (!noted) return siren_error(noted.error());
  return server::make_json_response(200, json::object{{"class", json::array{"core/response"}},
                                                      {"properties", {{"status.code", 200}, {"path", path->text()}}}});
}

// What AEM's pages ask first.
Response get_current_user(const Call& call) {
  auto user = call.parts.people.find_user(call.caller.user);
  if (!user) return server::make_error_response(user.error());
  auto name = *user && !(*user)->name.empty() ? (*user)->name : call.caller.user;
  auto home = "/home/users/" + call.caller.user;
  return server::make_json_response(200, json::object{{"type", "user"},
                                                      {"home", home},
                                                      {"authorizableId", call.caller.user},
                                                      {"authorizableId_xss", escape_html(call.caller.user)},
                                                      {"name", name},
                                                      {"name_xss", escape_html(name)},
                                                      {"isImpersonated", false}});
}

// /home/users/ID/profile.json, of oneself
Response get_profile(const Call& call) {
  if (call.rest != call.caller.user && !call.caller.is_administrator())
    return server::make_error_response(404, "there is no such profile");
  auto user = call.parts.people.find_user(std::string(call.rest));
  if (!user) return server::make_error_response(user.error());
  if (!*user) return server::make_error_response(404, "there is no such profile");
  const auto& name = (*user)->name;
  auto blank = name.rfind(' ');
  json::object profile{{"email", (*user)->email},
                       {"givenName", name.substr(0, blank == name.npos ? name.size() : blank)},
                       {"familyName", blank == name.npos ? "" : name.substr(blank + 1)}};
  return server::make_json_response(200, profile);
}

}  // namespace dray::api
