// AEM's asynchronous download framework: <path>.downloadbinaries.json.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "edge/api/aem.h"
#include "edge/api/routes.h"
#include "lang/sling/address.h"

namespace dray::api {
namespace {

using server::Response;

constexpr std::string_view kAddress = "/content/dam.downloadbinaries.json";
constexpr std::size_t kListed = 50, kNamed = 1000, kAll = std::numeric_limits<std::size_t>::max();

// Our ids are 32 hexadecimal digits; AEM's clients know them as UUIDs.
std::string format_uuid(const std::string& id) {
  if (id.size() != 32) return id;
  return fmt::format("{}-{}-{}-{}-{}", id.substr(0, 8), id.substr(8, 4), id.substr(12, 4), id.substr(16, 4),
                     id.substr(20));
}

std::string parse_uuid(std::string_view uuid) {
  std::string id = ascii_lower(uuid);
  std::erase(id, '-');
  return id;
}

std::string milliseconds(Seconds time) {
  auto text = format_utc(time);
  return text.substr(0, text.size() - 1) + ".000Z";
}

// The names of the files in it, as far as an answer should be long.
json::array successes_of(const Call& call, const model::Download& download, const model::Artifact& artifact,
                         std::size_t most) {
  json::array names;
  if (download.is_expired || !call.parts.downloads.check_access(download, call.caller)) return names;
  auto listed = call.parts.downloads.list_names(artifact, most);
  if (!listed) log::warn("what is in {} cannot be told: {}", artifact.name, listed.error().message);
  if (listed) {
    for (auto& name : *listed) names.emplace_back(std::move(name));
  }
  return names;
}

json::object artifact_json(const Call& call, const model::Download& download, std::size_t index,
                           const json::object& failures, std::size_t most_named) {
  const auto& artifact = download.artifacts[index];
  auto uri = fmt::format("{}?downloadId={}&artifactId={}", kAddress, format_uuid(download.id), index);
  json::object object{{"id", std::to_string(index)},
                      {"name", artifact.name},
                      {"mimeType", artifact.mime_type},
                      {"uri", uri},
                      {"binaryURI", uri},
                      {"size", artifact.size},
                      {"fileCount", artifact.entry_count},
                      {"expires", download.expires ? json::value(milliseconds(*download.expires)) : nullptr},
                      {"successes", successes_of(call, download, artifact, most_named)},
                      {"failures", failures},
                      {"failureReason", nullptr}};
  if (artifact.kind == model::ArtifactKind::file) object["sha256"] = artifact.content.hex();
  return object;
}

// `most_failures`: so many are named.
json::object framework_json(const Call& call, const model::Download& download, std::size_t most_failures) {
  json::object failures;
  auto named = std::span(download.skipped).first(std::min(most_failures, download.skipped.size()));
  for (const auto& skipped : named) {
    auto& reason = failures[skipped.path];  // of one path there may be several
    auto message = reason.is_string() ? std::string(reason.get_string()) + "; " : std::string();
    reason = message + skipped.message;
  }
  json::array artifacts;
  for (std::size_t i = 0; i < download.artifacts.size(); ++i)
    artifacts.push_back(
        artifact_json(call, download, i, i == 0 ? failures : json::object(), std::min(most_failures, kNamed)));
  auto done = download.is_complete() ? download.total_count : download.progress.assets_done;
  auto all = download.is_complete() ? download.total_count + download.skipped.size() : download.progress.assets;
  json::object object{{"downloadId", format_uuid(download.id)},
                      {"status", model::name_of(download.status)},
                      {"isComplete", download.is_complete()},
                      {"progress", download.is_complete() ? 100 : download.progress.percent()},
                      {"totalCount", all},
                      {"processedCount", download.is_complete() ? all : done},
                      {"successCount", done},
                      {"failureCount", download.skipped.size()},
                      {"totalSize", download.total_size},
                      {"started", milliseconds(download.created)},
                      {"finished", download.finished ? json::value(milliseconds(*download.finished)) : nullptr},
                      {"requestingUser", download.owner},
                      {"artifacts", std::move(artifacts)},
                      {"failures", std::move(failures)},
                      {"message", download.message.empty() ? json::value(nullptr) : json::value(download.message)}};
  if (auto licences = licences_of(named); !licences.empty()) object["licenses"] = std::move(licences);
  return object;
}

Response framework_response(int status, const json::value& value) {
  auto response = server::make_json_response(status, value);
  for (auto& field : response.fields) {
    if (field.name == "Cache-Control") field.value = "private, no-store";
  }
  return response;
}

Result<bool> read_flag(std::string_view name, const json::value& value) {
  if (value.is_bool()) return value.get_bool();
  if (value.is_string() && equal_ignoring_case(value.get_string(), "true")) return true;
  if (value.is_string() && equal_ignoring_case(value.get_string(), "false")) return false;
  return wrong_value(name, "true or false");
}

Result<std::string> read_text(std::string_view name, const json::value& value) {
  if (!value.is_string()) return wrong_value(name, "a text");
  return std::string(value.get_string());
}

// One text is a list of one.
Result<std::vector<std::string>> read_texts(std::string_view name, const json::value& value) {
  if (value.is_string()) return std::vector<std::string>{std::string(value.get_string())};
  Error error = wrong_value(name, "a list of texts");
  if (!value.is_array()) return error;
  std::vector<std::string> texts;
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) return error;
    texts.emplace_back(item.get_string());
  }
  return texts;
}

