#include <fmt/format.h>

#include "base/log.h"
#include "edge/api/aem.h"
#include "edge/api/routes.h"
#include "edge/server/content.h"
#include "lang/zip/names.h"

namespace dray::api {
namespace {

using server::Response;

// A picture in memory, as something that ranges can be taken of.
class PictureSource final : public ByteSource, public std::enable_shared_from_this<PictureSource> {
 public:
  explicit PictureSource(std::shared_ptr<const service::Picture> picture) : picture_(std::move(picture)) {}
  ByteCount size() const override { return picture_->content.size(); }
  std::unique_ptr<ByteCursor> open_cursor(ByteCount offset) const override;
  std::string_view content() const { return picture_->content; }

 private:
  std::shared_ptr<const service::Picture> picture_;
};

class PictureCursor final : public ByteCursor {
 public:
  PictureCursor(std::shared_ptr<const PictureSource> source, ByteCount offset)
      : source_(std::move(source)), offset_(offset) {}
  Result<Piece> next() override {
    auto rest = source_->content().substr(std::min<ByteCount>(offset_, source_->size()));
    offset_ += rest.size();
    return Piece{rest, {}};
  }
  void seek(ByteCount offset) override { offset_ = offset; }
  void rest() override {}

 private:
  std::shared_ptr<const PictureSource> source_;
  ByteCount offset_;
};

std::unique_ptr<ByteCursor> PictureSource::open_cursor(ByteCount offset) const {
  return std::make_unique<PictureCursor>(shared_from_this(), offset);
}

// Image Serving answers errors of requests with 403 and text.
Response make_image_error(const Error& error) {
  bool is_ours = error.code == Code::unavailable || error.code == Code::full || error.code == Code::corrupt;
  if (is_ours || error.code == Code::busy) return server::make_error_response(error);
  if (!error.detail.empty()) log::info("{}: {}", error.message, error.detail);
  auto response = server::make_text_response(403, "text/plain; charset=utf-8", error.message + "\n");
  response.fields.push_back({"Cache-Control", "no-store"});
  return response;
}

std::string_view raw_query(const server::Request& request) {
  std::string_view target = request.head.target;
  auto mark = target.find('?');
  return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

Result<void> may_administer(const Call& call) {
  ASSIGN_OR_RETURN(auto rules, call.parts.access.list_rules());
  if (model::AccessRules(std::move(rules)).may(call.caller, model::Privilege::administer, model::dam_root()))
    return ok();
  return Error{Code::denied, "only administrators may change presets and profiles"};
}

json::object to_json(const model::ImagePreset& preset) { return {{"name", preset.name}, {"query", preset.query}}; }

}  // namespace

service::ImageRequest make_image_request(const server::Request& request, std::string_view object) {
  return {std::string(object), std::string(raw_query(request))};
}

Response get_image(const Call& call) {
  auto request = make_image_request(call.request, call.rest);
  auto answer = call.parts.images.answer(request, call.caller);
  if (!answer) return make_image_error(answer.error());
  for (const auto& name : answer->unknown) log::info("an image request has the command {}, which is not known", name);
  if (const auto* text = std::get_if<service::ImageText>(&answer->content)) {
    auto response = server::make_text_response(200, text->content_type, text->text);
    response.fields.push_back({"Cache-Control", text->may_be_kept ? "private, max-age=360" : "no-store"});
    return response;
  }
  auto picture = std::get<std::shared_ptr<const service::Picture>>(answer->content);
  server::Content content;
  content.mime_type = picture->about.mime_type;
  content.disposition = http::Disposition::inline_;
  content.validators = {{answer->entity_tag, false}, answer->last_modified};
  content.source = std::make_shared<PictureSource>(std::move(picture));
  auto response = server::make_content_response(call.request.head, content);
  for (auto& field : response.fields) {
    if (field.name == "Cache-Control") field.value = "private, max-age=36000";
  }
  response.is_repeatable = true;
  return response;
}

namespace {

using AssetAndName = std::pair<std::string_view, std::string_view>;

std::optional<AssetAndName> split_at(std::string_view path, std::string_view middle) {
  auto at = path.rfind(middle);
  if (at == path.npos) return std::nullopt;
  auto name = path.substr(at + middle.size());
  if (name.empty() || name.find('/') != name.npos) return std::nullopt;
  return AssetAndName(path.substr(0, at), name);
}

std::optional<AssetAndName> split_rendition(std::string_view path) {
  auto split = split_at(path, "/_jcr_content/renditions/");
  return split ? split : split_at(path, "/jcr:content/renditions/");
}

std::optional<AssetAndName> split_subasset(std::string_view path) { return split_at(path, "/subassets/"); }

Response make_rendition_response(const Call& call, std::string_view name, const Result<service::OpenRendition>& open) {
  if (!open) {
    auto response = server::make_error_response(open.error());
    if (open.error().code == Code::invalid) response.status = 404;  // it could not be made
    return response;
  }
  const auto& rendition = open->rendition;
  return server::make_content_response(call.request.head, {open->source,
                                                           rendition.mime_type,
                                                           zip::make_safe_name(name),
                                                           http::Disposition::inline_,
                                                           {{rendition.content.id.hex(), false}, open->last_modified},
                                                           rendition.content.id});
}

}  // namespace

bool is_rendition(std::string_view path) { return split_rendition(path).has_value(); }

Response get_rendition(const Call& call) {
  auto [asset, name] = *split_rendition(call.request.target.path);
  auto path = AssetPath::parse(asset);
  if (!path) return server::make_error_response(path.error());
  if (name == "original") return make_original_response(call, *path, call.caller);
  return make_rendition_response(call, name, call.parts.images.open_rendition(*path, name, call.caller));
}

Response rendition_response(const Call& call, const AssetPath& asset, std::string_view name,
                            const model::Caller& caller) {
  return make_rendition_response(call, name, call.parts.images.open_rendition(asset, name, caller));
}

bool is_subasset(std::string_view path) { return split_subasset(path).has_value(); }

Response get_subasset(const Call& call) {
  auto [asset, name] = *split_subasset(call.request.target.path);
  auto path = AssetPath::parse(asset);
  if (!path) return server::make_error_response(path.error());
  return make_rendition_response(call, name, call.parts.images.open_subasset(*path, name, call.caller));
}

Response list_presets(const Call& call) {
  auto presets = call.parts.presets.list();
  if (!presets) return server::make_error_response(presets.error());
  json::array list;
  for (const auto& preset : *presets) list.push_back(to_json(preset));
  return server::make_json_response(200, json::object{{"presets", std::move(list)}});
}

Response get_preset(const Call& call) {
  auto preset = call.parts.presets.find(call.rest);
  if (!preset) return server::make_error_response(preset.error());
  if (!*preset) return server::make_error_response(404, fmt::format("there is no image preset {}", call.rest));
  return server::make_json_response(200, to_json(**preset));
}

Response put_preset(const Call& call) {
  if (auto allowed = may_administer(call); !allowed) return server::make_error_response(allowed.error());
  auto body = parse_json_body(call.request);
  if (!body) return server::make_error_response(body.error());
  const auto* object = body->if_object();
  const auto* query = object ? object->if_contains("query") : nullptr;
  if (!query || !query->is_string())
    return server::make_error_response(400, "a preset is {\"query\": \"wid=400&fmt=jpeg\"}");
  model::ImagePreset preset{std::string(call.rest), std::string(query->get_string())};
  auto reading = call.parts.images.read(preset.query);
  if (!reading) return server::make_error_response(reading.error());
  if (auto done = call.parts.presets.put(preset); !done) return server::make_error_response(done.error());
  auto object_of_preset = to_json(preset);
  json::array unknown;
  for (const auto& name : reading->unknown) unknown.emplace_back(name);
  if (!unknown.empty()) object_of_preset["unknownCommands"] = std::move(unknown);
  return server::make_json_response(200, object_of_preset);
}

Response remove_preset(const Call& call) {
  if (auto allowed = may_administer(call); !allowed) return server::make_error_response(allowed.error());
  auto done = call.parts.presets.remove(call.rest);
  if (!done) return server::make_error_response(done.error());
  return Response{204, {}, std::string()};
}

namespace {

template <typename Repository>
Response list_profiles(const Repository& repository, std::string_view member) {
  auto profiles = repository.list();
  if (!profiles) return server::make_error_response(profiles.error());
  json::array list;
  for (const auto& profile : *profiles) list.push_back(model::to_json(profile));
  return server::make_json_response(200, json::object{{member, std::move(list)}});
}

// `read` makes a profile of its name and JSON.
template <typename Repository, typename Read>
Response put_profile(const Call& call, Repository& repository, Read read) {
  if (auto allowed = may_administer(call); !allowed) return server::make_error_response(allowed.error());
  auto body = parse_json_body(call.request);
  if (!body) return server::make_error_response(body.error());
  auto profile = read(std::string(call.rest), *body);
  if (!profile) return server::make_error_response(profile.error());
  if (auto done = repository.put(*profile); !done) return server::make_error_response(done.error());
  return server::make_json_response(200, model::to_json(*profile));
}

template <typename Repository>
Response remove_profile(const Call& call, Repository& repository) {
  if (auto allowed = may_administer(call); !allowed) return server::make_error_response(allowed.error());
  auto done = repository.remove(std::string(call.rest));
  if (!done) return server::make_error_response(done.error());
  return Response{204, {}, std::string()};
}

}  // namespace

Response list_image_profiles(const Call& call) { return list_profiles(call.parts.image_profiles, "imageProfiles"); }
Response put_image_profile(const Call& call) {
  return put_profile(call, call.parts.image_profiles, model::image_profile_from_json);
}
Response remove_image_profile(const Call& call) { return remove_profile(call, call.parts.image_profiles); }

Response list_processing_profiles(const Call& call) {
  return list_profiles(call.parts.processing_profiles, "processingProfiles");
}
Response put_processing_profile(const Call& call) {
  return put_profile(call, call.parts.processing_profiles, model::processing_profile_from_json);
}
Response remove_processing_profile(const Call& call) { return remove_profile(call, call.parts.processing_profiles); }

Response get_smart_crops(const Call& call) {
  auto path = AssetPath::parse(call.rest);
  if (!path) return server::make_error_response(path.error());
  auto crops = call.parts.images.list_smart_crops(*path, call.caller);
  if (!crops) return server::make_error_response(crops.error());
  json::array list;
  for (const auto& crop : *crops) list.push_back(service::to_json(crop));
  return server::make_json_response(200, json::object{{"smartCrops", std::move(list)}});
}

Response put_smart_crop(const Call& call) {
  auto path = AssetPath::parse(call.rest);
  if (!path) return server::make_error_response(path.error());
  auto body = parse_json_body(call.request);
  if (!body) return server::make_error_response(body.error());
  model::SmartCrop crop;
  const auto* object = body->if_object();
  const auto* name = object ? object->if_contains("name") : nullptr;
  bool is_whole = name && name->is_string();
  for (auto [field, value] : {std::pair("left", &crop.left), std::pair("top", &crop.top),
                              std::pair("normalizedWidth", &crop.width), std::pair("normalizedHeight", &crop.height)}) {
    const auto* found = object ? object->if_contains(field) : nullptr;
    is_whole = is_whole && found && found->is_number();
    if (is_whole) *value = found->to_number<double>();
  }
  if (!is_whole)
    return server::make_error_response(400,
                                       "a crop is {\"name\": \"Large\", \"left\": 0.1, \"top\": 0.1, "
                                       "\"normalizedWidth\": 0.5, \"normalizedHeight\": 0.5}");
  crop.name = std::string(name->get_string());
  auto changed = call.parts.images.change_smart_crop(*path, crop, call.caller);
  return changed ? server::make_json_response(200, service::to_json(*changed))
                 : server::make_error_response(changed.error());
}

}  // namespace dray::api
