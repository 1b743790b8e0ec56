// How assets come in over HTTP: AEM's direct binary upload, and its create-asset servlet.
#include <fmt/format.h>

#include "base/text.h"
#include "edge/api/routes.h"
#include "lang/http/form.h"
#include "service/uploads/uploads.h"

namespace dray::api {
namespace {

using server::Response;

constexpr std::string_view kParts = "/api/v1/uploads/";
constexpr std::size_t kMostFiles = 100;

class PartSink final : public server::BodySink {
 public:
  explicit PartSink(std::unique_ptr<service::PartWriter> writer) : writer_(std::move(writer)) {}
  Result<void> write(std::string_view bytes) override { return writer_->write(bytes); }
  Result<void> commit() { return writer_->commit(); }

 private:
  const std::unique_ptr<service::PartWriter> writer_;
};

// The address that the client has just used.
std::string own_address(const server::Request& request) {
  auto scheme = request.head.find("X-Forwarded-Proto") == "https" ? "https" : "http";
  return fmt::format("{}://{}", scheme, request.head.find("Host").value_or("localhost"));
}

Result<http::Form> read_form(const Call& call) {
  return http::parse_form(call.request.head.find("Content-Type").value_or(""), call.request.body);
}

Result<AssetPath> folder_of(const Call& call) {
  auto folder = AssetPath::parse(call.rest);
  if (!folder) return Error{Code::not_found, fmt::format("there is no folder {}", call.rest)};
  return folder;
}

enum class Sizes { must, may };  // Adobe's own documents differ in whether they come with completeUpload.json

Result<std::vector<service::UploadFile>> read_files(const http::Form& form, Sizes rule) {
  auto names = form.all("fileName"), sizes = form.all("fileSize");
  bool has_sizes = !sizes.empty() || rule == Sizes::must;
  if (names.empty() || (has_sizes && names.size() != sizes.size()))
    return Error{Code::invalid, "name at least one file: as many \"fileName\" as \"fileSize\""};
  if (names.size() > kMostFiles)
    return Error{Code::invalid, fmt::format("at most {} files can be announced at a time", kMostFiles)};
  std::vector<service::UploadFile> files;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto size = has_sizes ? parse_unsigned(sizes[i]) : std::nullopt;
    if (has_sizes && !size) return wrong_value("fileSize", "the number of bytes");
    files.push_back({std::string(names[i]), size});
  }
  return files;
}

Result<json::object> initiate(const Call& call) {
  ASSIGN_OR_RETURN(auto folder, folder_of(call));
  ASSIGN_OR_RETURN(auto form, read_form(call));
  ASSIGN_OR_RETURN(auto announced, read_files(form, Sizes::must));
  ASSIGN_OR_RETURN(auto uploads, call.parts.uploads.initiate(folder, announced, call.caller));
  auto address = own_address(call.request);
  json::array files;
  for (std::size_t i = 0; i < uploads.size(); ++i) {
    json::array uris;
    for (unsigned number = 0; number < uploads[i].parts; ++number)
      uris.emplace_back(fmt::format("{}{}{}/{}", address, kParts, uploads[i].token, number));
    files.push_back(json::object{{"fileName", announced[i].name},
                                 {"mimeType", uploads[i].mime_type},
                                 {"uploadToken", uploads[i].token},
                                 {"uploadURIs", std::move(uris)},
                                 {"minPartSize", 1},
                                 {"maxPartSize", call.parts.uploads.part_limit()}});
  }
  return json::object{{"completeURI", percent_encode_path(folder.text()) + ".completeUpload.json"},
                      {"folderPath", folder.text()},
                      {"files", std::move(files)}};
}

json::object to_json(const service::Uploaded& uploaded) {
  return {{"path", uploaded.path.text()}, {"isNew", uploaded.is_new}};
}

Result<json::object> complete(const Call& call) {
  ASSIGN_OR_RETURN(auto folder, folder_of(call));
  ASSIGN_OR_RETURN(auto form, read_form(call));
  ASSIGN_OR_RETURN(auto files, read_files(form, Sizes::may));
  auto tokens = form.all("uploadToken");
  if (tokens.size() != files.size())
    return Error{Code::invalid, "\"uploadToken\" is missing: it came with the answer to initiateUpload.json"};
  json::array done;
  for (std::size_t i = 0; i < files.size(); ++i) {
    ASSIGN_OR_RETURN(auto uploaded, call.parts.uploads.complete(std::string(tokens[i]), files[i], folder, call.caller));
    done.push_back(to_json(uploaded));
  }
  return json::object{{"files", std::move(done)}};
}

Result<ByteCount> number_field(const http::Form& form, std::string_view name, ByteCount standard) {
  auto text = form.find(name);
  if (!text) return standard;
  auto number = parse_unsigned(*text);
  if (!number) return Error{Code::invalid, fmt::format("\"{}\" must be a number of bytes", name)};
  return *number;
}

Result<service::Uploaded> create(const Call& call) {
  ASSIGN_OR_RETURN(auto folder, folder_of(call));
  ASSIGN_OR_RETURN(auto form, read_form(call));
  const auto* file = form.find_file("file");
  if (!file) return Error{Code::invalid, "the form has no \"file\""};
  std::string name(form.find("fileName").value_or(file->file_name));
  ASSIGN_OR_RETURN(auto path, folder.child(name));
  ASSIGN_OR_RETURN(auto offset, number_field(form, "file@Offset", 0));
  ASSIGN_OR_RETURN(auto total, number_field(form, "file@Length", file->value.size()));
  return call.parts.uploads.put_chunk(path, offset, total, file->value, call.caller);
}

template <typename T>
Response answer(int status, const Result<T>& result) {
  return result ? server::make_json_response(status, *result) : server::make_error_response(result.error());
}

}  // namespace

Response initiate_upload(const Call& call) {
  // Clients take an answer without files as advice to upload through createasset.html.
  if (!call.parts.config.direct_upload) return server::make_json_response(200, json::object());
  return answer(200, initiate(call));
}

Result<std::shared_ptr<server::BodySink>> open_upload_part(const Call& call) {
  auto slash = call.rest.find('/');
  auto number = slash == call.rest.npos ? std::nullopt : parse_unsigned(call.rest.substr(slash + 1));
  if (!number || *number > 1'000'000) return Error{Code::not_found, "there is no such part of an upload"};
  ASSIGN_OR_RETURN(auto writer, call.parts.uploads.open_part(std::string(call.rest.substr(0, slash)),
                                                             static_cast<unsigned>(*number)));
  return std::shared_ptr<server::BodySink>(std::make_shared<PartSink>(std::move(writer)));
}

Response put_upload_part(const Call& call) {
  auto sink = std::static_pointer_cast<PartSink>(call.request.sink);
  if (!sink) {  // an empty body
    auto opened = open_upload_part(call);
    if (!opened) return server::make_error_response(opened.error());
    sink = std::static_pointer_cast<PartSink>(*opened);
  }
  auto kept = sink->commit();
  return kept ? server::make_json_response(201, json::object()) : server::make_error_response(kept.error());
}

Result<std::shared_ptr<server::BodySink>> check_upload_folder(const Call& call) {
  ASSIGN_OR_RETURN(auto folder, folder_of(call));
  RETURN_IF_ERROR(call.parts.uploads.check_folder(folder, call.caller));
  return std::shared_ptr<server::BodySink>();
}

Response complete_upload(const Call& call) { return answer(200, complete(call)); }

Response create_asset(const Call& call) {
  auto created = create(call);
  return created ? server::make_json_response(200, to_json(*created)) : server::make_error_response(created.error());
}

}  // namespace dray::api
