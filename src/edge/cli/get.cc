#include "edge/cli/get.h"

#include <fmt/format.h>
#include <signal.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/progress_bar.h"
#include "edge/cli/terminal.h"
#include "service/fetching/fetch.h"

namespace dray::cli {
namespace {

using namespace fetching;

constexpr const char* kMore =
    "TARGET is a path on the server (/content/dam/...; several make one download) or the full address of an artifact.\n"
    "After any kind of end, the same command run again goes on where it was. The password comes from --password-file,\n"
    "the variable DRAY_PASSWORD or the terminal, a token from --token-file or DRAY_TOKEN.\n\n";

struct Options {
  std::vector<std::string> targets;
  std::string server = "http://127.0.0.1:4502";
  std::string user, password_file, token_file, ca_file;
  std::string output = ".";
  std::string name;
  bool folder_per_asset = false, keep_structure = false;
  unsigned connections = 4;
  std::string chunk = "8MiB";
  unsigned retries = 12;
  unsigned stall_seconds = 60;
  bool verify = false, extract = false, overwrite = false, restart = false;
  bool as_json = false, quiet = false;
};

// ---- Who is asking ----

// The first line of a file, or the variable; empty: neither.
Result<std::string> find_token(const Options& options) {
  const auto* variable = std::getenv("DRAY_TOKEN");
  if (options.token_file.empty()) return std::string(variable ? variable : "");
  ASSIGN_OR_RETURN(auto text, read_file(options.token_file, 64 * 1024));
  text.resize(std::min(text.size(), text.find_first_of("\r\n")));
  if (text.empty()) return Error{Code::invalid, options.token_file + " is empty"};
  return text;
}

// The Authorization header; empty: none.
Result<std::string> find_authorization(const Options& options, const StopSignal& stop) {
  if (options.user.empty()) {
    ASSIGN_OR_RETURN(auto token, find_token(options));
    if (token.find_first_of("\r\n") != std::string::npos) return Error{Code::invalid, "the token has several lines"};
    return token.empty() ? "" : "Bearer " + token;
  }
  auto prompt = fmt::format("Password of {}: ", printable(options.user));
  ASSIGN_OR_RETURN(auto password, read_password("DRAY_PASSWORD", options.password_file, prompt));
  if (stop.requested()) return stopped();  // while it was asked for
  return "Basic " + format_base64(bytes_of(options.user + ":" + password));
}

// ---- What is asked ----

bool is_address(const std::string& target) { return target.starts_with("http://") || target.starts_with("https://"); }

Result<FetchRequest> make_request(const Options& options) {
  FetchRequest request;
  ASSIGN_OR_RETURN(request.server, parse_url(options.server));
  for (const auto& target : options.targets) {
    if (is_address(target)) {
      ASSIGN_OR_RETURN(auto url, parse_url(target));
      request.addresses.push_back(std::move(url));
    } else if (target.starts_with('/')) {
      request.wish.paths.push_back(target);
    } else {
      return Error{Code::invalid, fmt::format("{} is neither a path (/content/dam/...) nor an address (https://...)",
                                              printable(target))};
    }
  }
  if (!request.addresses.empty() && !request.wish.paths.empty())
    return Error{Code::invalid, "give either paths or addresses, not both"};
  for (const auto& url : request.addresses) {
    if (url.origin != request.addresses[0].origin) return Error{Code::invalid, "all addresses must be of one server"};
  }
  request.wish.archive_name = options.name;
  request.wish.folder_per_asset = options.folder_per_asset;
  request.wish.keep_structure = options.keep_structure;
  request.output = options.output;
  request.form = options.extract ? Form::extracted : Form::as_sent;
  request.save = {options.overwrite ? Overwrite::yes : Overwrite::no, options.restart ? Restart::yes : Restart::no,
                  options.verify ? Verify::yes : Verify::no};
  return request;
}

// Credentials go to the server they are meant for: that of an address only if they were given with it, on the command
// line, or if it is the configured server. A variable that is always set says nothing about a stranger's address.
Result<std::optional<Credentials>> make_credentials(const Options& options, const FetchRequest& request,
                                                    const StopSignal& stop) {
  bool given = !options.user.empty() || !options.token_file.empty();
  auto origin = request.addresses.empty() ? request.server.origin : request.addresses[0].origin;
  if (!given && origin != request.server.origin) return std::optional<Credentials>();
  ASSIGN_OR_RETURN(auto authorization, find_authorization(options, stop));
  if (authorization.empty()) return std::optional<Credentials>();
  return std::optional(Credentials{origin, authorization});
}

// ---- Stopping ----

StopSignal* g_stop = nullptr;  // for the signal handler, which has no other way

// The second signal ends the process at once, which is no harm either.
void stop_on_signals(StopSignal& stop) {
  g_stop = &stop;
  struct sigaction action {};
  action.sa_handler = [](int) { g_stop->request(); };
  action.sa_flags = SA_RESETHAND;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // a connection that breaks while TLS writes
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may grow no further is an error like others
}

// ---- Telling ----

void say(const std::string& line) { fmt::print(stderr, "dray: {}\n", line); }

int status_of(const Report& report, const StopSignal& stop) {
  if (report.error && stop.requested()) return kFailed;
  if (report.error) return exit_status_of(*report.error);
  return report.incomplete ? kIncomplete : kDone;
}

ByteCount bytes_fetched(const Report& report) {
  ByteCount bytes = 0;
  for (const auto& saved : report.saved) bytes += saved.bytes_fetched;
  return bytes;
}

std::string path_of(const Options& options, const Saved& saved) {
  if (options.output == ".") return saved.name;
  return options.output + (options.output.ends_with('/') ? "" : "/") + saved.name;
}

void tell_saved(const Options& options, const Saved& saved) {
  auto files = saved.is_folder ? fmt::format(", {} files", saved.files) : "";
  auto how = saved.was_complete ? "already complete" : saved.verified ? "saved and verified" : "saved";
  fmt::print("{}: {} ({}{})\n", printable(path_of(options, saved)), how, format_size(saved.identity.size), files);
}

void tell_person(const Options& options, const Report& report, double seconds) {
  if (!options.quiet) {
    for (const auto& saved : report.saved) tell_saved(options, saved);
    if (auto bytes = bytes_fetched(report); bytes > 0 && !report.error) {
      auto rate = static_cast<ByteCount>(static_cast<double>(bytes) / std::max(seconds, 0.001));
      fmt::print("{} in {}, {}/s\n", format_size(bytes), format_duration(static_cast<std::uint64_t>(seconds + 0.5)),
                 format_size(rate));
    }
    if (report.saved.empty() && !report.error) {
      fmt::print("{}\n", report.message.empty() ? "there is nothing to download" : printable(report.message));
    }
  }
  for (const auto& skipped : report.skipped) {
    say(fmt::format("left out: {}: {}", printable(skipped.path),
                    printable(skipped.message.empty() ? skipped.reason : skipped.message)));
  }
  if (report.incomplete && report.skipped.empty() && !report.message.empty()) say(printable(report.message));
  if (report.error) say(report.error->message);
}

json::object json_of(const Options& options, const Saved& saved) {
  return {{"name", saved.name},          {"path", path_of(options, saved)},     {"size", saved.identity.size},
          {"etag", saved.identity.etag}, {"bytesFetched", saved.bytes_fetched}, {"alreadyComplete", saved.was_complete},
          {"verified", saved.verified},  {"extracted", saved.is_folder},        {"files", saved.files}};
}

void tell_program(const Options& options, const Report& report, double seconds, int status) {
  json::array saved, skipped;
  for (const auto& one : report.saved) saved.push_back(json_of(options, one));
  for (const auto& one : report.skipped) {
    skipped.push_back(json::object{{"path", one.path}, {"reason", one.reason}, {"message", one.message}});
  }
  json::object object{{"exitStatus", status},
                      {"saved", std::move(saved)},
                      {"skipped", std::move(skipped)},
                      {"message", report.message},
                      {"bytesFetched", bytes_fetched(report)},
                      {"seconds", seconds}};
  object["error"] = report.error
                        ? json::value{{"code", name_of(report.error->code)}, {"message", report.error->message}}
                        : json::value(nullptr);
  fmt::print("{}\n", json::serialize(object));
}

// ---- The command ----

Report fetch_with(const Options& options, const StopSignal& stop) {
  auto failed = [](const Error& error) {
    Report report;
    report.error = error;
    return report;
  };
  auto request = make_request(options);
  if (!request) return failed(request.error());
  auto chunk_size = parse_size(options.chunk);
  if (!chunk_size) return failed(chunk_size.error());
  auto credentials = make_credentials(options, *request, stop);
  if (!credentials) return failed(credentials.error());
  auto style = options.quiet ? ProgressStyle::silent : choose_style(options.as_json);
  SystemRandom random;
  std::chrono::seconds silence(options.stall_seconds);
  Means means{.client = {*credentials, options.ca_file, silence, 5 * silence},
              .retry = {.retries = options.retries},
              .connections = options.connections,
              .chunk_size = *chunk_size,
              .stop = stop,
              .random = random,
              .open_progress = [style](const std::string& what) { return make_progress(style, what); },
              .notice =
                  [&](const std::string& line) {
                    if (options.quiet) return;
                    if (style == ProgressStyle::bar) fmt::print(stderr, "\r\x1b[K");  // the bar comes back below
                    say(line);
                  }};
  return fetch(*request, means);
}

int run(const Options& options) {
  static StopSignal stop;  // the handler may use it until the process ends
  stop_on_signals(stop);
  auto start = std::chrono::steady_clock::now();
  auto report = fetch_with(options, stop);
  auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  auto status = status_of(report, stop);
  if (options.as_json) {
    tell_program(options, report, seconds, status);
  } else {
    tell_person(options, report, seconds);
  }
  std::fflush(stdout);
  return status;
}

void add_options(CLI::App& command, Options& options) {
  command.add_option("TARGET", options.targets, "Paths on the server, or addresses of artifacts")->required();
  command.add_option("--server", options.server, "Address of the server")
      ->envname("DRAY_SERVER")
      ->capture_default_str();
  auto* user = command.add_option("--user", options.user, "Name to sign in with");
  command.add_option("--password-file", options.password_file, "File whose first line is the password")->needs(user);
  command.add_option("--token-file", options.token_file, "File whose first line is a bearer token")->excludes(user);
  command.add_option("--ca-file", options.ca_file, "Certificates to trust instead of the system's (PEM)");
  command.add_option("-o,--output", options.output, "Folder to save in")->capture_default_str();
  command.add_option("--name", options.name, "Name of the archive");
  command.add_flag("--folder-per-asset", options.folder_per_asset, "Put each asset into a folder of its own");
  command.add_flag("--keep-structure", options.keep_structure, "Keep the folders of the server");
  command.add_flag("--extract", options.extract, "Save the files of the archive, checked, instead of the archive");
  command.add_flag("--verify", options.verify, "Check what is on the disk at the end, entry by entry");
  command.add_flag("--overwrite", options.overwrite, "Replace files that exist and are different");
  command.add_flag("--restart", options.restart, "Forget what an earlier run has left and start anew");
  command.add_option("--connections", options.connections, "How many connections at once")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  command.add_option("--chunk", options.chunk, "Size of the pieces that are kept of a broken download")
      ->capture_default_str();
  command.add_option("--retries", options.retries, "How often in a row something is tried again")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command.add_option("--stall", options.stall_seconds, "Seconds without a byte after which a connection is given up")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command.add_flag("--json", options.as_json,
                   "Report as JSON on standard output, progress as JSON lines on standard error");
  command.add_flag("--quiet", options.quiet, "Say only what went wrong or was left out");
}

}  // namespace

void add_get(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("get", "Fetch assets from a server: as an archive, or with --extract as files");
  command->footer(std::string(kMore) + kExitStatusHelp);
  add_options(*command, *options);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace dray::cli
