#include <fmt/format.h>

#include "base/text.h"
#include "edge/api/routes.h"

namespace dray::api {
namespace {

using model::Node;
using model::Privilege;
using server::Response;

// One page of the children that the caller may read, and the name after which the next page begins. Others leave no
// trace: no short page, and no name in "next".
Result<json::object> folder_json(const Call& call, const Node& folder, const model::AccessRules& rules) {
  ASSIGN_OR_RETURN(auto limit, parse_limit(call.request.target, 100, 1000));
  std::string after(call.request.target.find("after").value_or(""));
  json::array children;
  json::value next = nullptr;
  for (bool more = true; more && next.is_null();) {
    ASSIGN_OR_RETURN(auto page, call.parts.assets.list_children(folder.path, after, limit + 1));
    more = page.size() == limit + 1;
    if (more) after = std::string(page.back().path.name());
    for (const auto& child : page) {
      if (!rules.may(call.caller, Privilege::read, child.path)) continue;
      if (children.size() == limit) {
        next = children.back().at("name");
        break;
      }
      children.push_back(to_json(child));
    }
  }
  auto object = to_json(folder);
  ASSIGN_OR_RETURN(auto metadata, call.parts.assets.get_metadata(folder.path));
  if (const auto* title = metadata.if_contains("jcr:title")) object["title"] = *title;
  object["children"] = std::move(children);
  object["next"] = std::move(next);
  return object;
}

Result<json::object> asset_json(const Call& call, const Node& node) {
  ASSIGN_OR_RETURN(auto metadata, call.parts.assets.get_metadata(node.path));
  ASSIGN_OR_RETURN(auto versions, call.parts.assets.list_versions(node.path));
  auto object = to_json(node);
  object["metadata"] = std::move(metadata);
  json::array list;
  for (const auto& version : versions) {
    list.push_back(json::object{{"version", version.version},
                                {"created", format_utc(version.created)},
                                {"size", version.original.size},
                                {"sha256", version.original.id.hex()}});
  }
  object["versions"] = std::move(list);
  ASSIGN_OR_RETURN(auto renditions, call.parts.images.list_renditions(node));
  json::array made;
  for (const auto& rendition : renditions) {
    json::object item{{"name", rendition.name}};
    if (rendition.failure.empty()) {
      item["mimeType"] = rendition.mime_type;
      item["size"] = rendition.content.size;
      item["width"] = rendition.width;
      item["height"] = rendition.height;
      item["uri"] =
          percent_encode_path(node.path.text()) + "/_jcr_content/renditions/" + percent_encode_path(rendition.name);
    } else {
      item["failure"] = rendition.failure;
    }
    made.push_back(std::move(item));
  }
  object["renditions"] = std::move(made);
  ASSIGN_OR_RETURN(auto pages, call.parts.images.list_subassets(*node.asset));
  json::array subassets;
  for (const auto& page : pages) {
    subassets.push_back(json::object{{"name", page.name},
                                     {"mimeType", page.mime_type},
                                     {"size", page.content.size},
                                     {"uri", percent_encode_path(node.path.text()) + "/subassets/" + page.name}});
  }
  object["subassets"] = std::move(subassets);
  return object;
}

}  // namespace

Response get_asset(const Call& call) {
  auto path = AssetPath::parse(call.rest.empty() || call.rest == "/" ? "/content/dam" : call.rest);
  if (!path) return server::make_error_response(path.error());
  auto list = call.parts.access.list_rules();
  if (!list) return server::make_error_response(list.error());
  model::AccessRules rules(*std::move(list));
  Error absent{Code::not_found, "there is no folder or asset " + path->text()};
  if (!rules.may(call.caller, Privilege::read, *path)) return server::make_error_response(absent);
  auto node = call.parts.assets.find(*path);
  if (!node) return server::make_error_response(node.error());
  if (!*node) return server::make_error_response(absent);
  auto object = (*node)->is_folder() ? folder_json(call, **node, rules) : asset_json(call, **node);
  return object ? server::make_json_response(200, *object) : server::make_error_response(object.error());
}

}  // namespace dray::api
