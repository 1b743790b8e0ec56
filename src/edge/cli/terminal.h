// Small things that several commands do at the terminal.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "edge/cli/installation.h"

namespace dray::cli {

// Prints "dray: MESSAGE" to standard error and answers the exit status that the error means.
int complain(const Error& error);

// Opens the installation and runs `work` on it; the exit status.
int with_installation(const Context& context, OpenMode mode, const std::function<int(Installation&)>& work);

// Set by SIGINT and SIGTERM from the first call on; for work that ends at its next convenient point.
const std::atomic<bool>& stop_requested();

// "100GB", "64 MiB", "5000": kB, MB, GB, TB are powers of 1000, KiB to TiB of 1024.
Result<ByteCount> parse_size(const std::string& text);

// From the environment variable, from the first line of `file` if it is given ("-": standard input), else asked for
// without echo.
Result<std::string> read_password(const char* variable, const std::string& file, const std::string& prompt);

}  // namespace dray::cli
