#include "edge/server/content.h"

#include <fmt/format.h>

#include "lang/http/digest_fields.h"
#include "lang/http/multipart.h"
#include "lang/http/range.h"

namespace dray::server {
namespace {

// What a 304 repeats (RFC 9110, 15.4.5). `private`: a shared cache would not ask the caller's rights.
void add_validators(Response& response, const Content& content) {
  response.fields.push_back({"ETag", http::format_entity_tag(content.validators.tag)});
  response.fields.push_back({"Last-Modified", http::format_http_date(content.validators.last_modified)});
  response.fields.push_back({"Cache-Control", "private, no-cache"});
}

void add_description(Response& response, const Content& content) {
  add_validators(response, content);
  response.fields.push_back({"Accept-Ranges", "bytes"});
  response.fields.push_back(
      {"Content-Disposition", http::format_content_disposition(content.disposition, content.file_name)});
  response.fields.push_back({"X-Content-Type-Options", "nosniff"});
  response.fields.push_back({"Content-Security-Policy", "sandbox; default-src 'none'"});
  response.fields.push_back({"X-Accel-Buffering", "no"});  // a proxy must not spill the answer to its disk
  if (!content.digest) return;
  response.fields.push_back({"Repr-Digest", http::format_repr_digest(*content.digest)});
  response.fields.push_back({"Digest", http::format_digest(*content.digest)});
}

Response whole(const Content& content) {
  Response response{
      200, {{"Content-Type", content.mime_type}}, RangeBody{content.source, {{"", {0, content.source->size()}}}, ""}};
  add_description(response, content);
  return response;
}

Response one_part(const Content& content, ByteRange range) {
  Response response{206,
                    {{"Content-Type", content.mime_type},
                     {"Content-Range", http::format_content_range(range, content.source->size())}},
                    RangeBody{content.source, {{"", range}}, ""}};
  add_description(response, content);
  return response;
}

Response several_parts(const Content& content, const std::vector<ByteRange>& ranges) {
  // The tag is a digest of the content, so that nobody can put the boundary into the bytes.
  auto boundary = "dray-" + content.validators.tag.value.substr(0, 32);
  RangeBody body{content.source, {}, http::format_multipart_end(boundary)};
  for (const auto& range : ranges) {
    body.parts.push_back({http::format_part_head(boundary, content.mime_type, range, content.source->size()), range});
  }
  Response response{206, {{"Content-Type", "multipart/byteranges; boundary=" + boundary}}, std::move(body)};
  add_description(response, content);
  return response;
}

}  // namespace

Response make_content_response(const http::Head& head, const Content& content) {
  switch (http::check_preconditions(head, content.validators)) {
    case http::Precondition::failed:
      return make_error_response(412, "the content is not the one that the condition names");
    case http::Precondition::not_modified: {
      Response response{304, {}, std::string()};
      add_validators(response, content);
      return response;
    }
    case http::Precondition::proceed:
      break;
  }
  bool may_have_ranges = head.method == http::Method::get && http::range_applies(head, content.validators);
  auto answer = http::select_ranges(may_have_ranges ? head.find("Range") : std::nullopt, content.source->size());
  if (answer.kind == http::RangeAnswer::Kind::whole) return whole(content);
  if (answer.kind == http::RangeAnswer::Kind::partial) {
    return answer.ranges.size() == 1 ? one_part(content, answer.ranges[0]) : several_parts(content, answer.ranges);
  }
  auto response = make_error_response(
      416, fmt::format("the range lies outside the content, which has {} bytes", content.source->size()));
  response.fields.push_back({"Content-Range", http::format_unsatisfied_range(content.source->size())});
  return response;
}

}  // namespace dray::server
