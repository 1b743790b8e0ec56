#include <fmt/format.h>

#include <iostream>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/progress_bar.h"
#include "edge/cli/terminal.h"
#include "service/importing/importer.h"

namespace dray::cli {
namespace {

constexpr std::size_t kOpenFiles = 8192;  // each worker has some dozens of them

struct ImportOptions {
  std::string directory, target;
  std::string compare = "time";
  unsigned jobs = 0;
  bool json = false, quiet = false;
};

void print_report(const service::ImportReport& report) {
  std::cout << fmt::format("{} imported, {} updated, {} unchanged; {} stored\n", report.imported, report.updated,
                           report.unchanged, format_size(report.bytes));
  if (!report.problems.empty()) std::cerr << fmt::format("{} could not be imported:\n", report.problems.size());
  for (const auto& problem : report.problems) std::cerr << "  " << problem.path << ": " << problem.reason << "\n";
  if (report.stopped) std::cerr << "dray: stopped; run the same command again to go on\n";
}

void print_json(const service::ImportReport& report) {
  json::array problems;
  for (const auto& problem : report.problems)
    problems.push_back(json::object{{"path", problem.path}, {"reason", problem.reason}});
  std::cout << json::serialize(json::object{{"imported", report.imported},
                                            {"updated", report.updated},
                                            {"unchanged", report.unchanged},
                                            {"bytes", report.bytes},
                                            {"stopped", report.stopped},
                                            {"problems", std::move(problems)}})
            << "\n";
}

int import(const Context& context, const ImportOptions& options) {
  auto target = AssetPath::parse(options.target);
  if (!target) return complain(target.error());
  raise_descriptor_limit(kOpenFiles);
  return with_installation(context, OpenMode::create, [&](Installation& parts) -> int {
    service::ImportRequest request{
        options.directory, *target,
        options.compare == "content" ? service::Compare::content : service::Compare::size_and_time, options.jobs, ""};
    auto progress = make_progress(options.quiet ? ProgressStyle::silent : choose_style(options.json), "import");
    auto report =
        service::import_folder({*parts.blobs, *parts.assets, *parts.media, *parts.events, *parts.jobs, *parts.clock},
                               request, *progress, stop_requested());
    progress.reset();  // ends its line
    if (!report) return complain(report.error());
    options.json ? print_json(*report) : print_report(*report);
    if (report->stopped) return kFailed;
    return report->problems.empty() ? kDone : kIncomplete;
  });
}

}  // namespace

void add_import(CLI::App& app, Context& context) {
  auto options = std::make_shared<ImportOptions>();
  auto* command = app.add_subcommand("import", "Import a folder of files as assets");
  command->add_option("DIR", options->directory, "The folder")->required();
  command->add_option("--to", options->target, "Where to, like /content/dam/shoot")->required();
  command->add_option("--compare", options->compare, "What makes a file unchanged: its size and time, or its content")
      ->check(CLI::IsMember({"time", "content"}))
      ->capture_default_str();
  command->add_option("--jobs", options->jobs, "Files at a time; 0 means two per core")->capture_default_str();
  command->add_flag("--json", options->json, "Report and progress as JSON");
  command->add_flag("--quiet", options->quiet, "No progress");
  command->footer(std::string("It may be stopped at any moment and run again: what is there and unchanged is skipped, "
                              "what changed becomes a\n"
                              "new version. Symbolic links are followed to files inside the folder only.\n\n") +
                  kExitStatusHelp);
  command->callback([&context, options] { context.status = import(context, *options); });
}

}  // namespace dray::cli
