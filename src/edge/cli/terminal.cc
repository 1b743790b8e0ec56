#include "edge/cli/terminal.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "base/scope_exit.h"
#include "base/text.h"
#include "edge/cli/exit_status.h"

namespace dray::cli {
namespace {

std::atomic<bool> stop_flag = false;
void set_stop_flag(int) { stop_flag = true; }

std::string without_line_end(std::string line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return line;
}

std::string ask_without_echo(const std::string& prompt) {
  std::cerr << prompt << std::flush;
  termios before{};
  ::tcgetattr(0, &before);
  auto quiet = before;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(0, TCSAFLUSH, &quiet);
  ScopeExit restore([&] { ::tcsetattr(0, TCSAFLUSH, &before); });
  std::string line;
  std::getline(std::cin, line);
  std::cerr << "\n";
  return line;
}

}  // namespace

int complain(const Error& error) {
  std::cerr << "dray: " << error.message << "\n";
  return exit_status_of(error);
}

int with_installation(const Context& context, OpenMode mode, const std::function<int(Installation&)>& work) {
  auto installation = context.open(mode);
  if (!installation) return complain(installation.error());
  return work(*installation);
}

const std::atomic<bool>& stop_requested() {
  struct sigaction action {};
  action.sa_handler = set_stop_flag;
  action.sa_flags = SA_RESETHAND;  // a second signal ends the program at once, which is safe as well
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return stop_flag;
}

Result<ByteCount> parse_size(const std::string& text) {
  struct Unit {
    std::string_view name;
    ByteCount factor;
  };
  constexpr ByteCount k = 1000, ki = 1024;
  constexpr std::array units = {Unit{"", 1},
                                Unit{"b", 1},
                                Unit{"kb", k},
                                Unit{"mb", k * k},
                                Unit{"gb", k * k * k},
                                Unit{"tb", k * k * k * k},
                                Unit{"kib", ki},
                                Unit{"mib", ki * ki},
                                Unit{"gib", ki * ki * ki},
                                Unit{"tib", ki * ki * ki * ki}};
  auto digits = text.find_first_not_of("0123456789");
  auto number = parse_unsigned(std::string_view(text).substr(0, digits));
  auto unit = ascii_lower(trim(digits == std::string::npos ? "" : std::string_view(text).substr(digits)));
  for (const auto& known : units) {
    if (number && unit == known.name && *number <= ~ByteCount{} / known.factor) return *number * known.factor;
  }
  return Error{Code::invalid, fmt::format("\"{}\" is not a size; write it like 100GB, 64MiB or 5000", text)};
}

Result<std::string> read_password(const char* variable, const std::string& file, const std::string& prompt) {
  std::string line;
  if (file == "-") {
    std::getline(std::cin, line);
    return without_line_end(line);
  }
  if (!file.empty()) {
    std::ifstream in(file);
    if (!in) return Error{Code::not_found, "cannot read the password file " + file};
    std::getline(in, line);
    return without_line_end(line);
  }
  if (const char* value = std::getenv(variable)) return std::string(value);
  if (!::isatty(0)) return Error{Code::invalid, fmt::format("no password: set {}, or use --password-file", variable)};
  return ask_without_echo(prompt);
}

}  // namespace dray::cli
