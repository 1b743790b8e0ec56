#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <limits>
#include <thread>

#include "base/log.h"
#include "base/scope_exit.h"
#include "base/text.h"
#include "edge/api/api.h"
#include "edge/cli/cleaning_options.h"
#include "edge/cli/commands.h"
#include "edge/cli/cors_settings.h"
#include "edge/cli/exit_status.h"
#include "edge/cli/image_workers.h"
#include "edge/cli/licence_pages.h"
#include "edge/cli/mail_settings.h"
#include "edge/cli/settings.h"
#include "edge/cli/terminal.h"
#include "edge/server/server.h"
#include "service/downloads/download_jobs.h"
#include "service/images/images.h"
#include "service/rendering/renderer.h"
#include "service/rendering/static_jobs.h"
#include "service/rendering/worker_inspector.h"

namespace dray::cli {
namespace {

struct ServeOptions {
  std::string listen = "127.0.0.1:4502";
  std::string part_limit = "100GB";
  std::string log_level = "info";
  std::uint64_t now_assets = 10;
  std::string now_size = "100MB";
  unsigned now_seconds = 30;
  std::uint64_t queued_of_user = 2000, queued = 20'000;  // downloads
  unsigned preparing = 2, preparing_of_user = 1;
  std::uint64_t renditions = 0;  // of one download
  unsigned retention = 14;
  CleaningOptions cleaning;
  unsigned clean_after = 600;
  std::string content;
  bool no_direct_upload = false;
  unsigned workers = 0;
  unsigned grace = 30;
  unsigned stall = 120;
  server::StreamConfig streams;
  std::string rate_of_user = "0", rate = "0";  // bytes per second
  ImageWorkerOptions images;
  unsigned film_patience = 7200;
  bool subassets = false;
  std::string image_key;
  bool image_locks = false, image_obfuscation = false;
};

Result<server::ServerConfig> server_config(const ServeOptions& options) {
  server::ServerConfig config;
  auto colon = options.listen.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return Error{Code::invalid, fmt::format("--listen takes HOST:PORT, like 127.0.0.1:4502; \"{}\" is something else",
                                            options.listen)};
  }
  config.host = options.listen.substr(0, colon);
  if (config.host.front() == '[' && config.host.back() == ']')
    config.host = config.host.substr(1, config.host.size() - 2);
  config.port = options.listen.substr(colon + 1);
  config.workers = options.workers;
  config.stall_timeout = std::chrono::seconds(options.stall);
  return config;
}

Result<server::StreamConfig> read_stream_config(const ServeOptions& options) {
  auto config = options.streams;
  ASSIGN_OR_RETURN(config.rate_of_owner, parse_size(options.rate_of_user));
  ASSIGN_OR_RETURN(config.rate_in_total, parse_size(options.rate));
  return config;
}

// What visitors of shared links may have at once; as in AEM, a negative number is no limit.
Result<std::optional<ByteCount>> read_link_limit(const std::string& content) {
  constexpr auto kPid = "com.day.cq.dam.core.impl.assetlinkshare.AdhocAssetShareProxyServlet";
  ASSIGN_OR_RETURN(auto settings, read_settings(content, kPid));
  std::string key = "cq.dam.adhoc.asset.share.prezip.maxcontentsize";
  ASSIGN_OR_RETURN(auto is_off, settings.is_negative(key));
  if (is_off) return std::optional<ByteCount>();
  ASSIGN_OR_RETURN(auto limit, settings.number(key));
  settings.warn_of_unknown();
  return limit;
}

std::uint64_t or_any_number(std::uint64_t limit) {
  return limit > 0 ? limit : std::numeric_limits<std::uint64_t>::max();
}

// A directory that is not there would leave what it protects unprotected.
Result<void> check_content(const std::string& content) {
  std::error_code failure;
  if (content.empty() || std::filesystem::is_directory(content, failure)) return ok();
  return Error{Code::invalid, fmt::format("--content {}: there is no such directory{}", content,
                                          failure ? " (" + failure.message() + ")" : std::string())};
}

Result<void> create_first_administrator(service::Accounts& accounts) {
  const char* given = std::getenv("DRAY_ADMIN_PASSWORD");
  auto made_up = accounts.create_first_administrator(given ? std::optional<std::string>(given) : std::nullopt);
  if (!made_up) return std::move(made_up).error();
  if (*made_up)
    std::cout << "Created the user admin. Its password, shown this once: " << **made_up << "\n" << std::flush;
  return ok();
}

// SIGTERM and SIGINT let running downloads end, and nobody wait for others; the second one lets none end.
class StopWatcher {
 public:
  // `stop_waiting`: whoever waits for something gets an answer at once.
  StopWatcher(server::Server& server, std::function<void()> stop_waiting, std::chrono::seconds grace)
      : stop_waiting_(std::move(stop_waiting)), thread_([this, &server, grace] { watch(server, grace); }) {}
  ~StopWatcher() {
    ending_ = true;
    ::pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }

