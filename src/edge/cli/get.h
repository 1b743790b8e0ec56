// dray get: fetches assets from a Dray server.
#pragma once

namespace CLI {
class App;
}

namespace dray::cli {

// Adds the command; when it was given, its callback runs it and sets `status` to a value of exit_status.h. `status`
// outlives `app`.
void add_get(CLI::App& app, int& status);

}  // namespace dray::cli
