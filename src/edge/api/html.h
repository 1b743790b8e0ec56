// Pages that are made on the server, for people without an account. Private to this module.
#pragma once

#include <string>
#include <string_view>

#include "edge/server/message.h"

namespace dray::api {

// A whole page; `body` is HTML already. No script, nothing from elsewhere; not to be indexed, kept or framed.
server::Response make_page_response(int status, std::string_view title, std::string_view body);

}  // namespace dray::api
