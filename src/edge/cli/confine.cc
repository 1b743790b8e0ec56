#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "service/rendering/sandbox.h"

namespace dray::cli {
namespace {

int confine(service::SandboxRules rules, const std::vector<std::string>& program) {
  rules.runs_programs = true;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it must not outlive its server
  service::enter_sandbox(rules);       // what it lacks, the workers have said
  std::vector<char*> arguments;
  for (const auto& word : program) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  std::cerr << fmt::format("cannot run {}: {}\n", program.front(), std::strerror(errno));
  return kFailed;
}

}  // namespace

// Started by the server, never by people: it is not in the help.
void add_confine(CLI::App& app, Context& context) {
  struct Options {
    service::SandboxRules rules;
    std::vector<std::string> program;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("confine", "Run a program behind the walls that workers have");
  command->group("");
  command->add_option("--memory", options->rules.memory, "Bytes it may allocate")->capture_default_str();
  command->add_option("--output", options->rules.output, "Bytes it may write to a file")->capture_default_str();
  command->add_option("--seconds", options->rules.cpu_seconds, "Seconds it may compute")->capture_default_str();
  command->add_option("--readable", options->rules.readable, "What may be read");
  command->add_option("--writable", options->rules.writable, "Files that may be written");
  command->add_option("PROGRAM", options->program, "The program with its arguments")->required();
  command->callback([&context, options] { context.status = confine(options->rules, options->program); });
}

}  // namespace dray::cli
