#include "pipeline/select/request.h"

#include <fmt/format.h>

#include <unordered_set>

namespace dray::pipeline {
namespace {

Error invalid(std::string message) { return {Code::invalid, std::move(message)}; }

struct Option {
  std::string_view name;
  bool DownloadOptions::*field;
};
constexpr std::array kOptions = {Option{"originals", &DownloadOptions::originals},
                                 Option{"folderPerAsset", &DownloadOptions::folder_per_asset},
                                 Option{"keepStructure", &DownloadOptions::keep_structure}};

Result<std::vector<AssetPath>> parse_targets(const json::value& value) {
  const auto* list = value.if_array();
  if (!list) return invalid("\"targets\" must be a list, like [{\"path\": \"/content/dam/x\"}]");
  if (list->size() > kMostTargets) {
    return invalid(
        fmt::format("there are {} targets; at most {} are taken: name their folder", list->size(), kMostTargets));
  }
  std::vector<AssetPath> targets;
  std::unordered_set<std::string> named;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto* target = (*list)[i].if_object();
    const auto* path = target ? target->if_contains("path") : nullptr;
    if (!path || !path->is_string()) return invalid(fmt::format("target {} has no \"path\"", i + 1));
    for (const auto& member : *target) {
      if (member.key() != "path")
        return invalid(fmt::format("target {} has an unknown member \"{}\"", i + 1, std::string(member.key())));
    }
    auto parsed = AssetPath::parse(std::string_view(path->get_string()));
    if (!parsed) return invalid(fmt::format("target {}: {}", i + 1, parsed.error().message));
    if (named.insert(parsed->text()).second) targets.push_back(*std::move(parsed));
  }
  return targets;
}

Result<DownloadOptions> parse_options(const json::value& value) {
  const auto* object = value.if_object();
  if (!object) return invalid("\"options\" must be an object");
  DownloadOptions options;
  for (const auto& member : *object) {
    auto option =
        std::find_if(kOptions.begin(), kOptions.end(), [&](const auto& known) { return known.name == member.key(); });
    if (option == kOptions.end()) {
      return invalid(fmt::format("there is no option \"{}\"; known are originals, folderPerAsset and keepStructure",
                                 std::string(member.key())));
    }
    if (!member.value().is_bool())
      return invalid(fmt::format("the option \"{}\" must be true or false", std::string(member.key())));
    options.*option->field = member.value().get_bool();
  }
  return options;
}

}  // namespace

Result<DownloadRequest> parse_download_request(const json::value& body) {
  const auto* object = body.if_object();
  if (!object) return invalid("the body must be a JSON object with \"targets\"");
  DownloadRequest request;
  bool has_targets = false;
  for (const auto& member : *object) {
    if (member.key() == "targets") {
      ASSIGN_OR_RETURN(request.targets, parse_targets(member.value()));
      has_targets = true;
    } else if (member.key() == "options") {
      ASSIGN_OR_RETURN(request.options, parse_options(member.value()));
    } else if (member.key() == "archiveName") {
      if (!member.value().is_string()) return invalid("\"archiveName\" must be a text");
      request.archive_name = std::string(member.value().get_string());
      if (request.archive_name.size() > 4096) return invalid("\"archiveName\" has more than 4096 bytes");
      if (!request.archive_name.empty()) request.form = ArchiveForm::always;
    } else {
      return invalid(fmt::format("there is no member \"{}\"; known are targets, options and archiveName",
                                 std::string(member.key())));
    }
  }
  if (!has_targets)
    return invalid("\"targets\" is missing: name at least one folder or asset, like [{\"path\": \"/content/dam/x\"}]");
  return request;
}

json::object to_json(const DownloadRequest& request) {
  json::array targets;
  for (const auto& path : request.targets) targets.push_back(json::object{{"path", path.text()}});
  json::object options;
  for (const auto& option : kOptions) options[option.name] = request.options.*option.field;
  return {{"targets", std::move(targets)},
          {"options", std::move(options)},
          {"archiveName", request.archive_name},
          {"form", request.form == ArchiveForm::always ? "archive" : "asNeeded"}};
}

}  // namespace dray::pipeline