// One target's parameters, whatever their order.
struct Parameters {
  std::string path, archive_name, asset_target, layout, message;
  bool has_archive_name = false, excludes_defaults = false, subassets = false;
  std::optional<std::vector<std::string>> renditions;
  std::vector<std::string> email, licences;
  std::vector<pipeline::DynamicRendition> dynamic;

  Result<void> read(std::string_view name, const json::value& value) {
    if (name == "path") return put(path, read_text(name, value));
    if (name == "archiveName") {
      has_archive_name = true;
      return put(archive_name, read_text(name, value));
    }
    if (name == "excludeDefaultRenditions") return put(excludes_defaults, read_flag(name, value));
    if (name == "assetTarget") return put(asset_target, read_text(name, value));
    if (name == "layout") return put(layout, read_text(name, value));
    if (name == "subassets") return put(subassets, read_flag(name, value));
    if (name == "renditions") return put(renditions, read_texts(name, value));
    if (name == "email") return put(email, read_texts(name, value));
    if (name == "message") return put(message, read_text(name, value));
    if (name == "licenses") return put(licences, read_texts(name, value));
    if (name == "imagePreset" || name == "dynamic") {
      ASSIGN_OR_RETURN(auto text, read_text(name, value));
      dynamic.push_back(name == "dynamic" ? pipeline::DynamicRendition{"", "iccEmbed=1&" + text}
                                          : pipeline::DynamicRendition{text, fmt::format("iccEmbed=1&${}$", text)});
      return ok();
    }
    log::debug("a target's parameter \"{}\" is not known and was passed over", name);
    return ok();
  }

  // The original and its renditions; less where the client says so, or asks for something made instead.
  Result<pipeline::DownloadRequest> make_request() && {
    pipeline::DownloadRequest request;
    auto& options = request.options;
    bool wants_crops = asset_target == "smartcrop";
    bool is_made = wants_crops || !dynamic.empty();
    if (!asset_target.empty() && !wants_crops)
      log::debug("the assetTarget \"{}\" is not known and was passed over", asset_target);
    options.originals = !is_made;
    options.renditions = renditions ? *std::move(renditions) : std::vector<std::string>();
    if (!renditions && !is_made && !excludes_defaults) options.renditions = {"*"};
    options.all_smart_crops = wants_crops;
    options.subassets = subassets;
    options.dynamic = std::move(dynamic);
    if (!layout.empty() && layout != "folders" && layout != "flat" && layout != "tree" && layout != "folders+tree")
      return wrong_value("layout", "folders, flat, tree or folders+tree");
    options.folder_per_asset = layout.starts_with("folders");
    options.keep_structure = layout.ends_with("tree");
    request.archive_name = std::move(archive_name);
    if (has_archive_name) request.form = pipeline::ArchiveForm::always;
    request.email = std::move(email);
    request.message = std::move(message);
    request.licences = std::move(licences);
    return request;
  }

 private:
  template <typename To, typename From>
  static Result<void> put(To& to, Result<From> from) {
    if (!from) return std::move(from).error();
    to = *std::move(from);
    return ok();
  }
};

// The parameters of the targets as one request: those that differ in more than their path are further selections of it.
class Targets {
 public:
  Targets(const Call& call, std::string_view address) : call_(call), address_(address) {}

  Result<pipeline::DownloadRequest> read(const json::value& body) {
    const auto* object = body.if_object();
    const auto* targets = object ? object->if_contains("targets") : nullptr;
    const auto* list = targets ? targets->if_array() : nullptr;
    if (!list || list->empty())
      return Error{Code::invalid,
                   "name at least one target: {\"targets\":[{\"parameters\":{\"path\":\"/content/dam/...\"}}]}"};
    if (list->size() > pipeline::kMostTargets)
      return Error{Code::too_large,
                   fmt::format("a request has at most {} targets: select folders", pipeline::kMostTargets)};
    for (const auto& target : *list) RETURN_IF_ERROR(read_target(target));
    auto request = joined();
    RETURN_IF_ERROR(pipeline::check(request));
    return request;
  }

