// What a worker answers, which has read a stranger's file: the server takes none of it for granted.
#include <cassert>
#include <cstdint>

#include "base/text.h"
#include "service/rendering/render_job.h"
#include "service/rendering/worker_inspector.h"

using namespace dray;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto value = parse_json(text);
  if (!value) return 0;
  if (auto reply = service::render_reply_from_json(*value)) {
    auto again = service::render_reply_from_json(service::to_json(*reply));
    assert(again && again->made.size() == reply->made.size());
  }
  if (auto job = service::render_job_from_json(*value)) {
    auto again = service::render_job_from_json(service::to_json(*job));
    assert(again && again->recipes == job->recipes && again->renditions == job->renditions);
    assert(again->inspected_name == job->inspected_name);
  }
  if (auto facts = service::parse_facts(text)) {
    assert(is_valid_utf8(facts->warning));
    auto again = service::parse_facts(service::format_facts(*facts));
    assert(again && again->mime_type == facts->mime_type && again->width == facts->width &&
           again->height == facts->height && again->warning == facts->warning &&
           again->metadata.size() == facts->metadata.size());
  }
  return 0;
}
