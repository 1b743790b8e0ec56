#include "pipeline/select/request.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <set>
#include <unordered_set>

#include "base/text.h"

namespace dray::pipeline {
namespace {

Error invalid(std::string message) { return {Code::invalid, std::move(message)}; }

struct Option {
  std::string_view name;
  bool DownloadOptions::*field;
};
constexpr std::array kOptions = {
    Option{"originals", &DownloadOptions::originals}, Option{"folderPerAsset", &DownloadOptions::folder_per_asset},
    Option{"keepStructure", &DownloadOptions::keep_structure}, Option{"subassets", &DownloadOptions::subassets},
    Option{"excludeDefaultRenditions", &DownloadOptions::exclude_default_renditions}};

constexpr std::size_t kMostRenditions = 100;

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

Result<std::vector<std::string>> parse_patterns(const json::value& value) {
  if (value.is_bool()) return value.get_bool() ? std::vector<std::string>{"*"} : std::vector<std::string>{};
  const auto* list = value.if_array();
  if (!list || list->size() > kMostRenditions)
    return invalid(
        fmt::format("\"renditions\" must be true, or a list of at most {} names or patterns, like "
                    "[\"cq5dam.web.*\"]",
                    kMostRenditions));
  std::vector<std::string> patterns;
  for (const auto& item : *list) {
    if (!item.is_string() || item.get_string().empty() || item.get_string().size() > 200)
      return invalid("a rendition is named by a text of at most 200 bytes");
    patterns.emplace_back(item.get_string());
  }
  return patterns;
}

// Points of an inch, dots of an inch and so on: how many dots a unit has at `resolution` dots per inch.
Result<double> dots_of_unit(std::string_view unit, double resolution) {
  if (unit == "px") return 1.0;
  if (unit == "in") return resolution;
  if (unit == "cm") return resolution / 2.54;
  if (unit == "mm") return resolution / 25.4;
  if (unit == "pt") return resolution / 72;
  return invalid(fmt::format("there is no unit \"{}\"; known are px, in, cm, mm and pt", unit));
}

// The fields of the panel, read one by one; the query is put together in the order in which a later command wins.
class Panel {
 public:
  explicit Panel(const json::object& object) : object_(object) {}

