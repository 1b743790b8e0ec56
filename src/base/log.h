// The log: one line per event on standard error, written for the person who runs the server.
#pragma once

#include <spdlog/spdlog.h>

namespace dray::log {

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

}  // namespace dray::log
