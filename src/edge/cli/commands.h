// Every command of the program. Each function adds one to `app`; when it has run, `context.status` is the exit status.
#pragma once

#include <CLI/CLI.hpp>

#include "edge/cli/installation.h"

namespace dray::cli {

void add_serve(CLI::App& app, Context& context);
void add_import(CLI::App& app, Context& context);
void add_explain(CLI::App& app, Context& context);
void add_inspect(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);
void add_clean(CLI::App& app, Context& context);
void add_user(CLI::App& app, Context& context);
void add_group(CLI::App& app, Context& context);
void add_token(CLI::App& app, Context& context);
void add_access(CLI::App& app, Context& context);
void add_preset(CLI::App& app, Context& context);
void add_render(CLI::App& app, Context& context);
void add_reprocess(CLI::App& app, Context& context);
void add_sign(CLI::App& app, Context& context);
void add_confine(CLI::App& app, Context& context);
void add_worker(CLI::App& app, Context& context);

}  // namespace dray::cli
