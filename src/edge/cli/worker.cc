#include <filesystem>
#include <iostream>

#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "service/rendering/worker.h"

namespace dray::cli {
namespace {

constexpr int kChannel = 3;

}  // namespace

// Started by the server, never by people: it is not in the help.
void add_worker(CLI::App& app, Context& context) {
  auto config = std::make_shared<service::WorkerConfig>();
  auto* command =
      app.add_subcommand("worker", "Make renditions for the server that has started it, and look at uploads");
  command->group("");
  command->add_option("--memory", config->sandbox.memory, "Bytes it may allocate")->capture_default_str();
  command->add_option("--threads", config->threads, "Threads of a picture")->capture_default_str();
  command->add_option("--readable", config->sandbox.readable, "What may be read beside what it is handed");
  command->callback(
      [&context, config] { context.status = service::run_worker(kChannel, *config, *context.make_media_inspector()); });
}

}  // namespace dray::cli