  static sigset_t signals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGINT);
    return set;
  }

 private:
  void watch(server::Server& server, std::chrono::seconds grace) {
    auto set = signals();
    for (int signal = 0; !ending_;) {
      ::sigwait(&set, &signal);
      if (ending_) return;
      log::info("stopping; running downloads have {} s to end", grace.count());
      stop_waiting_();
      server.stop(grace);
      grace = std::chrono::seconds(0);
    }
  }
  const std::function<void()> stop_waiting_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

server::RenditionCounts count(const Installation& parts, const service::WorkerPool& workers,
                              const service::WorkerPool& inspectors) {
  auto a = workers.counts(), b = inspectors.counts();
  server::RenditionCounts counts{a.jobs + b.jobs, a.started + b.started, a.died + b.died, a.killed + b.killed, {}};
  for (auto kind : {service::kRenditionJob, service::kFilmJob, service::kQuickDownloadJob, service::kDownloadJob,
                    service::kAnnouncementJob, service::kMailJob}) {
    auto jobs = parts.jobs->count(kind);
    if (jobs) counts.jobs.push_back({std::string(kind), jobs->waiting, jobs->running, jobs->failed});
  }
  return counts;
}

Result<bool> clear_up(service::Downloads& downloads, service::Uploads& uploads) {
  auto cleared = downloads.clear_up();
  RETURN_IF_ERROR(uploads.clear_up());
  RETURN_IF_ERROR(cleared);
  return false;  // until the next time
}

// What nobody uses is removed soon after the server has started, and several times within the time that it is kept.
class Cleaning {
 public:
  Cleaning(service::CleanerParts parts, service::CleanerConfig config, std::chrono::seconds after,
           server::Metrics& metrics)
      : parts_(std::move(parts)), config_(config), metrics_(metrics), next_(parts_.clock.now() + after) {}
  ~Cleaning() { stop_ = true; }

 private:
  Result<bool> clean() {
    if (parts_.clock.now() < next_) return false;
    next_ = parts_.clock.now() + std::min<std::chrono::seconds>(std::chrono::hours(6), config_.keep_unused / 4);
    auto report = service::clean(parts_, config_, stop_);
    ::malloc_trim(0);  // it took memory by the blob, once in hours
    if (stop_) return false;
    RETURN_IF_ERROR(report);
    const auto& blobs = report->blobs;
    metrics_.blobs_removed(blobs.removed, blobs.freed);
    for (const auto& one : blobs.left) log::warn("cleaning: {}", one);
    if (report->renditions + blobs.set_aside + blobs.brought_back + blobs.removed > 0)
      log::info("cleaned: {} renditions forgotten, {} files set aside, {} brought back, {} removed, {} bytes freed",
                report->renditions, blobs.set_aside, blobs.brought_back, blobs.removed, blobs.freed);
    return false;
  }

  const service::CleanerParts parts_;
  const service::CleanerConfig config_;
  server::Metrics& metrics_;
  std::atomic<bool> stop_ = false;
  Seconds next_;
  service::Bell nobody_rings_;
  service::Crew crew_{[this] { return clean(); }, {1, std::chrono::seconds(1)}, nobody_rings_};
};

