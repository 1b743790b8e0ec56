#include <fmt/format.h>

#include <iostream>

#include "base/json.h"
#include "base/text.h"
#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/progress_bar.h"
#include "edge/cli/terminal.h"
#include "service/checking/checker.h"

namespace dray::cli {
namespace {

struct VerifyOptions {
  bool quick = false, json = false, quiet = false;
};

void print_report(const service::CheckReport& report, bool as_json) {
  if (as_json) {
    json::array problems;
    for (const auto& problem : report.problems) problems.emplace_back(problem);
    std::cout << json::serialize(json::object{{"blobs", report.blobs},
                                              {"assets", report.assets},
                                              {"renditions", report.renditions},
                                              {"artifacts", report.artifacts},
                                              {"bytes", report.bytes},
                                              {"problems", std::move(problems)}})
              << "\n";
    return;
  }
  std::cout << fmt::format(
      "{} stored files ({} read), {} asset versions, {} renditions, {} artifacts: {}\n", report.blobs,
      format_size(report.bytes), report.assets, report.renditions, report.artifacts,
      report.problems.empty() ? std::string("all sound") : fmt::format("{} problems", report.problems.size()));
  for (const auto& problem : report.problems) std::cerr << "  " << problem << "\n";
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  auto options = std::make_shared<VerifyOptions>();
  auto* command = app.add_subcommand("verify", "Read everything back and compare it with what was stored");
  command->add_flag("--quick", options->quick, "Lengths only, not every byte");
  command->add_flag("--json", options->json, "Report and progress as JSON");
  command->add_flag("--quiet", options->quiet, "No progress");
  command->footer(std::string("It changes nothing and may run beside a server.\n\n") + kExitStatusHelp);
  command->callback([&context, options] {
    context.status = with_installation(context, OpenMode::existing, [&](Installation& parts) -> int {
      auto progress = make_progress(options->quiet ? ProgressStyle::silent : choose_style(options->json), "verify");
      auto report = service::check_everything({*parts.blobs, *parts.assets, *parts.renditions, *parts.downloads},
                                              options->quick ? service::Depth::presence : service::Depth::content,
                                              *progress, stop_requested());
      progress.reset();
      if (!report) return complain(report.error());
      print_report(*report, options->json);
      return report->problems.empty() ? kDone : kCorrupt;
    });
  });
}

}  // namespace dray::cli
