#include "app/program.h"

#include <sys/stat.h>

#include "adapters/media/inspect_media.h"
#include "app/open_installation.h"
#include "base/log.h"
#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/get.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace dray::app {

int run_program(int argc, char** argv) {
  ::umask(077);  // the catalog holds password hashes
  spdlog::set_default_logger(spdlog::stderr_logger_mt("dray"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");

  CLI::App program{
      "Dray lets people download digital assets: folders of pictures, films and documents, as exact, resumable "
      "archives."};
  program.set_version_flag("--version", "dray " DRAY_VERSION);
  program.require_subcommand(1);
  program.fallthrough();  // --data may stand behind the command
  program.footer(cli::kExitStatusHelp);
  std::string data = "dray-data";
  program.add_option("--data", data, "The data directory")->envname("DRAY_DATA")->capture_default_str();

  cli::Context context{[&data](cli::OpenMode mode) { return open_installation(data, mode); },
                       media::make_media_inspector};
  cli::add_serve(program, context);
  cli::add_import(program, context);
  cli::add_get(program, context.status);
  cli::add_explain(program, context);
  cli::add_inspect(program, context);
  cli::add_verify(program, context);
  cli::add_clean(program, context);
  cli::add_user(program, context);
  cli::add_group(program, context);
  cli::add_token(program, context);
  cli::add_access(program, context);
  cli::add_preset(program, context);
  cli::add_render(program, context);
  cli::add_reprocess(program, context);
  cli::add_sign(program, context);
  cli::add_confine(program, context);
  cli::add_worker(program, context);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? cli::kDone : cli::kUsage;
  }
  return context.status;
}

}  // namespace dray::app
