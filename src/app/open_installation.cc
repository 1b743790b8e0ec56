#include "app/open_installation.h"

#include <unistd.h>

#include "adapters/files/file_blob_store.h"
#include "adapters/media/inspect_media.h"
#include "adapters/smtp/smtp_transport.h"
#include "adapters/sqlite/catalog.h"
#include "base/file.h"
#include "service/accounts/seal.h"

namespace dray::app {

namespace {

std::unique_ptr<model::MailTransport> make_mail_transport(const cli::MailService& service) {
  smtp::SmtpConfig config;
  config.host = service.host;
  config.port = service.port;
  config.user = service.user;
  config.password = service.password;
  config.ca_file = service.ca_file;
  config.log_dialogue = service.log_dialogue;
  if (service.tls)
    config.encryption = smtp::Encryption::tls;
  else if (service.starttls)
    config.encryption = *service.starttls ? smtp::Encryption::starttls : smtp::Encryption::none;
  return smtp::make_smtp_transport(config);
}

// Beside the catalog and not in it, so that a copy of the catalog alone opens nothing.
Result<std::string> read_seal_key(const std::string& data, Random& random) {
  auto file = data + "/seal.key";
  if (::access(file.c_str(), F_OK) != 0) {
    std::string key(service::Seal::kKeySize, '\0');
    random.fill(MutableBytes(reinterpret_cast<std::byte*>(key.data()), key.size()));
    RETURN_IF_ERROR(replace_file(file, bytes_of(key)));
  }
  ASSIGN_OR_RETURN(auto key, read_file(file, service::Seal::kKeySize));
  if (key.size() != service::Seal::kKeySize)
    return Error{Code::corrupt, file + " is cut short: remove it, and mails of shared links that wait are given up"};
  return key;
}

}  // namespace

Result<cli::Installation> open_installation(const std::string& data, cli::OpenMode mode) {
  auto catalog_file = data + "/dray.db";
  if (mode == cli::OpenMode::existing && ::access(catalog_file.c_str(), F_OK) != 0) {
    return Error{Code::not_found, "there is no Dray data in " + data +
                                      ": name the data directory with --data, or create it with serve or import"};
  }
  RETURN_IF_ERROR(make_directories(data));
  ASSIGN_OR_RETURN(auto blobs, files::open_file_blob_store(data + "/blobs"));
  ASSIGN_OR_RETURN(auto catalog, sqlite::open_catalog(catalog_file));
  cli::Installation installation;
  installation.data = data;
  installation.clock = std::make_unique<SystemClock>();
  installation.random = std::make_unique<SystemRandom>();
  installation.blobs = std::move(blobs);
  installation.assets = std::move(catalog.assets);
  installation.people = std::move(catalog.people);
  installation.credentials = std::move(catalog.credentials);
  installation.access = std::move(catalog.access);
  installation.downloads = std::move(catalog.downloads);
  installation.events = std::move(catalog.events);
  installation.renditions = std::move(catalog.renditions);
  installation.presets = std::move(catalog.presets);
  installation.jobs = std::move(catalog.jobs);
  installation.shares = std::move(catalog.shares);
  installation.image_profiles = std::move(catalog.image_profiles);
  installation.processing_profiles = std::move(catalog.processing_profiles);
  installation.changes = std::move(catalog.changes);
  installation.media = media::make_media_inspector();
  installation.make_mail_transport = make_mail_transport;
  installation.read_seal_key = [data, random = installation.random.get()] { return read_seal_key(data, *random); };
  return installation;
}

}  // namespace dray::app
