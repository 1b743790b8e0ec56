#include <fmt/format.h>

#include <iostream>

#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/terminal.h"
#include "lang/is/recipe.h"

namespace dray::cli {
namespace {

Result<void> list_presets(Installation& parts) {
  ASSIGN_OR_RETURN(auto presets, parts.presets->list());
  for (const auto& preset : presets) std::cout << fmt::format("{}\t{}\n", preset.name, preset.query);
  return ok();
}

Result<void> put_preset(Installation& parts, const model::ImagePreset& preset) {
  ASSIGN_OR_RETURN(auto reading, is::read_query(preset.query, model::queries_of(*parts.presets)));
  for (const auto& name : reading.unknown)
    std::cerr << fmt::format("dray: the command {} is not known, and will be ignored\n", name);
  return parts.presets->put(preset);
}

}  // namespace

void add_preset(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("preset", "List and change image presets");
  command->require_subcommand(1);
  auto preset = std::make_shared<model::ImagePreset>();
  auto add = [&](const char* name, const char* help, std::function<Result<void>(Installation&)> work) {
    auto* sub = command->add_subcommand(name, help);
    sub->footer(kExitStatusHelp);
    sub->callback([&context, work = std::move(work)] {
      context.status = with_installation(context, OpenMode::existing, [&](Installation& parts) {
        auto done = work(parts);
        return done ? static_cast<int>(kDone) : complain(done.error());
      });
    });
    return sub;
  };
  add("list", "List the presets: name, query", list_presets);
  auto* put =
      add("put", "Add a preset, or change one", [preset](Installation& parts) { return put_preset(parts, *preset); });
  auto* remove =
      add("remove", "Remove a preset", [preset](Installation& parts) { return parts.presets->remove(preset->name); });
  for (auto* sub : {put, remove}) sub->add_option("NAME", preset->name, "Letters, digits, and - _ . !")->required();
  put->add_option("QUERY", preset->query, "Image Serving commands, like \"wid=400&hei=400&fmt=jpeg\"")->required();
}

}  // namespace dray::cli