  Result<DynamicRendition> read() {
    ASSIGN_OR_RETURN(auto preset, text("preset"));
    if (!preset.empty()) {
      if (object_.size() > 1) return invalid("a dynamic rendition has a preset or fields of its own, not both");
      return DynamicRendition{preset, fmt::format("iccEmbed=1&${}$", preset)};
    }
    ASSIGN_OR_RETURN(auto unit, text("unit"));
    ASSIGN_OR_RETURN(auto resolution, number("resolution", 1, 10'000));
    ASSIGN_OR_RETURN(auto dots, dots_of_unit(unit.empty() ? "px" : unit, resolution.value_or(kScreen)));
    std::string query = "iccEmbed=1";
    for (auto [field, command] : {std::pair("width", "wid"), std::pair("height", "hei")}) {
      ASSIGN_OR_RETURN(auto length, number(field, 0.001, 1'000'000));
      if (length) query += fmt::format("&{}={}", command, static_cast<long>(std::floor(*length * dots + 0.5)));
    }
    if (resolution) query += fmt::format("&printRes={}", *resolution);
    ASSIGN_OR_RETURN(auto format, text("format"));
    ASSIGN_OR_RETURN(auto space, text("colorSpace"));
    if (!format.empty() || !space.empty())
      query += fmt::format("&fmt={}{}{}", format.empty() ? "jpeg" : encode(format), space.empty() ? "" : ",",
                           encode(ascii_lower(space)));
    ASSIGN_OR_RETURN(auto quality, number("quality", 1, 100));
    if (quality) query += fmt::format("&qlt={}", static_cast<int>(*quality));
    ASSIGN_OR_RETURN(auto profile, text("profile"));
    if (!profile.empty()) query += "&icc=" + encode(profile);
    ASSIGN_OR_RETURN(auto modifiers, text("modifiers"));
    if (!modifiers.empty()) query += "&" + modifiers;
    for (const auto& member : object_) {
      if (!known_.contains(std::string(member.key())))
        return invalid(fmt::format("a dynamic rendition has no field \"{}\"", std::string(member.key())));
    }
    return DynamicRendition{"", query};
  }

 private:
  static constexpr double kScreen = 72;  // dots per inch

  static std::string encode(std::string_view text) {
    std::string out;
    for (unsigned char c : text)
      out += std::isalnum(c) || c == '-' || c == '.' || c == ',' ? std::string(1, static_cast<char>(c))
                                                                 : fmt::format("%{:02X}", c);
    return out;
  }

  const json::value* find(std::string_view name) {
    known_.emplace(name);
    const auto* value = object_.if_contains(name);
    return value && !value->is_null() ? value : nullptr;
  }
  Result<std::string> text(std::string_view name) {
    const auto* value = find(name);
    if (!value) return std::string();
    if (!value->is_string() || value->get_string().size() > 4096)
      return invalid(fmt::format("\"{}\" of a dynamic rendition must be a text", name));
    return std::string(value->get_string());
  }
  Result<std::optional<double>> number(std::string_view name, double least, double most) {
    const auto* value = find(name);
    if (!value) return std::optional<double>();
    if (!value->is_number() || value->to_number<double>() < least || value->to_number<double>() > most)
      return invalid(fmt::format("\"{}\" of a dynamic rendition must be a number from {} to {}", name, least, most));
    return std::optional(value->to_number<double>());
  }

  const json::object& object_;
  std::set<std::string> known_;
};

Result<std::vector<DynamicRendition>> parse_dynamic(const json::value& value) {
  const auto* list = value.if_array();
  if (!list || list->size() > kMostRenditions)
    return invalid(fmt::format("\"dynamic\" must be a list of at most {} renditions, like [{{\"preset\": \"Main\"}}]",
                               kMostRenditions));
  std::vector<DynamicRendition> dynamic;
  for (const auto& item : *list) {
    if (!item.is_object()) return invalid("a dynamic rendition must be an object, like {\"preset\": \"Main\"}");
    ASSIGN_OR_RETURN(auto rendition, Panel(item.get_object()).read());
    if (std::find(dynamic.begin(), dynamic.end(), rendition) == dynamic.end()) dynamic.push_back(std::move(rendition));
  }
  return dynamic;
}

constexpr std::size_t kMostRecipients = 100, kLongestRecipient = 254, kLongestMessage = 10'000;

// Each once.
Result<std::vector<std::string>> parse_texts(const json::value& value, std::size_t most, std::size_t longest,
                                             std::string wrong_list, std::string wrong_item) {
  const auto* list = value.if_array();
  if (!list || list->size() > most) return invalid(std::move(wrong_list));
  std::vector<std::string> texts;
  for (const auto& item : *list) {
    if (!item.is_string() || item.get_string().empty() || item.get_string().size() > longest)
      return invalid(std::move(wrong_item));
    std::string text(item.get_string());
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
  }
  return texts;
}

Result<std::vector<std::string>> parse_recipients(const json::value& value) {
  return parse_texts(value, kMostRecipients, kLongestRecipient,
                     fmt::format("\"email\" must be a list of at most {} users or addresses", kMostRecipients),
                     "a recipient is named by a text of at most 254 bytes");
}

constexpr std::size_t kMostLicences = 1000;

constexpr std::size_t kLongestLicence = 64;

Result<std::vector<std::string>> parse_licences(const json::value& value) {
  return parse_texts(value, kMostLicences, kLongestLicence,
                     fmt::format("\"licenses\" must be a list of at most {} ids", kMostLicences),
                     "a licence is named by its id, a text of at most 64 bytes");
}

Result<DownloadOptions> parse_options(const json::value& value) {
  const auto* object = value.if_object();
  if (!object) return invalid("\"options\" must be an object");
  DownloadOptions options;
  for (const auto& member : *object) {
    if (member.key() == "renditions") {
      ASSIGN_OR_RETURN(options.renditions, parse_patterns(member.value()));
      continue;
    }
    if (member.key() == "smartCrops" && member.value().is_bool()) {
      options.all_smart_crops = member.value().get_bool();
      continue;
    }
    if (member.key() == "smartCrops") {
      ASSIGN_OR_RETURN(options.smart_crops, parse_patterns(member.value()));
      continue;
    }
    if (member.key() == "dynamic") {
      ASSIGN_OR_RETURN(options.dynamic, parse_dynamic(member.value()));
      continue;
    }
    auto option =
        std::find_if(kOptions.begin(), kOptions.end(), [&](const auto& known) { return known.name == member.key(); });
    if (option == kOptions.end()) {
      return invalid(
          fmt::format("there is no option \"{}\"; known are originals, folderPerAsset, keepStructure, "
                      "subassets, renditions, excludeDefaultRenditions, dynamic and smartCrops",
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
    } else if (member.key() == "email") {
      ASSIGN_OR_RETURN(request.email, parse_recipients(member.value()));
    } else if (member.key() == "message") {
      if (!member.value().is_string() || member.value().get_string().size() > kLongestMessage)
        return invalid("\"message\" must be a text of at most 10,000 bytes");
      request.message = std::string(member.value().get_string());
    } else if (member.key() == "licenses") {
      ASSIGN_OR_RETURN(request.licences, parse_licences(member.value()));
    } else {
      return invalid(
          fmt::format("there is no member \"{}\"; known are targets, options, archiveName, email, message and licenses",
                      std::string(member.key())));
    }
  }
  if (!has_targets)
    return invalid("\"targets\" is missing: name at least one folder or asset, like [{\"path\": \"/content/dam/x\"}]");
  return request;
}

Result<void> check(const DownloadRequest& request) {
  if (request.targets.size() > kMostTargets)
    return Error{Code::too_large, fmt::format("a request has at most {} targets: select folders", kMostTargets)};
  if (request.email.size() > kMostRecipients)
    return invalid(fmt::format("at most {} people can be told by mail", kMostRecipients));
  for (const auto& one : request.email) {
    if (one.empty() || one.size() > 254) return invalid("a recipient is named by a text of at most 254 bytes");
  }
  if (request.message.size() > kLongestMessage) return invalid("\"message\" has more than 10,000 bytes");
  if (request.archive_name.size() > 4096) return invalid("the archive's name has more than 4096 bytes");
  const auto& options = request.options;
  if (options.renditions.size() > kMostRenditions || options.dynamic.size() > kMostRenditions)
    return invalid(fmt::format("at most {} renditions can be named", kMostRenditions));
  for (const auto& name : options.renditions) {
    if (name.empty() || name.size() > 200) return invalid("a rendition is named by a text of at most 200 bytes");
  }
  for (const auto& dynamic : options.dynamic) {
    if (dynamic.query.size() > 8192) return invalid("a dynamic rendition has more than 8192 bytes of commands");
  }
  if (request.licences.size() > kMostLicences)
    return invalid(fmt::format("at most {} licences can be agreed to", kMostLicences));
  for (const auto& id : request.licences) {
    if (id.empty() || id.size() > kLongestLicence)
      return invalid("a licence is named by its id, a text of at most 64 bytes");
  }
  if (request.also.size() > kMostTargets)
    return Error{Code::too_large, fmt::format("a request has at most {} targets: select folders", kMostTargets)};
  for (const auto& other : request.also) RETURN_IF_ERROR(check(other));
  return ok();
}

json::object to_json(const DownloadRequest& request) {
  json::array targets;
  for (const auto& path : request.targets) targets.push_back(json::object{{"path", path.text()}});
  json::object options;
  for (const auto& option : kOptions) options[option.name] = request.options.*option.field;
  json::array renditions, dynamic;
  for (const auto& pattern : request.options.renditions) renditions.emplace_back(pattern);
  for (const auto& rendition : request.options.dynamic)
    dynamic.push_back(json::object{{"preset", rendition.preset}, {"query", rendition.query}});
  options["renditions"] = std::move(renditions);
  options["dynamic"] = std::move(dynamic);
  json::array crops;
  for (const auto& name : request.options.smart_crops) crops.emplace_back(name);
  if (request.options.all_smart_crops)
    options["smartCrops"] = true;
  else
    options["smartCrops"] = std::move(crops);
  json::array email, licences;
  for (const auto& recipient : request.email) email.emplace_back(recipient);
  for (const auto& id : request.licences) licences.emplace_back(id);
  json::array also;
  for (const auto& other : request.also) also.push_back(to_json(other));
  json::object object{
      {"targets", std::move(targets)},       {"options", std::move(options)},
      {"archiveName", request.archive_name}, {"form", request.form == ArchiveForm::always ? "archive" : "asNeeded"},
      {"email", std::move(email)},           {"message", request.message},
      {"licenses", std::move(licences)}};
  if (!also.empty()) object["also"] = std::move(also);
  return object;
}

Result<DownloadRequest> download_request_from_json(const json::object& object) {
  auto body = object;
  auto form = body["form"];
  body.erase("form");
  json::array also;
  if (auto* others = body["also"].if_array()) also = std::move(*others);
  body.erase("also");
  json::array dynamic;
  if (auto* options = body["options"].if_object()) {
    if (auto* array = (*options)["dynamic"].if_array()) dynamic = std::move(*array);
    options->erase("dynamic");
  }
  ASSIGN_OR_RETURN(auto request, parse_download_request(body));
  request.form = form == "archive" ? ArchiveForm::always : ArchiveForm::as_needed;
  for (const auto& value : dynamic) {
    const auto* rendition = value.if_object();
    const auto* preset = rendition ? rendition->if_contains("preset") : nullptr;
    const auto* query = rendition ? rendition->if_contains("query") : nullptr;
    if (!preset || !preset->is_string() || !query || !query->is_string())
      return Error{Code::corrupt, "a dynamic rendition is neither a preset nor a query"};
    request.options.dynamic.push_back({std::string(preset->get_string()), std::string(query->get_string())});
  }
  for (const auto& value : also) {
    const auto* other = value.if_object();
    if (!other) return Error{Code::corrupt, "a further selection is no object"};
    ASSIGN_OR_RETURN(auto read, download_request_from_json(*other));
    request.also.push_back(std::move(read));
  }
  return request;
}

}  // namespace dray::pipeline
