#include <fmt/format.h>

#include <iostream>

#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/terminal.h"
#include "service/rendering/static_jobs.h"

namespace dray::cli {
namespace {

constexpr std::size_t kJobsAtOnce = 500;

Result<void> forget_failures(Installation& parts, const model::BlobId& original) {
  ASSIGN_OR_RETURN(auto kept, parts.renditions->list(original));
  std::vector<model::RenditionKey> failed;
  for (const auto& item : kept) {
    if (!item.rendition.failure.empty()) failed.push_back(item.key);
  }
  return parts.renditions->remove(failed);
}

// The asset itself, or those below a folder.
Result<std::vector<model::Node>> assets_at(Installation& parts, const AssetPath& path) {
  ASSIGN_OR_RETURN(auto node, parts.assets->find(path));
  if (!node) return Error{Code::not_found, "there is no folder or asset " + path.text()};
  std::vector<model::Node> assets;
  if (!node->is_folder()) {
    assets.push_back(*std::move(node));
    return assets;
  }
  RETURN_IF_ERROR(parts.assets->visit_below(path, [&](model::Node& below) {
    if (!below.is_folder()) assets.push_back(std::move(below));
    return model::Visit::go_on;
  }));
  return assets;
}

Result<void> reprocess(Installation& parts, const std::string& text) {
  ASSIGN_OR_RETURN(auto path, AssetPath::parse(text));
  ASSIGN_OR_RETURN(auto assets, assets_at(parts, path));
  std::vector<model::JobDraft> jobs;
  std::size_t count = 0;
  for (std::size_t i = 0; i < assets.size(); ++i) {
    auto job = service::rendition_job(assets[i].path, *assets[i].asset);
    if (job) {
      RETURN_IF_ERROR(forget_failures(parts, assets[i].asset->original.id));
      jobs.push_back(*std::move(job));
      ++count;
    }
    if (jobs.size() < kJobsAtOnce && i + 1 < assets.size()) continue;
    if (!jobs.empty()) RETURN_IF_ERROR(parts.jobs->add(jobs, parts.clock->now()));
    jobs.clear();
  }
  std::cout << fmt::format("{} of {} assets have renditions; the running server makes what is missing\n", count,
                           assets.size());
  return ok();
}

}  // namespace

void add_reprocess(CLI::App& app, Context& context) {
  auto path = std::make_shared<std::string>();
  auto* command = app.add_subcommand("reprocess", "Have the renditions made that assets lack, or that failed before");
  command->add_option("PATH", *path, "An asset, or a folder with all that is below it")->required();
  command->footer(std::string("As after a new processing profile, or when --subassets was switched on.\n\n") +
                  kExitStatusHelp);
  command->callback([&context, path] {
    context.status = with_installation(context, OpenMode::existing, [&](Installation& parts) {
      auto done = reprocess(parts, *path);
      return done ? static_cast<int>(kDone) : complain(done.error());
    });
  });
}

}  // namespace dray::cli