Result<void> run_server(Installation& parts, const ServeOptions& options) {
  ASSIGN_OR_RETURN(auto config, server_config(options));
  RETURN_IF_ERROR(check_content(options.content));
  ASSIGN_OR_RETURN(auto part_limit, parse_size(options.part_limit));
  service::Accounts accounts(*parts.people, *parts.credentials, *parts.events, *parts.clock, *parts.random);
  ASSIGN_OR_RETURN(auto settings, read_image_settings(options.images));
  ASSIGN_OR_RETURN(auto workers_config, make_worker_config(options.images, settings));
  service::WorkerPool workers(workers_config);
  service::RendererConfig renderer_config;
  renderer_config.settings = settings;
  service::Films films(make_films_config(parts.data, options.film_patience));
  service::Renderer renderer({*parts.blobs, *parts.renditions, workers, *parts.clock, &films}, renderer_config);
  service::SmartCrops smart_crops(*parts.image_profiles, renderer);
  ASSIGN_OR_RETURN(auto mail_settings, read_mail_settings(options.content, options.listen));
  service::Bell queued, completed;
  service::DownloadsConfig downloads_config;
  downloads_config.policy.part_limit = part_limit;
  if (options.now_assets > 0) downloads_config.now.assets = options.now_assets;
  ASSIGN_OR_RETURN(auto now_bytes, parse_size(options.now_size));
  if (now_bytes > 0) downloads_config.now.bytes = now_bytes;
  ASSIGN_OR_RETURN(downloads_config.link_limit, read_link_limit(options.content));
  downloads_config.can_mail = mail_settings.service.has_value();
  downloads_config.retention = std::chrono::days(options.retention);
  downloads_config.now_time = std::chrono::seconds(options.now_seconds);
  downloads_config.queued_of_user = or_any_number(options.queued_of_user);
  downloads_config.queued = or_any_number(options.queued);
  downloads_config.renditions = or_any_number(options.renditions);
  ASSIGN_OR_RETURN(auto seal_key, parts.read_seal_key());
  const service::Seal seal(std::move(seal_key));
  LicencePages licence_pages(options.content);
  auto read_licence = [&](const std::string& path) { return licence_pages.read(path); };
  service::Sharing sharing(
      {*parts.shares, *parts.assets, *parts.access, *parts.people, *parts.events, *parts.clock, *parts.random, seal},
      {mail_settings.service.has_value()});
  service::Downloads downloads(
      {*parts.assets, *parts.blobs, *parts.downloads, *parts.people, *parts.access, *parts.events, *parts.jobs,
       *parts.clock, *parts.random, *parts.presets, *parts.processing_profiles, queued, completed, &renderer,
       &smart_crops, [&](const std::string& owner) { return sharing.caller_of(owner); },
       [&](const std::string& owner) {
         auto given_back = sharing.uncount_download(owner);
         if (!given_back) log::warn("{}", given_back.error().message);
       },
       read_licence},
      downloads_config);
  ASSIGN_OR_RETURN(auto signing_key, read_signing_key(options.image_key));
  service::ImagesConfig images_config{signing_key, options.image_locks, options.image_obfuscation};
  service::Images images({*parts.blobs, *parts.assets, *parts.access, *parts.presets, *parts.processing_profiles,
                          renderer, smart_crops, *parts.clock, read_licence},
                         images_config);
  server::Metrics metrics;
  ASSIGN_OR_RETURN(auto stream_config, read_stream_config(options));
  server::Streams streams(stream_config);
  service::LiveUpdates live(*parts.downloads, *parts.changes);
  service::WorkerPool inspectors(make_inspector_config(workers_config));
  service::WorkerInspector inspector(inspectors, *parts.media);
  service::Uploads uploads(
      {*parts.assets, *parts.access, *parts.blobs, inspector, *parts.jobs, *parts.events, *parts.clock, *parts.random},
      {parts.data + "/uploads"});
  api::ApiConfig api_config{mail_settings.mailer.host_prefix,
                            mail_settings.service.has_value(),
                            mail_settings.mailer.mail_downloads,
                            !options.no_direct_upload,
                            {}};
  ASSIGN_OR_RETURN(api_config.cors, read_cors_policies(options.content));
  auto api = api::make_api({accounts,
                            downloads,
                            live,
                            uploads,
                            sharing,
                            *parts.downloads,
                            *parts.jobs,
                            *parts.people,
                            *parts.events,
                            *parts.assets,
                            *parts.access,
                            *parts.presets,
                            *parts.image_profiles,
                            *parts.processing_profiles,
                            images,
                            metrics,
                            streams,
                            [&] { return count(parts, workers, inspectors); },
                            *parts.changes,
                            *parts.clock,
                            *parts.random,
                            api_config});
  ASSIGN_OR_RETURN(auto server, server::open_server(config, *api, metrics));
  RETURN_IF_ERROR(create_first_administrator(accounts));
  std::cout << "Dray " << DRAY_VERSION << " serves at http://" << server->address() << "\n" << std::flush;
  service::StaticJobsConfig jobs_config;
  jobs_config.crew.threads = std::max(1u, workers_config.workers / 2);  // whoever waits for a picture comes first
  jobs_config.subassets = options.subassets;
  service::StaticJobsParts jobs_parts{*parts.jobs, *parts.assets, *parts.processing_profiles, renderer, *parts.clock};
  service::StaticJobs static_jobs(jobs_parts, jobs_config);
  service::StaticJobsConfig film_config;
  film_config.kind = service::kFilmJob;
  service::StaticJobs film_jobs(jobs_parts, film_config);
  service::Templates templates(mail_settings.templates);
  for (const auto& complaint : templates.misplaced()) log::warn("{}", complaint);
  auto transport = mail_settings.service ? parts.make_mail_transport(*mail_settings.service) : nullptr;
  service::Mailer mailer({*parts.downloads, *parts.shares, *parts.people, *parts.jobs, *parts.clock, templates, seal,
                          transport.get(), completed},
                         mail_settings.mailer);
  service::DownloadJobsConfig download_jobs_config;
  download_jobs_config.background.threads = options.preparing;
  download_jobs_config.background_of_owner = options.preparing_of_user;
  service::DownloadJobs download_jobs({downloads, *parts.jobs, *parts.clock, queued}, download_jobs_config);
  service::Bell nobody_rings;
  service::Crew housekeeping([&] { return clear_up(downloads, uploads); }, {1, std::chrono::minutes(1)}, nobody_rings);
  Cleaning cleaning({*parts.blobs, *parts.assets, *parts.renditions, *parts.downloads, *parts.clock,
                     [&] { return downloads.list_sent(); }},
                    cleaner_config(options.cleaning), std::chrono::seconds(options.clean_after), metrics);
  ScopeExit stop_films([&] { films.stop(); });
  ScopeExit stop_live([&] { live.stop(); });  // before the server that its listeners belong to
  auto stop_waiting = [&] {
    downloads.stop_waiting();
    inspector.stop();
  };
  StopWatcher watcher(*server, stop_waiting, std::chrono::seconds(options.grace));
  server->run();
  return ok();
}