 private:
  Result<void> read_target(const json::value& target) {
    const auto* object = target.if_object();
    const auto* parameters = object ? object->if_contains("parameters") : nullptr;
    if (!parameters || !parameters->is_object())
      return Error{Code::invalid, "a target must be an object with \"parameters\""};
    if (const auto* type = object->if_contains("type"); type && *type != json::value("asset"))
      return Error{Code::invalid, "the type of a target can only be \"asset\""};
    Parameters given;
    given.path = address_;
    for (const auto& member : parameters->get_object()) RETURN_IF_ERROR(given.read(member.key(), member.value()));
    ASSIGN_OR_RETURN(auto found, find_path(call_, given.path));
    ASSIGN_OR_RETURN(auto one, std::move(given).make_request());
    if (!found.rendition.empty()) {
      if (found.rendition.find('*') != found.rendition.npos)
        return Error{Code::not_found, "there is no rendition " + given.path};
      one.options.originals = found.rendition == "original";
      one.options.renditions.clear();
      if (!one.options.originals) one.options.renditions.push_back(found.rendition);
    }
    add(std::move(one), std::move(found.path));
    return ok();
  }

  static void add_each(std::vector<std::string>& all, std::vector<std::string>& more) {
    for (auto& text : more) {
      if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(std::move(text));
    }
  }

  static void join(pipeline::DownloadRequest& request, pipeline::DownloadRequest more) {
    add_each(request.email, more.email);
    add_each(request.licences, more.licences);
    if (request.message.empty()) request.message = std::move(more.message);
  }

  // Targets with the same parameters are one selection.
  void add(pipeline::DownloadRequest one, AssetPath path) {
    auto same = std::find_if(selections_.begin(), selections_.end(), [&](const Selected& other) {
      return other.request.options == one.options && other.request.archive_name == one.archive_name;
    });
    if (same == selections_.end())
      same = selections_.insert(same, {std::move(one), {}});
    else
      join(same->request, std::move(one));
    if (same->seen.insert(path.text()).second) same->request.targets.push_back(std::move(path));
  }

  pipeline::DownloadRequest joined() {
    auto request = std::move(selections_.front().request);
    for (std::size_t i = 1; i < selections_.size(); ++i) {
      auto& other = selections_[i].request;
      auto said = other;
      join(request, std::move(said));
      other.email.clear();
      other.message.clear();
      request.also.push_back(std::move(other));
    }
    for (auto& other : request.also) other.licences = request.licences;  // what was agreed to counts for all
    return request;
  }

  struct Selected {
    pipeline::DownloadRequest request;
    std::set<std::string> seen;
  };
  const Call& call_;
  const std::string address_;
  std::vector<Selected> selections_;  // in the order of their first targets
};

bool has(const model::Skipped& skipped, std::initializer_list<std::string_view> reasons) {
  return std::find(reasons.begin(), reasons.end(), skipped.reason) != reasons.end();
}

// What was named and is not there, or what nobody has agreed to, is the answer where nothing else was asked for.
std::optional<Response> refusal(const pipeline::DownloadRequest& request, const model::Download& download) {
  if (download.status != model::DownloadStatus::failed || download.skipped.empty()) return std::nullopt;
  const auto& skipped = download.skipped;
  const auto& first = skipped.front();
  auto message = fmt::format("{}: {}", first.path, first.message);
  bool is_licence = std::all_of(skipped.begin(), skipped.end(), [](const auto& one) { return !one.licence.empty(); });
  if (is_licence) return refused_response(message, skipped);
  if (request.targets.size() != 1 || !request.also.empty() || skipped.size() != 1) return std::nullopt;
  bool is_one = !request.options.originals && request.options.renditions.size() == 1;
  bool is_absent = has(first, {"not_found", "denied"}) || (is_one && has(first, {"no_rendition", "not_rendered"}));
  if (!is_absent || first.path != request.targets.front().text()) return std::nullopt;
  return server::make_error_response(404, message);
}

Result<std::string> required_id(const Call& call) {
  auto id = call.request.target.find("downloadId");
  if (!id) return Error{Code::invalid, "\"downloadId\" is missing"};
  return parse_uuid(*id);
}

Response list_framework_downloads(const Call& call) {
  auto page = call.parts.downloads.list(call.caller, "", kListed);
  if (!page) return server::make_error_response(page.error());
  json::array downloads;
  for (const auto& download : *page) downloads.push_back(framework_json(call, download, kSkippedInList));
  return framework_response(200, json::object{{"downloads", std::move(downloads)}});
}

