#include <iostream>

#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/licence_pages.h"
#include "edge/cli/terminal.h"
#include "service/downloads/downloads.h"

namespace dray::cli {
namespace {

struct ExplainOptions {
  std::vector<std::string> targets;
  std::string user, name, part_limit = "100GB", content;
  pipeline::DownloadOptions download;
  bool no_originals = false;
};

Result<json::object> explain(Installation& parts, const ExplainOptions& options) {
  pipeline::DownloadRequest request;
  for (const auto& target : options.targets) {
    ASSIGN_OR_RETURN(auto path, AssetPath::parse(target));
    request.targets.push_back(std::move(path));
  }
  request.options = options.download;
  request.options.originals = !options.no_originals;
  request.archive_name = options.name;
  if (!options.name.empty()) request.form = pipeline::ArchiveForm::always;
  model::Caller caller{"", {model::kAdministrators, model::kEveryone}};
  if (!options.user.empty()) {
    ASSIGN_OR_RETURN(caller, parts.people->get_caller(options.user));
  }
  ASSIGN_OR_RETURN(auto part_limit, parse_size(options.part_limit));
  service::Bell queued, completed;
  service::DownloadsConfig config;
  config.policy.part_limit = part_limit;
  LicencePages licence_pages(options.content);
  service::DownloadsParts downloads_parts{*parts.assets,
                                          *parts.blobs,
                                          *parts.downloads,
                                          *parts.people,
                                          *parts.access,
                                          *parts.events,
                                          *parts.jobs,
                                          *parts.clock,
                                          *parts.random,
                                          *parts.presets,
                                          *parts.processing_profiles,
                                          queued,
                                          completed};
  downloads_parts.read_licence_page = [&](const std::string& path) { return licence_pages.read(path); };
  service::Downloads downloads(downloads_parts, config);
  ASSIGN_OR_RETURN(auto explanation, downloads.explain(request, caller));
  return to_json(explanation);
}

}  // namespace

void add_explain(CLI::App& app, Context& context) {
  auto options = std::make_shared<ExplainOptions>();
  auto* command =
      app.add_subcommand("explain", "Show what a download would be, stage by stage, without sending a byte");
  command->add_option("PATH", options->targets, "Folders and assets, like /content/dam/shoot")->required();
  command->add_option("--user", options->user, "As which user; default: an administrator");
  command->add_option("--name", options->name, "The archive's name");
  command->add_option("--part-limit", options->part_limit, "Largest part")->capture_default_str();
  command->add_flag("--folder-per-asset", options->download.folder_per_asset, "A folder for each asset");
  command->add_flag("--keep-structure", options->download.keep_structure, "Keep the folders below the selection");
  command->add_option("--content", options->content, "The directory with licences, as for serve");
  command->add_flag("--no-originals", options->no_originals, "Without originals");
  command->footer(std::string("Prints JSON: the request, the selection, the plan and the layouts.\n\n") +
                  kExitStatusHelp);
  command->callback([&context, options] {
    context.status = with_installation(context, OpenMode::existing, [&](Installation& parts) -> int {
      auto explanation = explain(parts, *options);
      if (!explanation) return complain(explanation.error());
      std::cout << format_json(*explanation);
      return kDone;
    });
  });
}

}  // namespace dray::cli
