#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>

#include "base/text.h"
#include "edge/api/aem.h"
#include "edge/api/routes.h"
#include "edge/server/content.h"
#include "lang/zip/names.h"
#include "lang/zip/records.h"

namespace dray::api {
namespace {

using server::Response;

constexpr std::string_view kDownloads = "/api/v1/downloads";
constexpr std::size_t kEntriesAtOnce = 500;
constexpr auto kAll = std::numeric_limits<std::size_t>::max();

std::string quoted(const std::string& tag) { return "\"" + tag + "\""; }

std::string uri_of(const std::string& id, const model::Artifact& artifact) {
  return fmt::format("{}/{}/artifacts/{}", kDownloads, id, percent_encode_path(artifact.name));
}

json::object to_json(const model::DownloadProgress& progress, Seconds now) {
  json::object object{{"percent", progress.percent()},        {"assetsDone", progress.assets_done},
                      {"assetCount", progress.assets},        {"bytesDone", progress.bytes_done},
                      {"byteCount", progress.bytes},          {"renditionsDone", progress.renditions_done},
                      {"renditionCount", progress.renditions}};
  if (auto left = progress.left(now)) object["secondsLeft"] = left->count();
  return object;
}

}  // namespace

json::object download_json(const model::Download& download, std::size_t most_skipped, Seconds now) {
  json::array artifacts, skipped;
  for (std::size_t i = 0; i < download.artifacts.size(); ++i) {
    const auto& artifact = download.artifacts[i];
    artifacts.push_back(json::object{{"id", std::to_string(i + 1)},
                                     {"name", artifact.name},
                                     {"mimeType", artifact.mime_type},
                                     {"size", artifact.size},
                                     {"entryCount", artifact.entry_count},
                                     {"uri", uri_of(download.id, artifact)},
                                     {"etag", quoted(artifact.entity_tag())}});
  }
  for (const auto& item : std::span(download.skipped).first(std::min(most_skipped, download.skipped.size()))) {
    json::object fields{{"path", item.path}, {"reason", item.reason}, {"message", item.message}};
    if (!item.licence.empty()) fields["license"] = item.licence;
    skipped.push_back(std::move(fields));
  }
  json::object object{{"id", download.id},
                      {"name", download.name},
                      {"status", model::name_of(download.status)},
                      {"isComplete", download.is_complete()},
                      {"inBackground", download.in_background},
                      {"created", format_utc(download.created)},
                      {"totalSize", download.total_size},
                      {"totalCount", download.total_count},
                      {"artifacts", std::move(artifacts)},
                      {"skippedCount", download.skipped.size()},
                      {"skipped", std::move(skipped)}};
  if (!download.message.empty()) object["message"] = download.message;
  if (download.finished)
    object["finished"] = format_utc(*download.finished);
  else
    object["progress"] = to_json(download.progress, now);
  if (download.expires) object["expires"] = format_utc(*download.expires);
  if (download.is_expired) object["isExpired"] = true;
  if (download.is_complete()) object["notice"] = model::name_of(download.notice);
  return object;
}

namespace {

// A media type from the catalog in a header field: anything but a plain one could break out of it.
std::string safe_mime_type(const std::string& type) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/+-._").find(c) != std::string_view::npos;
  };
  bool good = !type.empty() && type.find('/') != std::string::npos && std::all_of(type.begin(), type.end(), plain);
  return good ? type : "application/octet-stream";
}

// "ID" or "ID/artifacts/NAME" or "ID/artifacts/NAME/manifest".
struct DownloadPath {
  std::string id, artifact;
  bool manifest = false;
};

Result<DownloadPath> parse_download_path(std::string_view rest) {
  auto parts = split(rest, '/');
  Error absent{Code::not_found, fmt::format("there is nothing at {}/{}", kDownloads, rest)};
  if (parts.empty() || parts[0].empty() || parts.size() > 4) return absent;
  DownloadPath path{std::string(parts[0]), "", parts.size() == 4};
  if (parts.size() == 1) return path;
  if (parts.size() == 2 || parts[1] != "artifacts" || parts[2].empty() || (path.manifest && parts[3] != "manifest"))
    return absent;
  path.artifact = std::string(parts[2]);
  return path;
}

json::object entry_json(std::string_view name, ByteCount offset, const model::Blob& content, Seconds modified) {
  auto id = content.size == 0 ? sha256_of({}) : content.id;
  return {{"name", name},         {"offset", offset},
          {"size", content.size}, {"crc32", fmt::format("{:08x}", content.crc32)},
          {"sha256", id.hex()},   {"modified", format_utc(modified)}};
}

// The manifest of an archive as JSON, some entries at a time: a million of them never lie in memory as text.
class ManifestText {
 public:
  explicit ManifestText(service::OpenArtifact artifact) : artifact_(std::move(artifact)) {}

