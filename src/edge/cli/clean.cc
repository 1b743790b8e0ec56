#include <fmt/format.h>

#include <iostream>

#include "base/json.h"
#include "base/text.h"
#include "edge/cli/cleaning_options.h"
#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/terminal.h"

namespace dray::cli {
namespace {

struct CleanOptions {
  CleaningOptions cleaning;
  bool json = false;
};

void print_report(const service::CleanReport& report, bool as_json) {
  const auto& blobs = report.blobs;
  if (as_json) {
    json::array left;
    for (const auto& one : blobs.left) left.emplace_back(one);
    std::cout << json::serialize(json::object{{"used", report.used},
                                              {"renditionsForgotten", report.renditions},
                                              {"setAside", blobs.set_aside},
                                              {"broughtBack", blobs.brought_back},
                                              {"removed", blobs.removed},
                                              {"bytesFreed", blobs.freed},
                                              {"left", std::move(left)}})
              << "\n";
    return;
  }
  std::cout << fmt::format(
      "{} stored files are in use; {} renditions were forgotten; {} files were set aside, {} came back, and {} were "
      "removed, which gave back {}\n",
      report.used, report.renditions, blobs.set_aside, blobs.brought_back, blobs.removed, format_size(blobs.freed));
  for (const auto& one : blobs.left) std::cerr << "  " << one << "\n";
}

}  // namespace

void add_clean(CLI::App& app, Context& context) {
  auto options = std::make_shared<CleanOptions>();
  auto* command = app.add_subcommand("clean", "Remove stored files that nothing uses any more, in two steps");
  add_cleaning_options(*command, options->cleaning);
  command->add_flag("--json", options->json, "The report as JSON");
  command->footer(
      std::string("A server does this by itself; here it is done at once. What nothing uses is set aside, and "
                  "removed by the first cleaning that comes more than --keep-unused hours later, if nothing uses it "
                  "still. It may run beside servers and imports, unless one of them takes longer than that between "
                  "storing a file and entering it in the catalog, or to send a download that expired meanwhile.\n\n") +
      kExitStatusHelp);
  command->callback([&context, options] {
    context.status = with_installation(context, OpenMode::existing, [&](Installation& parts) -> int {
      auto report = service::clean({*parts.blobs, *parts.assets, *parts.renditions, *parts.downloads, *parts.clock},
                                   cleaner_config(options->cleaning), stop_requested());
      if (!report) return complain(report.error());
      print_report(*report, options->json);
      return report->blobs.left.empty() ? kDone : kCorrupt;
    });
  });
}

}  // namespace dray::cli
