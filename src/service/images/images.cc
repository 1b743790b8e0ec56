#include "service/images/images.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "lang/is/numbers.h"
#include "lang/is/protection.h"
#include "pipeline/bytes/blob_source.h"
#include "pipeline/renditions/encode.h"
#include "pipeline/select/obstacles.h"
#include "service/images/properties.h"
#include "service/rendering/asset_renditions.h"

namespace dray::service {
namespace {

using Kind = is::Question::Kind;

std::string_view pixel_type_name(is::PixelType type) {
  return type == is::PixelType::gray ? "BW" : type == is::PixelType::rgb ? "RGB" : "CMYK";
}

std::string_view pixel_type_name(int bands) { return bands == 1 ? "BW" : bands == 4 ? "CMYK" : "RGB"; }

pipeline::Subject subject_of(Kind kind) {
  if (kind == Kind::tmb) return pipeline::Subject::thumbnail;
  if (kind == Kind::mask) return pipeline::Subject::mask;
  return pipeline::Subject::image;
}

// The commands as they count in the end: presets and variables replaced, of several equal ones the last.
std::string resolve(const std::vector<is::Command>& commands) {
  std::string text;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto again = std::any_of(commands.begin() + static_cast<std::ptrdiff_t>(i) + 1, commands.end(),
                             [&](const auto& later) { return later.name == commands[i].name; });
    if (again || commands[i].name == "req") continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", commands[i].name, commands[i].value);
  }
  return text;
}

// Web renditions are PNG where the original sees through, else JPEG.
bool may_be_called(const pipeline::StaticRendition& rendition, std::string_view name) {
  if (rendition.kind != pipeline::StaticRendition::Kind::web) return rendition.name == name;
  return name == rendition.name + ".jpeg" || name == rendition.name + ".png";
}

Original original_of(const model::Node& node) { return {node.asset->original, node.asset->mime_type}; }

std::optional<pipeline::SmartCropArea> area_in(const std::optional<model::SmartCrop>& crop) {
  return crop ? std::optional(area_of(*crop)) : std::nullopt;
}

Properties smart_crop_data(const std::optional<model::SmartCrop>& crop) {
  if (!crop) return {};
  return {{"SmartCropDef", crop->name},
          {"SmartCropHeight", fmt::format("{}", crop->target_height)},
          {"SmartCropRect", fmt::format("{:.6g},{:.6g},{:.6g},{:.6g},{},{}", crop->left, crop->top, crop->width,
                                        crop->height, crop->target_width, crop->target_height)},
          {"SmartCropType", crop->by_hand ? "manual" : "auto"},
          {"SmartCropWidth", fmt::format("{}", crop->target_width)}};
}

}  // namespace

Result<std::string> Images::undo_signature(const ImageRequest& request) const {
  if (config_.signing_key.empty()) return request.query;
  return is::undo_signature("/is/image/" + request.object, request.query, config_.signing_key, parts_.clock.now());
}

bool Images::is_signed(const ImageRequest& request) const {
  return !config_.signing_key.empty() && undo_signature(request);
}

Result<std::string> Images::undo_protection(const ImageRequest& request) const {
  ASSIGN_OR_RETURN(auto plain, undo_signature(request));
  if (config_.obfuscates && !plain.empty()) {
    ASSIGN_OR_RETURN(plain, is::undo_obfuscation(plain));
  }
  if (config_.locks && !plain.empty()) {
    ASSIGN_OR_RETURN(plain, is::undo_lock(plain));
  }
  return plain;
}

Result<is::Reading> Images::read(std::string_view query) const {
  return is::read_query(query, model::queries_of(parts_.presets));
}

Result<model::Node> Images::find_image(const std::string& object, const model::Caller& caller) const {
  Error absent{Code::not_found, fmt::format("there is no image {}", object)};
  auto path = AssetPath::parse(model::dam_root().text() + "/" + object);
  if (!path) return absent;
  return find_asset(*path, absent, caller);
}

