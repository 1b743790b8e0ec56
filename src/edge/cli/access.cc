#include <fmt/format.h>

#include <iostream>

#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/terminal.h"

namespace dray::cli {
namespace {

using model::Effect;

struct AccessOptions {
  std::string principal, path, privileges = "read,original,rendition", effect = "allow";
};

Result<void> list_rules(Installation& parts) {
  ASSIGN_OR_RETURN(auto rules, parts.access->list_rules());
  for (const auto& rule : rules) {
    std::cout << fmt::format("{}\t{}\t{}\t{}\n", rule.path.text(), rule.principal,
                             rule.effect == Effect::allow ? "allow" : "deny",
                             model::format_privileges(rule.privileges));
  }
  return ok();
}

Result<void> check_known(Installation& parts, const std::string& principal) {
  ASSIGN_OR_RETURN(auto user, parts.people->find_user(principal));
  if (user) return ok();
  ASSIGN_OR_RETURN(auto groups, parts.people->list_groups());
  if (std::find(groups.begin(), groups.end(), principal) != groups.end()) return ok();
  return Error{Code::not_found, fmt::format("there is no user or group {}", principal)};
}

Result<void> put_rule(Installation& parts, const AccessOptions& options, Effect effect) {
  RETURN_IF_ERROR(check_known(parts, options.principal));
  ASSIGN_OR_RETURN(auto path, AssetPath::parse(options.path));
  ASSIGN_OR_RETURN(auto privileges, model::parse_privileges(options.privileges));
  RETURN_IF_ERROR(parts.access->put_rule({path, options.principal, privileges, effect}));
  return parts.events->append({0,
                               parts.clock->now(),
                               "ACCESS_CHANGED",
                               "",
                               path.text(),
                               {{"principal", options.principal},
                                {"effect", effect == Effect::allow ? "allow" : "deny"},
                                {"privileges", model::format_privileges(privileges)}}});
}

Result<void> remove_rule(Installation& parts, const AccessOptions& options) {
  ASSIGN_OR_RETURN(auto path, AssetPath::parse(options.path));
  RETURN_IF_ERROR(
      parts.access->remove_rule(path, options.principal, options.effect == "deny" ? Effect::deny : Effect::allow));
  return parts.events->append({0,
                               parts.clock->now(),
                               "ACCESS_CHANGED",
                               "",
                               path.text(),
                               {{"principal", options.principal}, {"effect", "removed"}}});
}

}  // namespace

void add_access(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("access", "List and change who may do what where");
  command->require_subcommand(1);
  auto options = std::make_shared<AccessOptions>();
  auto add = [&](const char* name, const char* help, std::function<Result<void>(Installation&)> work) {
    auto* sub = command->add_subcommand(name, help);
    sub->footer(std::string("The rules nearest above a path decide; a rule for a user beats those for groups, a deny "
                            "beats an allow.\n\n") +
                kExitStatusHelp);
    sub->callback([&context, work = std::move(work)] {
      context.status = with_installation(context, OpenMode::existing, [&](Installation& parts) {
        auto done = work(parts);
        return done ? static_cast<int>(kDone) : complain(done.error());
      });
    });
    return sub;
  };
  auto with_rule = [&](CLI::App* sub) {
    sub->add_option("PRINCIPAL", options->principal, "A user or a group")->required();
    sub->add_option("PATH", options->path, "A folder or an asset, like /content/dam/shoot")->required();
    return sub;
  };
  auto* allow = with_rule(add("allow", "Allow privileges at a path and below it",
                              [options](Installation& parts) { return put_rule(parts, *options, Effect::allow); }));
  auto* deny = with_rule(add("deny", "Deny privileges at a path and below it",
                             [options](Installation& parts) { return put_rule(parts, *options, Effect::deny); }));
  for (auto* sub : {allow, deny}) {
    sub->add_option("--privileges", options->privileges, "read, original, rendition, share, write, administer, or all")
        ->capture_default_str();
  }
  auto* remove = with_rule(
      add("remove", "Remove a rule", [options](Installation& parts) { return remove_rule(parts, *options); }));
  remove->add_option("--effect", options->effect, "The allowing or the denying rule")
      ->check(CLI::IsMember({"allow", "deny"}))
      ->capture_default_str();
  add("list", "List the rules: path, principal, effect, privileges", list_rules);
}

}  // namespace dray::cli