  Result<void> next(std::string& text) {
    text.clear();
    if (ended_) return ok();
    if (!begun_) text = opening();
    begun_ = true;
    auto count = artifact_.manifest ? artifact_.manifest->view().entry_count() : 1;
    for (auto last = std::min(count, index_ + kEntriesAtOnce); index_ < last; ++index_) {
      if (index_ > 0) text += ",\n";
      ASSIGN_OR_RETURN(auto entry, entry_at(index_));
      text += json::serialize(entry);
    }
    if (index_ == count) {
      text += "]}\n";
      ended_ = true;
    }
    return ok();
  }

 private:
  std::string opening() const {
    json::object head{{"name", artifact_.artifact.name},
                      {"size", artifact_.artifact.size},
                      {"etag", quoted(artifact_.artifact.entity_tag())},
                      {"entryCount", artifact_.artifact.entry_count}};
    auto text = json::serialize(head);
    text.back() = ',';
    return text + "\"entries\":[\n";
  }

  Result<json::object> entry_at(std::uint64_t index) const {
    const auto& artifact = artifact_.artifact;
    if (!artifact_.manifest)
      return entry_json(artifact.name, 0, {artifact.content, artifact.size, artifact.crc32}, artifact.last_modified);
    ASSIGN_OR_RETURN(auto entry, artifact_.manifest->view().entry(index));
    return entry_json(entry.name, entry.local_offset + zip::local_header_size(entry.record()), entry.content,
                      entry.modified);
  }

  service::OpenArtifact artifact_;
  bool begun_ = false, ended_ = false;
  std::uint64_t index_ = 0;
};

Response manifest_response(service::OpenArtifact artifact) {
  auto text = std::make_shared<ManifestText>(std::move(artifact));
  return {200,
          {{"Content-Type", "application/json"},
           {"X-Content-Type-Options", "nosniff"},
           {"Cache-Control", "private, no-cache"}},
          server::StreamBody{[text](std::string& part) { return text->next(part); }}};
}

Response created_response(const Call& call, const model::Download& download) {
  auto response = server::make_json_response(201, download_json(download, kAll, call.parts.clock.now()));
  response.fields.push_back({"Location", fmt::format("{}/{}", kDownloads, download.id)});
  return response;
}

}  // namespace

// "noEmailUsers" is what AEM's dialog reads.
Response refused_recipients_response(const std::vector<std::string>& refused) {
  json::array names;
  for (const auto& name : refused) names.emplace_back(name);
  return server::make_json_response(
      400, json::object{
               {"error", fmt::format("these cannot be told by mail: {}. A recipient is a member of dam-users with a "
                                     "mail address. Nothing was started",
                                     fmt::join(refused, ", "))},
               {"noEmailUsers", std::move(names)}});
}

Response create_download(const Call& call) {
  auto begun = std::chrono::steady_clock::now();
  auto body = parse_json_body(call.request);
  if (!body) return server::make_error_response(body.error());
  auto request = pipeline::parse_download_request(*body);
  if (!request) return server::make_error_response(request.error());
  auto recipients = call.parts.downloads.find_recipients(*request);
  if (!recipients) return server::make_error_response(recipients.error());
  if (!recipients->refused.empty()) return refused_recipients_response(recipients->refused);
  request->email = recipients->users;
  auto download =
      call.parts.downloads.create(*request, call.caller, service::Wait::while_small, call.request.client_gone);
  if (!download) return server::make_error_response(download.error());
  call.parts.metrics.download_created(model::name_of(download->status), download->total_count,
                                      std::chrono::steady_clock::now() - begun);
  return created_response(call, *download);
}

Result<json::object> list_page(const Call& call, model::Listing listing) {
  ASSIGN_OR_RETURN(auto limit, parse_limit(call.request.target, 50, 500));
  std::string before(call.request.target.find("before").value_or(""));
  ASSIGN_OR_RETURN(auto page, call.parts.downloads.list(call.caller, before, limit, listing));
  json::array items;
  auto now = call.parts.clock.now();
  for (const auto& download : page) items.push_back(download_json(download, kSkippedInList, now));
  json::object object{{"items", std::move(items)}};
  object["next"] = page.size() == limit ? json::value(page.back().id) : json::value(nullptr);
  return object;
}

Response list_downloads(const Call& call) {
  auto page = list_page(call, model::Listing::all);
  return page ? server::make_json_response(200, *page) : server::make_error_response(page.error());
}

Response get_download(const Call& call) {
  auto path = parse_download_path(call.rest);
  if (!path) return server::make_error_response(path.error());
  if (!path->artifact.empty()) return get_artifact(call);
  auto download = call.parts.downloads.get_to_read(path->id, call.caller);
  return download ? server::make_json_response(200, download_json(*download, kAll, call.parts.clock.now()))
                  : server::make_error_response(download.error());
}