Result<model::Node> Images::find_asset(const AssetPath& path, const Error& absent, const model::Caller& caller,
                                       Glimpse glimpse) const {
  ASSIGN_OR_RETURN(auto list, parts_.access.list_rules());
  model::AccessRules rules(std::move(list));
  if (!rules.may(caller, model::Privilege::read, path)) return absent;
  ASSIGN_OR_RETURN(auto node, parts_.assets.find(path));
  if (!node || node->is_folder()) return absent;
  if (!rules.may(caller, model::Privilege::rendition, path))
    return Error{Code::denied, fmt::format("you may not see renditions of {}", path.text())};
  auto now = parts_.clock.now();
  auto obstacle = pipeline::find_expiry(*node, caller, now);
  if (!obstacle && glimpse == Glimpse::no) {
    ASSIGN_OR_RETURN(obstacle, pipeline::find_obstacle(*node, caller, {parts_.assets, parts_.read_licence_page}, now));
  }
  if (obstacle) return Error{Code::denied, fmt::format("{}: {}", path.text(), obstacle->message)};
  return *std::move(node);
}

// A name that no asset has may be an asset's with a smart crop behind it: beach.jpg:Large.
Result<Images::Found> Images::find_object(const std::string& object, const model::Caller& caller) const {
  auto node = find_image(object, caller);
  auto colon = object.rfind(':');
  if (node || node.error().code != Code::not_found || colon == std::string::npos) {
    if (!node) return std::move(node).error();
    return Found{*std::move(node), std::nullopt};
  }
  ASSIGN_OR_RETURN(auto asset, find_image(object.substr(0, colon), caller));
  ASSIGN_OR_RETURN(auto crops, parts_.smart_crops.of(asset));
  auto name = object.substr(colon + 1);
  for (auto& crop : crops) {
    if (equal_ignoring_case(crop.name, name)) return Found{std::move(asset), std::move(crop)};
  }
  return Error{Code::not_found, fmt::format("{} has no smart crop {}", object.substr(0, colon), name)};
}

// Another image may stand for one that is missing; then only its size, format and quality are as asked.
Result<Images::Found> Images::find_or_default(const ImageRequest& request, is::Reading& reading,
                                              const model::Caller& caller) const {
  auto found = find_object(request.object, caller);
  const auto& other = reading.question.default_image;
  bool is_picture = reading.question.kind == Kind::img || reading.question.kind == Kind::tmb;
  if (found || found.error().code != Code::not_found || other.empty() || !is_picture) return found;
  is::Recipe recipe;
  recipe.width = reading.recipe.width;
  recipe.height = reading.recipe.height;
  recipe.output = reading.recipe.output;
  recipe.quality = reading.recipe.quality;
  reading.recipe = recipe;
  return find_object(other, caller);
}

Result<std::vector<model::SmartCrop>> Images::list_smart_crops(const AssetPath& path,
                                                               const model::Caller& caller) const {
  Error absent{Code::not_found, fmt::format("there is no asset {}", path.text())};
  ASSIGN_OR_RETURN(auto node, find_asset(path, absent, caller));
  return parts_.smart_crops.of(node);
}

Result<model::SmartCrop> Images::change_smart_crop(const AssetPath& path, const model::SmartCrop& by_hand,
                                                   const model::Caller& caller) const {
  Error absent{Code::not_found, fmt::format("there is no asset {}", path.text())};
  ASSIGN_OR_RETURN(auto node, find_asset(path, absent, caller));
  ASSIGN_OR_RETURN(auto rules, parts_.access.list_rules());
  if (!model::AccessRules(std::move(rules)).may(caller, model::Privilege::write, path))
    return Error{Code::denied, "you may not change " + path.text()};
  return parts_.smart_crops.change(node, by_hand);
}

Result<std::vector<pipeline::StaticRendition>> Images::static_renditions(const model::Node& node) const {
  auto generation = parts_.renderer.settings().static_renditions;
  ASSIGN_OR_RETURN(auto rules, read_rules(parts_.processing_profiles, generation));
  return static_renditions_of(rules, node.path, node.asset->mime_type);
}