int serve(const Context& context, const ServeOptions& options) {
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  auto signals = StopWatcher::signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread begins: all inherit it
  return with_installation(context, OpenMode::create, [&](Installation& installation) {
    auto served = run_server(installation, options);
    return served ? kDone : complain(served.error());
  });
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
  auto options = std::make_shared<ServeOptions>();
  auto* command = app.add_subcommand("serve", "Serve downloads over HTTP until SIGTERM");
  command->add_option("--listen", options->listen, "HOST:PORT to listen at")->capture_default_str();
  command->add_option("--part-limit", options->part_limit, "Archives are cut into parts of at most this size")
      ->capture_default_str();
  command
      ->add_option("--now-assets", options->now_assets,
                   "A download of more assets than this goes on in the background; 0: none does for that")
      ->capture_default_str();
  command->add_option("--now-size", options->now_size, "So does one of more bytes, like 100MB; 0: none does")
      ->capture_default_str();
  command->add_option("--now-seconds", options->now_seconds, "And one that has not been prepared by then")
      ->capture_default_str()
      ->check(CLI::Range(0, 3600));
  command->add_option("--retention", options->retention, "Days that complete downloads are kept; assets stay")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650));
  add_cleaning_options(*command, options->cleaning);
  command->add_option("--clean-after", options->clean_after, "Seconds from the start until the first cleaning of those")
      ->capture_default_str();
  command->add_option(
      "--content", options->content,
      "A directory with settings (apps/NAME/config/PID.cfg.json), mail templates and licences (apps/settings, conf)");
  command->add_flag("--no-direct-upload", options->no_direct_upload,
                    "Answer initiateUpload.json so that clients upload through createasset.html instead");
  command->add_option("--workers", options->workers, "Network threads; 0 means one per core")->capture_default_str();
  command->add_option("--grace", options->grace, "Seconds that running downloads get to end after SIGTERM")
      ->capture_default_str();
  command->add_option("--stall", options->stall, "Seconds after which a client that takes nothing is given up")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400));
  command
      ->add_option(
          "--queued-of-user", options->queued_of_user,
          "Downloads of one user that may wait to be prepared in the background; more are refused; 0: any number")
      ->capture_default_str();
  command->add_option("--queued", options->queued, "And of all together; 0: any number")->capture_default_str();
  command->add_option("--preparing", options->preparing, "Of them prepared at a time; users take turns")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  command->add_option("--preparing-of-user", options->preparing_of_user, "And of one user at most; 0: any number")
      ->capture_default_str();
  command->add_option("--renditions-of-download", options->renditions, "Renditions in one download; 0: any number")
      ->capture_default_str();
  command
      ->add_option(
          "--streams-of-user", options->streams.of_owner,
          "Downloads and originals that are sent to one user, or through one shared link, at a time; 0: any number")
      ->capture_default_str();
  command->add_option("--streams", options->streams.in_total, "And to all together")->capture_default_str();
  command
      ->add_option("--rate-of-user", options->rate_of_user,
                   "Bytes per second that they are sent at to one user, like 50MB; 0: as fast as it goes")
      ->capture_default_str();
  command->add_option("--rate", options->rate, "And to all together")->capture_default_str();
  command
      ->add_option("--static-renditions", options->images.static_renditions,
                   "Whose names and sizes static renditions have: AEM's as a Cloud Service (cloud) or 6.5's (classic)")
      ->check(CLI::IsMember({"cloud", "classic"}))
      ->capture_default_str();
  command->add_option("--image-settings", options->images.settings_file,
                      "A JSON file that says what renditions are like where a request does not");
  command
      ->add_option("--image-workers", options->images.workers, "Processes that make renditions; 0 means one per core")
      ->capture_default_str();
  command->add_option("--image-patience", options->images.patience, "Seconds that one rendition may take")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  command->add_option("--image-memory", options->images.memory, "Memory that each of them may take")
      ->capture_default_str();
  command->add_option("--film-patience", options->film_patience, "Seconds that the preview of one film may take")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400));
  command->add_flag("--subassets", options->subassets,
                    "Split PDF and TIFF documents that come in into pages, as sub-assets");
  command->add_option("--image-key", options->image_key,
                      "A file with a key: image requests must be signed with it (dray sign), and need no account then");
  command->add_flag("--image-locks", options->image_locks,
                    "Refuse image requests without a right checksum at their end");
  command->add_flag("--image-obfuscation", options->image_obfuscation, "Take image requests as base64 only");
  command->add_option("--log-level", options->log_level, "trace, debug (every request), info, warning or error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}))
      ->capture_default_str();
  command->footer(
      "The first start creates the user admin; DRAY_ADMIN_PASSWORD sets its password, else one is made up and printed "
      "once.");
  command->callback([&context, options] { context.status = serve(context, *options); });
}

}  // namespace dray::cli