Response retry_download(const Call& call) {
  auto download = call.parts.downloads.retry(std::string(call.rest), call.caller);
  return download ? created_response(call, *download) : server::make_error_response(download.error());
}

Response remove_download(const Call& call) {
  auto path = parse_download_path(call.rest);
  if (!path) return server::make_error_response(path.error());
  auto removed = call.parts.downloads.remove(path->id, call.caller);
  return removed ? Response{204, {}, std::string()} : server::make_error_response(removed.error());
}

namespace {

// A place among what is sent, for what takes time, and the refusal where there is none; and how fast it may be sent.
Response with_place(const Call& call, const model::Caller& caller, Response response) {
  constexpr ByteCount kShort = 1'000'000;
  const auto* body = std::get_if<server::RangeBody>(&response.body);
  if (!body || call.request.head.method == http::Method::head) return response;
  auto need = body->length() < kShort ? server::Streams::Need::pace : server::Streams::Need::place;
  auto stream = call.parts.streams.enter(model::crowd_of(caller.owner_id()), need);
  if (!stream) return server::make_error_response(stream.error());
  response.stream = *std::move(stream);
  return response;
}

}  // namespace

Response artifact_response(const Call& call, const service::OpenArtifact& open, const model::Caller& caller) {
  server::Content content{open.source,
                          safe_mime_type(open.artifact.mime_type),
                          open.artifact.name,
                          http::Disposition::attachment,
                          {{open.artifact.entity_tag(), false}, open.artifact.last_modified},
                          std::nullopt};
  if (open.artifact.kind == model::ArtifactKind::file) content.digest = open.artifact.content;
  return with_place(call, caller, server::make_content_response(call.request.head, content));
}

namespace {

// Whether an owner has, as they are now, what `check` asks of them. A catalog that fails takes nothing away.
std::function<bool()> permission(const Call& call, const model::Caller& caller,
                                 std::function<Result<void>(const ApiParts&, const model::Caller&)> check) {
  return [&parts = call.parts, owner = caller.owner_id(), check = std::move(check)] {
    auto now = parts.sharing.caller_of(owner);
    auto allowed = now ? check(parts, *now) : Result<void>(now.error());
    if (allowed) return true;
    auto code = allowed.error().code;
    return code != Code::denied && code != Code::not_found && code != Code::gone;
  };
}

}  // namespace

Response artifact_response(const Call& call, const service::OpenArtifact& open, const std::string& download,
                           const model::Caller& caller) {
  auto response = artifact_response(call, open, caller);
  response.may_go_on = permission(call, caller, [download](const ApiParts& parts, const model::Caller& now) {
    return parts.downloads.check_access(download, now);
  });
  return response;
}

Response artifact_response(const Call& call, const service::OpenArtifact& open, const model::Download& kept,
                           const model::Caller& caller) {
  auto response = artifact_response(call, open, caller);
  auto shared = std::make_shared<model::Download>(kept);
  response.may_go_on = permission(call, caller, [shared](const ApiParts& parts, const model::Caller& now) {
    return parts.downloads.check_access(*shared, now);
  });
  return response;
}

Response get_artifact(const Call& call) {
  auto path = parse_download_path(call.rest);
  if (!path) return server::make_error_response(path.error());
  auto open = call.parts.downloads.open_artifact(path->id, path->artifact, call.caller);
  if (!open) return server::make_error_response(open.error());
  if (path->manifest) return manifest_response(*std::move(open));
  return artifact_response(call, *open, path->id, call.caller);
}

Response get_original(const Call& call) {
  if (is_rendition(call.request.target.path)) return get_rendition(call);
  auto path = AssetPath::parse(call.request.target.path);
  if (!path) return server::make_error_response(path.error());
  auto response = make_original_response(call, *path, call.caller);
  return response.status == 404 && is_subasset(call.request.target.path) ? get_subasset(call) : std::move(response);
}

Response make_original_response(const Call& call, const AssetPath& path, const model::Caller& caller) {
  auto open = call.parts.downloads.open_original(path, caller);
  if (!open) return server::make_error_response(open.error());
  const auto& asset = *open->node.asset;
  auto response = with_place(
      call, caller,
      server::make_content_response(call.request.head, {open->source,
                                                        safe_mime_type(asset.mime_type),
                                                        zip::make_safe_name(path.name()),
                                                        http::Disposition::attachment,
                                                        {{asset.original.id.hex(), false},
                                                         std::chrono::floor<std::chrono::seconds>(asset.modified)},
                                                        asset.original.id}));
  response.may_go_on = permission(call, caller, [path](const ApiParts& parts, const model::Caller& now) {
    auto open = parts.downloads.open_original(path, now);
    return open ? ok() : Result<void>(open.error());
  });
  return response;
}

}  // namespace dray::api