Result<std::vector<model::Rendition>> Images::list_renditions(const model::Node& node) const {
  ASSIGN_OR_RETURN(auto wanted, static_renditions(node));
  std::vector<model::Rendition> renditions;
  for (const auto& one : wanted) {
    ASSIGN_OR_RETURN(auto found, parts_.renderer.find_static(original_of(node), one));
    if (found && !found->does_not_apply()) renditions.push_back(*std::move(found));
  }
  return renditions;
}

Result<std::vector<model::Rendition>> Images::list_subassets(const model::Asset& asset) const {
  return parts_.renderer.list_subassets({asset.original, asset.mime_type});
}

// A page is a part of the original: who may not have that may not have it either.
Result<OpenRendition> Images::open_subasset(const AssetPath& path, std::string_view name,
                                            const model::Caller& caller) const {
  Error absent{Code::not_found, fmt::format("there is no asset {}", path.text())};
  ASSIGN_OR_RETURN(auto node, find_asset(path, absent, caller));
  ASSIGN_OR_RETURN(auto rules, parts_.access.list_rules());
  if (!model::AccessRules(std::move(rules)).may(caller, model::Privilege::original, path))
    return Error{Code::denied, "you may not read the original of " + path.text()};
  ASSIGN_OR_RETURN(auto pages, list_subassets(*node.asset));
  for (auto& page : pages) {
    if (page.name != name) continue;
    auto source = pipeline::make_blob_source(parts_.blobs, page.content.id, page.content.size);
    return OpenRendition{std::move(page), std::move(source),
                         std::chrono::floor<std::chrono::seconds>(node.asset->modified)};
  }
  return Error{Code::not_found, fmt::format("{} has no sub-asset {}", path.text(), name)};
}

Result<model::Rendition> Images::find_or_make(const model::Node& node, const pipeline::StaticRendition& wanted) const {
  if (wanted.kind != pipeline::StaticRendition::Kind::film) {
    ASSIGN_OR_RETURN(auto made, parts_.renderer.keep_static(original_of(node), {wanted}));
    return std::move(made.front());
  }
  ASSIGN_OR_RETURN(auto found, parts_.renderer.find_static(original_of(node), wanted));
  if (!found) return Error{Code::not_found, fmt::format("the preview of {} is not made yet", node.path.text())};
  return *std::move(found);
}

Result<OpenRendition> Images::open_rendition(const AssetPath& path, std::string_view name,
                                             const model::Caller& caller) const {
  Error absent{Code::not_found, fmt::format("there is no asset {}", path.text())};
  Error unknown{Code::not_found, fmt::format("{} has no rendition {}", path.text(), name)};
  auto glimpse = name.starts_with("cq5dam.thumbnail.") ? Glimpse::yes : Glimpse::no;
  ASSIGN_OR_RETURN(auto node, find_asset(path, absent, caller, glimpse));
  ASSIGN_OR_RETURN(auto known, static_renditions(node));
  auto wanted = std::find_if(known.begin(), known.end(), [&](const auto& one) { return may_be_called(one, name); });
  if (wanted == known.end()) return unknown;
  ASSIGN_OR_RETURN(auto rendition, find_or_make(node, *wanted));
  if (!rendition.failure.empty()) return Error{Code::invalid, rendition.failure};
  if (rendition.name != name) return unknown;  // a PNG where a JPEG was asked for
  auto source = pipeline::make_blob_source(parts_.blobs, rendition.content.id, rendition.content.size);
  return OpenRendition{std::move(rendition), std::move(source),
                       std::chrono::floor<std::chrono::seconds>(node.asset->modified)};
}

Result<ImageAnswer> Images::answer_with_picture(const Found& found, const is::Reading& reading) const {
  auto subject = subject_of(reading.question.kind);
  ASSIGN_OR_RETURN(auto picture,
                   parts_.renderer.make(original_of(found.node), reading.recipe, subject, area_in(found.crop)));
  return ImageAnswer{picture, picture->entity_tag, {}, reading.unknown};
}

