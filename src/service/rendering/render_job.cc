#include "service/rendering/render_job.h"

#include <algorithm>

#include "base/text.h"
#include "pipeline/renditions/settings_fields.h"

namespace dray::pipeline {

template <typename Fields>
void visit_fields(Fields& fields, NormalBox& box) {
  fields("left", box.left);
  fields("top", box.top);
  fields("width", box.width);
  fields("height", box.height);
}

template <typename Fields>
void visit_fields(Fields& fields, SmartCropArea& area) {
  fields("box", area.box);
  fields("target", area.target);
}

template <typename Fields>
void visit_fields(Fields& fields, ImageLimits& limits) {
  fields("pixels", limits.pixels);
  fields("wholePixels", limits.whole_pixels);
  fields("side", limits.side);
  fields("pages", limits.pages);
  fields("profileBytes", limits.profile_bytes);
}

template <typename Fields>
void visit_fields(Fields& fields, StaticRendition& rendition) {
  fields("name", rendition.name);
  fields("kind", rendition.kind);
  fields("box", rendition.box);
  fields("format", rendition.format);
  fields("quality", rendition.quality);
}

template <typename Fields>
void visit_fields(Fields& fields, SourceFacts& facts) {
  fields("kind", facts.kind);
  fields("stored", facts.stored);
  fields("seen", facts.seen);
  fields("orientation", facts.orientation);
  fields("bands", facts.bands);
  fields("hasAlpha", facts.has_alpha);
  fields("resolution", facts.resolution);
  fields("pages", facts.pages);
  fields("hasProfile", facts.has_profile);
}

}  // namespace dray::pipeline

namespace dray {

template <typename Fields>
void visit_fields(Fields& fields, Error& error) {
  fields("code", error.code);
  fields("message", error.message);
  fields("detail", error.detail);
}

namespace service {
namespace {

// A recipe travels as its canonical query.
struct OrderText {
  std::string query;
  pipeline::Subject subject = pipeline::Subject::image;
  std::optional<pipeline::SmartCropArea> area;
};

template <typename Fields>
void visit_fields(Fields& fields, OrderText& order) {
  fields("query", order.query);
  fields("subject", order.subject);
  fields("area", order.area);
}

struct JobText {
  std::optional<std::string> inspected_name;
  std::string mime_type;
  pipeline::ImageSettings settings;
  pipeline::ImageLimits limits;
  std::vector<OrderText> recipes;
  std::vector<pipeline::PixelSize> smart_crops;
  std::vector<pipeline::StaticRendition> renditions;
  int pages = 0;
};

template <typename Fields>
void visit_fields(Fields& fields, JobText& job) {
  fields("inspectedName", job.inspected_name);
  fields("mimeType", job.mime_type);
  fields("settings", job.settings);
  fields("limits", job.limits);
  fields("recipes", job.recipes);
  fields("smartCrops", job.smart_crops);
  fields("renditions", job.renditions);
  fields("pages", job.pages);
}

struct MadeText {
  std::optional<MadeFile> file;
  std::optional<Error> error;
};

struct ReplyText {
  std::optional<Error> error;
  pipeline::SourceFacts source;
  std::vector<pipeline::NormalBox> smart_crops;
  std::vector<MadeText> made;
  bool is_last = false;
};

template <typename Fields>
void visit_fields(Fields& fields, MadeText& made) {
  fields("file", made.file);
  fields("error", made.error);
}

template <typename Fields>
void visit_fields(Fields& fields, ReplyText& reply) {
  fields("error", reply.error);
  fields("source", reply.source);
  fields("smartCrops", reply.smart_crops);
  fields("made", reply.made);
  fields("last", reply.is_last);
}

}  // namespace

template <typename Fields>
void visit_fields(Fields& fields, MadeFile& file) {
  fields("name", file.name);
  fields("offset", file.offset);
  fields("length", file.length);
  fields("mimeType", file.mime_type);
  fields("size", file.size);
  fields("type", file.type);
  fields("hasAlpha", file.has_alpha);
  fields("hasProfile", file.has_profile);
  fields("hasPaths", file.has_paths);
  fields("profileName", file.profile_name);
  fields("resolution", file.resolution);
}

json::object to_json(const RenderJob& job) {
  JobText text{job.inspected_name, job.mime_type,  job.settings, job.limits, {},
               job.smart_crops,    job.renditions, job.pages};
  for (const auto& order : job.recipes)
    text.recipes.push_back({is::format_query(order.recipe), order.subject, order.area});
  return fields_to_json(text);
}

Result<RenderJob> render_job_from_json(const json::value& value) {
  ASSIGN_OR_RETURN(auto text, fields_from_json<JobText>(value, "a job"));
  RenderJob job{text.inspected_name, text.mime_type,  text.settings, text.limits, {},
                text.smart_crops,    text.renditions, text.pages};
  for (const auto& order : text.recipes) {
    ASSIGN_OR_RETURN(auto reading, is::read_query(order.query, is::no_macro));
    job.recipes.push_back({std::move(reading.recipe), order.subject, order.area});
  }
  return job;
}

namespace {

Error clean(const Error& error) {
  constexpr std::size_t kLongest = 500;
  constexpr Code kCodes[] = {Code::invalid, Code::not_found, Code::too_large, Code::unavailable};
  bool is_known = std::find(std::begin(kCodes), std::end(kCodes), error.code) != std::end(kCodes);
  return {is_known ? error.code : Code::invalid, shorten(error.message, kLongest), shorten(error.detail, kLongest)};
}

}  // namespace

json::object to_json(const RenderReply& reply) {
  ReplyText text{std::nullopt, reply.source, reply.smart_crops, {}, reply.is_last};
  if (reply.error) text.error = clean(*reply.error);
  for (const auto& made : reply.made) {
    MadeText one;
    if (const auto* file = std::get_if<MadeFile>(&made)) one.file = *file;
    if (const auto* error = std::get_if<Error>(&made)) one.error = clean(*error);
    text.made.push_back(std::move(one));
  }
  return fields_to_json(text);
}

Result<RenderReply> render_reply_from_json(const json::value& value) {
  ASSIGN_OR_RETURN(auto text, fields_from_json<ReplyText>(value, "a worker's answer"));
  RenderReply reply{std::nullopt, text.source, text.smart_crops, {}, text.is_last};
  if (text.error) reply.error = clean(*text.error);
  for (auto& made : text.made) {
    if (made.file)
      reply.made.emplace_back(*std::move(made.file));
    else if (made.error)
      reply.made.emplace_back(clean(*made.error));
    else
      return Error{Code::invalid, "a worker's answer has an item that is neither a file nor an error"};
  }
  return reply;
}

}  // namespace service
}  // namespace dray