Response get_framework_artifact(const Call& call, const std::string& id, std::string_view artifact_id) {
  auto download = call.parts.downloads.get_to_read(id, call.caller);
  if (!download) return server::make_error_response(download.error());
  if (!download->is_complete()) return server::make_error_response(409, "this download is still being prepared");
  auto index = parse_unsigned(artifact_id);
  if (!download->is_expired && (!index || *index >= download->artifacts.size()))
    return server::make_error_response(404, "this download has no such artifact");
  std::string name = download->is_expired ? "" : download->artifacts[*index].name;
  auto open = call.parts.downloads.open_artifact(id, name, call.caller);
  return open ? artifact_response(call, *open, id, call.caller) : server::make_error_response(open.error());
}

}  // namespace

Result<FoundPath> find_path(const Call& call, std::string_view value) {
  std::optional<FoundPath> first;
  for (const auto& candidate : sling::path_candidates(value)) {
    auto text = sling::normalize_jcr(candidate);
    FoundPath found;
    constexpr std::string_view kRenditions = "/jcr:content/renditions/";
    if (auto at = text.find(kRenditions); at != text.npos) {
      found.rendition = text.substr(at + kRenditions.size());
      text.resize(at);
    }
    auto path = AssetPath::parse(text);
    if (!path) continue;
    found.path = *path;
    ASSIGN_OR_RETURN(auto node, call.parts.assets.find(found.path));
    if (node) return found;
    if (!first) first = found;
  }
  if (!first) return Error{Code::invalid, fmt::format("\"{}\" is no path of a folder or an asset", value)};
  return *first;  // which is not there: the download says so
}

json::array licences_of(std::span<const model::Skipped> skipped) {
  std::map<std::string, json::array> paths;
  for (const auto& one : skipped) {
    if (!one.licence.empty()) paths[one.licence].emplace_back(one.path);
  }
  json::array licences;
  for (auto& [id, of_it] : paths) licences.push_back(json::object{{"id", id}, {"paths", std::move(of_it)}});
  return licences;
}

Response refused_response(const std::string& message, const std::vector<model::Skipped>& skipped) {
  json::object refusal{{"error", message}};
  if (auto licences = licences_of(skipped); !licences.empty()) refusal["licenses"] = std::move(licences);
  return server::make_json_response(403, refusal);
}

Response start_framework_download(const Call& call) {
  auto body = parse_json_body(call.request);
  if (!body) return server::make_error_response(body.error());
  auto request = Targets(call, call.rest).read(*body);
  if (!request) return server::make_error_response(request.error());
  return start_framework_download(call, *std::move(request), 201);
}

Response start_framework_download(const Call& call, pipeline::DownloadRequest request, int status) {
  auto recipients = call.parts.downloads.find_recipients(request);
  if (!recipients) return server::make_error_response(recipients.error());
  if (!recipients->refused.empty()) return refused_recipients_response(recipients->refused);
  request.email = recipients->users;
  auto download =
      call.parts.downloads.create(request, call.caller, service::Wait::while_small, call.request.client_gone);
  if (!download) return server::make_error_response(download.error());
  if (auto refused = refusal(request, *download)) {
    auto removed = call.parts.downloads.remove(download->id, call.caller);
    return removed ? *std::move(refused) : server::make_error_response(removed.error());
  }
  return framework_response(status, framework_json(call, *download, kAll));
}

Response get_framework_download(const Call& call) {
  if (!call.request.target.find("downloadId")) return list_framework_downloads(call);
  auto id = required_id(call);
  if (!id) return server::make_error_response(id.error());
  if (auto artifact = call.request.target.find("artifactId")) return get_framework_artifact(call, *id, *artifact);
  constexpr std::uint64_t kLongestWait = 30;
  auto wait = parse_unsigned(call.request.target.find("wait").value_or("0"));
  if (!wait || *wait > kLongestWait) return server::make_error_response(400, "\"wait\" must be a number from 0 to 30");
  auto download =
      *wait > 0 ? call.parts.downloads.wait(*id, call.caller, std::chrono::seconds(*wait), call.request.client_gone)
                : call.parts.downloads.get_to_read(*id, call.caller);
  if (!download) return server::make_error_response(download.error());
  return framework_response(200, framework_json(call, *download, kAll));
}

Response remove_framework_download(const Call& call) {
  auto id = required_id(call);
  if (!id) return server::make_error_response(id.error());
  auto removed = call.parts.downloads.remove(*id, call.caller);
  return removed ? Response{204, {}, std::string()} : server::make_error_response(removed.error());
}

}  // namespace dray::api
