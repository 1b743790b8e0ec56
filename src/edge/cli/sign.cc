#include <fmt/format.h>

#include <iostream>

#include "base/text.h"
#include "edge/cli/commands.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/image_workers.h"
#include "edge/cli/terminal.h"
#include "lang/is/protection.h"

namespace dray::cli {
namespace {

struct SignOptions {
  std::string request, key_file;
  std::uint64_t expires_in = 0;
};

Result<void> sign(const SignOptions& options) {
  constexpr std::string_view kPrefix = "/is/image/";
  ASSIGN_OR_RETURN(auto key, read_signing_key(options.key_file));
  auto mark = options.request.find('?');
  auto path = percent_decode(options.request.substr(0, mark));
  if (!path) return Error{Code::invalid, "the path has a % without two hexadecimal digits"};
  if (!path->starts_with(kPrefix))
    return Error{Code::invalid,
                 fmt::format("an image request begins with {}, like {}shoot/beach.jpg?wid=300", kPrefix, kPrefix)};
  auto query = mark == std::string::npos ? "" : options.request.substr(mark + 1);
  Seconds expires{};
  if (options.expires_in > 0) expires = SystemClock().now() + std::chrono::seconds(options.expires_in);
  std::cout << fmt::format("{}?{}\n", percent_encode_path(*path), is::sign(*path, query, key, expires));
  return ok();
}

}  // namespace

void add_sign(CLI::App& app, Context& context) {
  auto options = std::make_shared<SignOptions>();
  auto* command = app.add_subcommand("sign", "Sign an image request, for servers that take signed ones only");
  command->add_option("REQUEST", options->request, "Path and query, like \"/is/image/shoot/beach.jpg?wid=300\"")
      ->required();
  command->add_option("--key", options->key_file, "The key file of serve --image-key")->required();
  command->add_option("--expires-in", options->expires_in, "Seconds that it holds; 0: for ever")->capture_default_str();
  command->footer(kExitStatusHelp);
  command->callback([&context, options] {
    auto done = sign(*options);
    context.status = done ? static_cast<int>(kDone) : complain(done.error());
  });
}

}  // namespace dray::cli
