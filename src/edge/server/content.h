// An answer of bytes whose length is known: validators, ranges, conditions, disposition.
#pragma once

#include <optional>

#include "base/digest.h"
#include "edge/server/message.h"
#include "lang/http/disposition.h"
#include "lang/http/validators.h"

namespace dray::server {

struct Content {
  std::shared_ptr<const ByteSource> source;
  std::string mime_type;
  std::string file_name;
  http::Disposition disposition = http::Disposition::attachment;
  http::Validators validators;
  std::optional<Sha256> digest;  // of the whole, where it is known
};

// 200, 206 (one range or several), 304, 412 or 416, as RFC 9110 has it, for GET and HEAD.
Response make_content_response(const http::Head& head, const Content& content);

}  // namespace dray::server
