#include <fmt/format.h>

#include <iostream>

#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/terminal.h"
#include "service/accounts/accounts.h"

namespace dray::cli {
namespace {

constexpr std::size_t kShortPassword = 8;

using Work = std::function<Result<void>(Installation&)>;

void on_run(CLI::App* command, Context& context, OpenMode mode, Work work) {
  command->footer(kExitStatusHelp);
  command->callback([&context, mode, work = std::move(work)] {
    context.status = with_installation(context, mode, [&](Installation& parts) {
      auto done = work(parts);
      return done ? static_cast<int>(kDone) : complain(done.error());
    });
  });
}

struct PeopleOptions {
  std::string user, group, name, email, password_file, label, id;
  std::vector<std::string> groups;
  unsigned days = 0;
};
using Options = std::shared_ptr<PeopleOptions>;

Result<void> record(Installation& parts, const std::string& type, json::object details) {
  return parts.events->append({0, parts.clock->now(), type, "", "", std::move(details)});
}

Result<void> set_password(Installation& parts, const std::string& user, const std::string& file) {
  ASSIGN_OR_RETURN(auto password, read_password("DRAY_PASSWORD", file, fmt::format("New password for {}: ", user)));
  if (password.size() < kShortPassword)
    std::cerr << "dray: warning: a password of fewer than 8 characters is easily guessed\n";
  service::Accounts accounts(*parts.people, *parts.credentials, *parts.events, *parts.clock, *parts.random);
  return accounts.set_password(user, password);
}

Result<void> add_one_user(Installation& parts, const PeopleOptions& options) {
  ASSIGN_OR_RETURN(auto present, parts.people->find_user(options.user));
  if (present) return Error{Code::conflict, fmt::format("there is a user {} already", options.user)};
  RETURN_IF_ERROR(set_password(parts, options.user, options.password_file));
  ASSIGN_OR_RETURN(auto user, parts.people->find_user(options.user));
  user->name = options.name.empty() ? options.user : options.name;
  user->email = options.email;
  RETURN_IF_ERROR(parts.people->put_user(*user));
  for (const auto& group : options.groups) RETURN_IF_ERROR(parts.people->add_member(group, options.user));
  return record(parts, "USER_CREATED", {{"user", options.user}});
}

Result<void> set_enabled(Installation& parts, const std::string& id, bool enabled) {
  ASSIGN_OR_RETURN(auto user, parts.people->find_user(id));
  if (!user) return Error{Code::not_found, "there is no user " + id};
  user->enabled = enabled;
  RETURN_IF_ERROR(parts.people->put_user(*user));
  return record(parts, enabled ? "USER_ENABLED" : "USER_DISABLED", {{"user", id}});
}

Result<void> list_users(Installation& parts) {
  ASSIGN_OR_RETURN(auto users, parts.people->list_users());
  for (const auto& user : users) {
    ASSIGN_OR_RETURN(auto groups, parts.people->list_groups());
    std::string of;
    for (const auto& group : groups) {
      ASSIGN_OR_RETURN(auto members, parts.people->list_members(group));
      if (std::find(members.begin(), members.end(), user.id) != members.end()) of += (of.empty() ? "" : ",") + group;
    }
    std::cout << fmt::format("{}\t{}\t{}\t{}\t{}\n", user.id, user.enabled ? "enabled" : "disabled", user.name,
                             user.email, of);
  }
  return ok();
}

Result<void> list_groups(Installation& parts) {
  ASSIGN_OR_RETURN(auto groups, parts.people->list_groups());
  for (const auto& group : groups) {
    ASSIGN_OR_RETURN(auto members, parts.people->list_members(group));
    std::cout << group << "\t" << fmt::format("{}", fmt::join(members, ",")) << "\n";
  }
  return ok();
}

Result<void> create_token(Installation& parts, const PeopleOptions& options) {
  service::Accounts accounts(*parts.people, *parts.credentials, *parts.events, *parts.clock, *parts.random);
  std::optional<std::chrono::seconds> life;
  if (options.days) life = std::chrono::hours(24) * options.days;
  ASSIGN_OR_RETURN(auto token, accounts.create_token(options.user, options.label, life));
  std::cout << token.secret << "\n";
  return ok();
}

Result<void> list_tokens(Installation& parts, const std::string& user) {
  ASSIGN_OR_RETURN(auto tokens, parts.credentials->list(user, model::CredentialKind::token));
  for (const auto& token : tokens) {
    std::cout << fmt::format("{}\t{}\t{}\t{}\n", token.id, format_utc(token.created),
                             token.expires ? format_utc(*token.expires) : "never", token.label);
  }
  return ok();
}

}  // namespace

void add_user(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("user", "Add, list, change and remove users");
  command->require_subcommand(1);
  auto options = std::make_shared<PeopleOptions>();
  auto with_user = [&](const char* name, const char* help) {
    auto* sub = command->add_subcommand(name, help);
    sub->add_option("USER", options->user, "What they sign in with")->required();
    return sub;
  };
  auto* add = with_user("add", "Add a user; the password comes from DRAY_PASSWORD, a file, or the terminal");
  add->add_option("--name", options->name, "Full name");
  add->add_option("--email", options->email, "Mail address");
  add->add_option("--group", options->groups, "Group to join; may be repeated");
  add->add_option("--password-file", options->password_file,
                  "File whose first line is the password; - for standard input");
  on_run(add, context, OpenMode::create, [options](Installation& parts) { return add_one_user(parts, *options); });
  auto* password = with_user("password", "Set a new password");
  password->add_option("--password-file", options->password_file,
                       "File whose first line is the password; - for standard input");
  on_run(password, context, OpenMode::existing, [options](Installation& parts) -> Result<void> {
    ASSIGN_OR_RETURN(auto user, parts.people->find_user(options->user));
    if (!user) return Error{Code::not_found, "there is no user " + options->user};
    RETURN_IF_ERROR(set_password(parts, options->user, options->password_file));
    return record(parts, "PASSWORD_CHANGED", {{"user", options->user}});
  });
  on_run(with_user("enable", "Let a user sign in again"), context, OpenMode::existing,
         [options](Installation& parts) { return set_enabled(parts, options->user, true); });
  on_run(with_user("disable", "Turn a user away from the next request on"), context, OpenMode::existing,
         [options](Installation& parts) { return set_enabled(parts, options->user, false); });
  on_run(with_user("remove", "Remove a user with their tokens and sessions"), context, OpenMode::existing,
         [options](Installation& parts) -> Result<void> {
           RETURN_IF_ERROR(parts.people->remove_user(options->user));
           return record(parts, "USER_REMOVED", {{"user", options->user}});
         });
  on_run(command->add_subcommand("list", "List users: id, state, name, mail address, groups"), context,
         OpenMode::existing, list_users);
}

void add_group(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("group", "Add, list, fill and remove groups");
  command->require_subcommand(1);
  auto options = std::make_shared<PeopleOptions>();
  auto with_group = [&](const char* name, const char* help, bool and_user) {
    auto* sub = command->add_subcommand(name, help);
    sub->add_option("GROUP", options->group, "The group")->required();
    if (and_user) sub->add_option("USER", options->user, "The user")->required();
    return sub;
  };
  on_run(with_group("add", "Add a group", false), context, OpenMode::create,
         [options](Installation& parts) -> Result<void> {
           RETURN_IF_ERROR(model::check_principal(options->group));
           RETURN_IF_ERROR(parts.people->add_group(options->group));
           return record(parts, "GROUP_CREATED", {{"group", options->group}});
         });
  on_run(with_group("remove", "Remove a group", false), context, OpenMode::existing,
         [options](Installation& parts) -> Result<void> {
           RETURN_IF_ERROR(parts.people->remove_group(options->group));
           return record(parts, "GROUP_REMOVED", {{"group", options->group}});
         });
  on_run(with_group("add-member", "Let a user join", true), context, OpenMode::existing,
         [options](Installation& parts) -> Result<void> {
           RETURN_IF_ERROR(parts.people->add_member(options->group, options->user));
           return record(parts, "MEMBER_ADDED", {{"group", options->group}, {"user", options->user}});
         });
  on_run(with_group("remove-member", "Let a user leave", true), context, OpenMode::existing,
         [options](Installation& parts) -> Result<void> {
           RETURN_IF_ERROR(parts.people->remove_member(options->group, options->user));
           return record(parts, "MEMBER_REMOVED", {{"group", options->group}, {"user", options->user}});
         });
  on_run(command->add_subcommand("list", "List groups with their members"), context, OpenMode::existing, list_groups);
}

void add_token(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("token", "Create, list and revoke bearer tokens");
  command->require_subcommand(1);
  auto options = std::make_shared<PeopleOptions>();
  auto* create = command->add_subcommand("create", "Create a token and print it, this once");
  create->add_option("--user", options->user, "Whose token")->required();
  create->add_option("--label", options->label, "What it is for");
  create->add_option("--days", options->days, "Days until it expires; without it, never")->check(CLI::Range(1, 36500));
  on_run(create, context, OpenMode::existing, [options](Installation& parts) { return create_token(parts, *options); });
  auto* list = command->add_subcommand("list", "List a user's tokens: id, created, expires, label");
  list->add_option("--user", options->user, "Whose tokens")->required();
  on_run(list, context, OpenMode::existing,
         [options](Installation& parts) { return list_tokens(parts, options->user); });
  auto* revoke = command->add_subcommand("revoke", "Revoke a token from the next request on");
  revoke->add_option("ID", options->id, "The token's id, from list")->required();
  on_run(revoke, context, OpenMode::existing, [options](Installation& parts) -> Result<void> {
    RETURN_IF_ERROR(parts.credentials->remove(options->id));
    return record(parts, "TOKEN_REVOKED", {{"id", options->id}});
  });
}

}  // namespace dray::cli
