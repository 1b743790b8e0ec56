#include "service/fetching/download_api.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "lang/http/disposition.h"

namespace dray::fetching {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLargestAnswer = 256 * 1024 * 1024;
constexpr unsigned kRetriesBeforeContact = 3;  // who mistypes the server's address shall not wait for minutes
constexpr milliseconds kFirstPoll{250}, kLongestPoll{10'000};

class TextReceiver final : public Receiver {
 public:
  std::string text;

  std::optional<Trouble> head(const AnswerHead&) override {
    text.clear();
    return std::nullopt;
  }
  std::optional<Trouble> body(Bytes bytes) override {
    text += text_of(bytes);
    if (text.size() <= kLargestAnswer) return std::nullopt;
    return Trouble{{Code::too_large, "the server's answer is too long"}, Outlook::final, {}};
  }
};

class ManifestReceiver final : public Receiver {
 public:
  std::optional<Trouble> head(const AnswerHead&) override {
    reader_ = std::make_unique<ManifestReader>();
    return std::nullopt;
  }
  std::optional<Trouble> body(Bytes bytes) override {
    auto read = reader_->read(text_of(bytes));
    if (read) return std::nullopt;
    return Trouble{read.error(), Outlook::final, {}};
  }
  Result<Manifest> finish() { return reader_->finish(); }

 private:
  std::unique_ptr<ManifestReader> reader_;
};

// Asks for the first byte, to see the rest in the head. An empty file has no first byte: 416.
class LookReceiver final : public Receiver {
 public:
  std::optional<AnswerHead> seen;

  bool takes(int status) const override { return status == 200 || status == 206 || status == 416; }
  std::optional<Trouble> head(const AnswerHead& head) override {
    seen = head;
    if (head.status == 206) return std::nullopt;
    return Trouble{{Code::invalid, "seen enough"}, Outlook::final, {}};  // the body may be the whole file
  }
  std::optional<Trouble> body(Bytes) override { return std::nullopt; }

  std::optional<ByteCount> size() const {
    auto range = seen->find("Content-Range");
    if (seen->status == 206 && range) {
      if (auto parsed = parse_content_range(*range)) return parsed->size;
    }
    if (seen->status == 416 && range && parse_unsatisfied_range(*range) == 0) return 0;
    if (seen->status == 200 && seen->find("Content-Length") == "0") return 0;
    return std::nullopt;
  }
};

// Exchanges until an answer is taken. Before the server has ever answered, it is given up early.
Result<void> exchange(Connection& connection, const Request& request, Receiver& receiver, const Means& means,
                      bool was_reached) {
  auto policy = means.retry;
  if (!was_reached) policy.retries = std::min(policy.retries, kRetriesBeforeContact);
  Retrier first(policy, means.stop, means.random, means.notice), later = means.make_retrier();
  for (;;) {
    auto trouble = connection.exchange(request, receiver);
    if (!trouble) return ok();
    bool answered = !trouble->error.detail.empty() && trouble->error.detail.starts_with("status ");
    was_reached = was_reached || answered;
    RETURN_IF_ERROR((was_reached ? later : first).wait_after(*trouble));
  }
}

Request request_to(const Url& url, const Means& means) {
  Request request;
  request.url = url;
  request.silence = means.client.patience;
  return request;
}

Error bad_answer(std::string_view what) {
  return {Code::corrupt, fmt::format("the server's answer cannot be used: {}", what)};
}

std::string text_member(const json::object& object, const char* name) {
  const auto* member = object.if_contains(name);
  return member && member->is_string() ? std::string(member->get_string()) : "";
}

Result<Artifact> parse_artifact(const json::value& value, const Url& server) {
  if (!value.is_object()) return bad_answer("an artifact is no object");
  const auto& object = value.get_object();
  auto etag = strong_etag(text_member(object, "etag"));
  const auto* size = object.if_contains("size");
  boost::system::error_code ec;
  auto bytes = size ? size->to_number<std::uint64_t>(ec) : 0;
  auto name = text_member(object, "name");
  if (!etag || !size || ec || name.empty())
    return bad_answer("name, size or etag of an artifact is missing or malformed");
  ASSIGN_OR_RETURN(auto url, url_on_server(server, text_member(object, "uri")));
  return Artifact{name, {url, {*etag, bytes}}};
}

const json::array& array_member(const json::object& object, const char* name) {
  static const json::array empty;
  const auto* member = object.if_contains(name);
  return member && member->is_array() ? member->get_array() : empty;
}

Url with_suffix(const Url& url, std::string_view suffix) {
  auto longer = url;
  longer.text.insert(std::min(longer.text.find('?'), longer.text.size()), suffix);
  longer.shown += suffix;
  return longer;
}

}  // namespace

std::string format_wish(const DownloadWish& wish) {
  json::array targets;
  for (const auto& path : wish.paths) targets.push_back(json::object{{"path", path}});
  json::object options{
      {"originals", true}, {"folderPerAsset", wish.folder_per_asset}, {"keepStructure", wish.keep_structure}};
  json::object body{{"targets", std::move(targets)}, {"options", std::move(options)}};
  if (!wish.archive_name.empty()) body["archiveName"] = wish.archive_name;
  return json::serialize(body);
}

Result<Download> parse_download(std::string_view text, const Url& server) {
  auto parsed = parse_json(text);
  if (!parsed) return bad_answer(parsed.error().message);
  if (!parsed->is_object()) return bad_answer("it is no object");
  const auto& object = parsed->get_object();
  Download download;
  download.id = text_member(object, "id");
  download.status = text_member(object, "status");
  download.message = text_member(object, "message");
  const auto* complete = object.if_contains("isComplete");
  download.is_complete = complete ? complete->is_bool() && complete->get_bool() : download.status != "PROCESSING";
  if (download.id.empty() || download.status.empty()) return bad_answer("id or status is missing");
  for (const auto& value : array_member(object, "artifacts")) {
    if (!download.is_complete) break;  // not all there yet
    ASSIGN_OR_RETURN(auto artifact, parse_artifact(value, server));
    download.artifacts.push_back(std::move(artifact));
  }
  for (const auto& value : array_member(object, "skipped")) {
    if (!value.is_object()) return bad_answer("what was skipped is no object");
    const auto& skipped = value.get_object();
    download.skipped.push_back(
        {text_member(skipped, "path"), text_member(skipped, "reason"), text_member(skipped, "message")});
  }
  return download;
}

Result<Download> request_download(const Url& server, const DownloadWish& wish, const Means& means) {
  auto connection = open_connection(means.client, means.stop);
  TextReceiver answer;
  ASSIGN_OR_RETURN(auto url, url_on_server(server, "/api/v1/downloads"));
  auto request = request_to(url, means);
  request.method = "POST";
  request.body = format_wish(wish);
  RETURN_IF_ERROR(exchange(*connection, request, answer, means, false));
  ASSIGN_OR_RETURN(auto download, parse_download(answer.text, server));
  for (auto pause = kFirstPoll; !download.is_complete; pause = std::min(pause * 3 / 2, kLongestPoll)) {
    if (means.stop.wait(pause)) return stopped();
    auto path = "/api/v1/downloads/" + percent_encode_path(download.id);
    ASSIGN_OR_RETURN(auto poll, url_on_server(server, path));
    RETURN_IF_ERROR(exchange(*connection, request_to(poll, means), answer, means, true));
    ASSIGN_OR_RETURN(download, parse_download(answer.text, server));
  }
  return download;
}

Result<Artifact> look_at(const Url& url, const Means& means) {
  auto connection = open_connection(means.client, means.stop);
  LookReceiver answer;
  auto request = request_to(url, means);
  request.fields = {"Range: bytes=0-0"};
  auto looked = exchange(*connection, request, answer, means, false);
  if (!answer.seen) return looked.error();
  auto tag = answer.seen->find("ETag");
  auto etag = tag ? strong_etag(*tag) : std::nullopt;
  auto size = answer.size();
  if (!size)
    return Error{Code::invalid,
                 fmt::format("{} cannot be fetched in ranges: the server does not send them", url.shown)};
  if (!etag)
    return Error{Code::invalid, fmt::format("{} cannot be fetched in ranges: it has no strong ETag", url.shown)};
  auto disposition = answer.seen->find("Content-Disposition");
  auto name = disposition ? http::parse_disposition_filename(*disposition) : std::nullopt;
  return Artifact{name.value_or(url.last_segment()), {url, {*etag, *size}}};
}

Result<std::optional<Manifest>> find_manifest(const RemoteFile& file, const Means& means) {
  auto connection = open_connection(means.client, means.stop);
  ManifestReceiver answer;
  auto fetched = exchange(*connection, request_to(with_suffix(file.url, "/manifest"), means), answer, means, true);
  if (!fetched && fetched.error().code == Code::not_found) return std::optional<Manifest>();
  if (!fetched) return fetched.error();
  ASSIGN_OR_RETURN(auto manifest, answer.finish());
  if (manifest.artifact != file.identity)
    return Error{Code::conflict, "the server's manifest is of another version of the file"};
  return std::optional(std::move(manifest));
}

}  // namespace dray::fetching
