#include "edge/cli/mail_settings.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "edge/cli/settings.h"
#include "lang/mail/address.h"

namespace dray::cli {
namespace {

constexpr unsigned kLowestPort = 25;

Result<std::optional<MailService>> read_service(Settings& settings, service::MailerConfig& mailer) {
  if (!settings.is_there()) return std::optional<MailService>();
  MailService service;
  auto must = [&](const char* key) {
    return Error{Code::invalid, fmt::format("{}: \"{}\" must not be blank", settings.file(), key)};
  };
  ASSIGN_OR_RETURN(auto host, settings.text("smtp.host"));
  if (trim(host.value_or("")).empty()) return must("smtp.host");
  service.host = std::string(trim(*host));
  ASSIGN_OR_RETURN(auto port, settings.number("smtp.port"));
  if (port.value_or(kLowestPort) < kLowestPort || port.value_or(kLowestPort) > 65535)
    return Error{Code::invalid, settings.file() + ": \"smtp.port\" must be a number from 25 to 65535"};
  service.port = static_cast<unsigned>(port.value_or(kLowestPort));
  ASSIGN_OR_RETURN(auto user, settings.text("smtp.user"));
  ASSIGN_OR_RETURN(auto password, settings.text("smtp.password"));
  service.user = user.value_or("");
  service.password = password.value_or("");
  ASSIGN_OR_RETURN(auto from, settings.text("from.address"));
  if (trim(from.value_or("")).empty()) return must("from.address");
  auto address = mail::parse_address(trim(*from));
  if (!address) return Error{Code::invalid, settings.file() + ": from.address: " + address.error().message};
  mailer.from.address = *address;
  ASSIGN_OR_RETURN(auto tls, settings.boolean("smtp.ssl"));
  ASSIGN_OR_RETURN(service.starttls, settings.boolean("smtp.starttls"));
  ASSIGN_OR_RETURN(auto debug, settings.boolean("debug.email"));
  service.tls = tls.value_or(false);
  service.log_dialogue = debug.value_or(false);
  settings.warn_of_unknown();
  return std::optional(service);
}

// "author https://dam.example.com/context"
std::string external_address(const std::vector<std::string>& domains) {
  for (const auto& domain : domains) {
    auto blank = domain.find(' ');
    if (blank == domain.npos || domain.substr(0, blank) != "author") continue;
    auto address = std::string(trim(std::string_view(domain).substr(blank)));
    while (address.ends_with('/')) address.pop_back();
    return address.find("://") == address.npos ? "http://" + address : address;
  }
  return {};
}

Result<std::string> read_host_prefix(const std::string& directory, const std::string& own_address) {
  ASSIGN_OR_RETURN(auto externalizer, read_settings(directory, "com.day.cq.commons.impl.ExternalizerImpl"));
  ASSIGN_OR_RETURN(auto domains, externalizer.texts("externalizer.domains"));
  if (auto address = external_address(domains); !address.empty()) return address;
  ASSIGN_OR_RETURN(auto workflow, read_settings(directory, "com.day.cq.workflow.impl.email.EMailNotificationService"));
  ASSIGN_OR_RETURN(auto prefix, workflow.text("host.prefix"));
  return prefix && !prefix->empty() ? *prefix : "http://" + own_address;
}

// "/content/dam/wknd-shared=/conf/wknd-shared"
Result<service::Tenant> parse_tenant(const std::string& text, const std::string& file) {
  auto equals = text.find('=');
  Error wrong{Code::invalid,
              fmt::format("{}: a tenant is written /content/dam/FOLDER=/conf/NAME, not \"{}\"", file, text)};
  if (equals == text.npos) return wrong;
  auto folder = AssetPath::parse(text.substr(0, equals)), conf = AssetPath::parse(text.substr(equals + 1));
  if (!folder || !conf || !conf->text().starts_with("/conf/")) return wrong;
  return service::Tenant{*folder, conf->text()};
}

}  // namespace

Result<MailSettings> read_mail_settings(const std::string& directory, const std::string& own_address) {
  MailSettings all;
  ASSIGN_OR_RETURN(auto service, read_settings(directory, "com.day.cq.mailer.DefaultMailService"));
  ASSIGN_OR_RETURN(all.service, read_service(service, all.mailer));
  ASSIGN_OR_RETURN(all.mailer.host_prefix, read_host_prefix(directory, own_address));
  ASSIGN_OR_RETURN(auto own, read_settings(directory, "dray.mail"));
  ASSIGN_OR_RETURN(auto name, own.text("from.name"));
  all.mailer.from.name = name.value_or("Dray");
  ASSIGN_OR_RETURN(auto by_default, own.boolean("assetDownloadEmailNotification"));
  all.mailer.mail_downloads = by_default.value_or(false);
  ASSIGN_OR_RETURN(auto pause, own.number("retry.seconds"));
  if (pause) all.mailer.first_pause = std::chrono::seconds(std::max<std::uint64_t>(1, *pause));
  ASSIGN_OR_RETURN(auto longest, own.number("retry.longest.seconds"));
  if (longest) all.mailer.longest_pause = std::chrono::seconds(std::max<std::uint64_t>(1, *longest));
  ASSIGN_OR_RETURN(auto ca_file, own.text("ca.file"));
  if (all.service) all.service->ca_file = ca_file.value_or("");
  ASSIGN_OR_RETURN(auto tenants, own.texts("tenants"));
  for (const auto& text : tenants) {
    ASSIGN_OR_RETURN(auto tenant, parse_tenant(text, own.file()));
    all.templates.tenants.push_back(std::move(tenant));
  }
  own.warn_of_unknown();
  all.templates.read = [directory](const std::string& path) { return read_content(directory, path); };
  return all;
}

}  // namespace dray::cli