Result<ImageText> Images::describe_reply(const Found& found, const is::Reading& reading) const {
  ASSIGN_OR_RETURN(auto picture, parts_.renderer.make(original_of(found.node), reading.recipe, pipeline::Subject::image,
                                                      area_in(found.crop)));
  const auto& about = picture->about;
  const auto& settings = parts_.renderer.settings();
  auto background = reading.recipe.background.value_or(settings.background);
  auto output = reading.recipe.output.value_or(is::Output());
  auto number = [](auto value) { return fmt::format("{}", value); };
  return format_properties(
      {{"image.bgc", is::format_color(background)},
       {"image.height", number(about.size.height)},
       {"image.iccEmbed", about.has_profile ? "1" : "0"},
       {"image.iccProfile", about.profile_name},
       {"image.length", number(about.length)},
       {"image.mask", about.has_alpha ? "1" : "0"},
       {"image.pathEmbed", about.has_paths ? "1" : "0"},
       {"image.pixTyp", std::string(pixel_type_name(about.type))},
       {"image.printRes", is::format_real(about.resolution)},
       {"image.quality", fmt::format("{}", reading.recipe.quality.value_or(settings.quality).quality)},
       {"image.type", std::string(pipeline::mime_type_of(output.format))},
       {"image.version", "1"},
       {"image.width", number(about.size.width)},
       {"image.xmpEmbed", reading.recipe.embeds_xmp.value_or(false) ? "1" : "0"}},
      reading.question);
}

Result<ImageText> Images::describe_source(const Original& original, const is::Question& question) const {
  ASSIGN_OR_RETURN(auto facts, parts_.renderer.inspect(original));
  const auto& settings = parts_.renderer.settings();
  return format_properties({{"image.embeddedIccProfile", facts.has_profile ? "1" : "0"},
                            {"image.height", fmt::format("{}", facts.seen.height)},
                            {"image.mask", facts.has_alpha ? "1" : "0"},
                            {"image.pixTyp", std::string(pixel_type_name(facts.bands))},
                            {"image.printRes", is::format_real(facts.resolution)},
                            {"image.resolution", is::format_real(settings.object_resolution)},
                            {"image.thumbType", settings.thumbnail == pipeline::ThumbnailType::fit ? "2" : "1"},
                            {"image.width", fmt::format("{}", facts.seen.width)}},
                           question);
}

Result<ImageAnswer> Images::answer(const ImageRequest& request, const model::Caller& caller) const {
  ASSIGN_OR_RETURN(auto query, undo_protection(request));
  auto find_preset = model::queries_of(parts_.presets);
  ASSIGN_OR_RETURN(auto reading, is::read_query(query, find_preset, request.object));
  const auto& question = reading.question;
  auto text = [&](ImageText answer) { return ImageAnswer{std::move(answer), "", {}, reading.unknown}; };
  if (question.kind == Kind::validate) return text(format_properties({{"request.isValid", "1"}}, question));
  auto found = find_or_default(request, reading, caller);
  if (question.kind == Kind::exists) {
    if (!found && found.error().code != Code::not_found) return std::move(found).error();
    return text(format_properties({{"catalogRecord.exists", found ? "1" : "0"}}, question));
  }
  if (!found) return std::move(found).error();
  switch (question.kind) {
    case Kind::props: {
      ASSIGN_OR_RETURN(auto described, describe_reply(*found, reading));
      return text(std::move(described));
    }
    case Kind::imageprops: {
      ASSIGN_OR_RETURN(auto described, describe_source(original_of(found->node), question));
      return text(std::move(described));
    }
    case Kind::resolve: {
      ASSIGN_OR_RETURN(auto commands, is::parse_query(query, find_preset, request.object));
      return text({"text/plain; charset=utf-8",
                   fmt::format("/is/image/{}?{}\n", percent_encode_path(request.object), resolve(commands)), false});
    }
    case Kind::userdata:
      return text(format_properties(smart_crop_data(found->crop), question));
    case Kind::xmp: {
      ASSIGN_OR_RETURN(auto xmp, parts_.renderer.make(original_of(found->node), {}, pipeline::Subject::xmp));
      return text({"text/xml; charset=utf-8", xmp->content});
    }
    default: {
      ASSIGN_OR_RETURN(auto answer, answer_with_picture(*found, reading));
      answer.last_modified = std::chrono::floor<std::chrono::seconds>(found->node.asset->modified);
      return answer;
    }
  }
}

}  // namespace dray::service
