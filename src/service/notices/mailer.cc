#include "service/notices/mailer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "lang/mail/address.h"
#include "lang/mail/plain_text.h"
#include "lang/mail/template.h"
#include "service/jobs/heartbeat.h"
#include "service/sharing/link_mail.h"

namespace dray::service {
namespace {

using model::Download;
using model::DownloadStatus;
using model::User;

constexpr std::string_view kToOneself = "toOneself", kToOthers = "toOthers";

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  const auto* value = object.if_contains(name);
  if (!value || !value->is_array()) return texts;
  for (const auto& text : value->get_array()) {
    if (text.is_string()) texts.emplace_back(text.get_string());
  }
  return texts;
}

std::string_view event_of(const Download& download) {
  switch (download.status) {
    case DownloadStatus::failed:
      return "DownloadFailed";
    case DownloadStatus::partially_successful:
      return "DownloadPartiallyCompleted";
    default:
      return download.artifacts.empty() ? "DownloadEmpty" : "DownloadCompleted";
  }
}

void log_unknown(const mail::Rendered& rendered) {
  for (const auto& name : rendered.unknown) log::warn("a mail template names ${{{}}}, which is not known", name);
}

// The last word of a name is taken for the family's.
std::string family_name_of(const User& user) { return user.name.substr(user.name.rfind(' ') + 1); }

}  // namespace

Mailer::Mailer(MailerParts parts, MailerConfig config)
    : parts_(parts),
      config_(std::move(config)),
      announcing_([this] { return announce_one(); }, {config_.crew.threads ? 1u : 0u, config_.crew.pause},
                  parts_.completed),
      sending_([this] { return send_one(); }, config_.crew, written_) {}

Mailer::~Mailer() {
  if (parts_.transport) parts_.transport->stop();
}

Result<bool> Mailer::announce_one() {
  ASSIGN_OR_RETURN(auto job, parts_.jobs.take(config_.announced, parts_.clock.now(), config_.lease));
  if (!job) return false;
  ASSIGN_OR_RETURN(auto download, parts_.downloads.find(job->subject));
  std::vector<model::JobDraft> mails;
  if (download && download->is_complete() && parts_.transport) {
    ASSIGN_OR_RETURN(mails, mails_about(*download));
  }
  RETURN_IF_ERROR(parts_.jobs.finish(*job, mails, parts_.clock.now()));
  if (!mails.empty()) written_.ring();
  return true;
}

Result<bool> Mailer::wants_mail(const Download& download) const {
  if (!download.in_background) return false;
  ASSIGN_OR_RETURN(auto owner, parts_.people.find_user(download.owner));
  if (!owner || owner->email.empty()) return false;
  auto preferences = parts_.people.get_preferences(download.owner);
  if (!preferences && preferences.error().code == Code::not_found) return false;  // the owner has gone
  if (!preferences) return std::move(preferences).error();
  return preferences->mail_downloads.value_or(config_.mail_downloads);
}

Result<std::vector<model::JobDraft>> Mailer::mails_about(const Download& download) const {
  std::vector<model::JobDraft> mails;
  auto add = [&](const std::string& user, std::string_view kind) {
    mails.push_back(
        {std::string(kMailJob), download.id + "/" + user, {{"kind", kind}, {"user", user}}, download.owner});
  };
  ASSIGN_OR_RETURN(auto is_wanted, wants_mail(download));
  if (is_wanted) add(download.owner, kToOneself);
  for (const auto& user : texts_of(download.request, "email")) add(user, kToOthers);
  return mails;
}

Result<bool> Mailer::send_one() {
  if (!parts_.transport) return false;  // what is to be sent waits for a mail service
  ASSIGN_OR_RETURN(auto job, parts_.jobs.take(kMailJob, parts_.clock.now(), config_.lease));
  if (!job) return false;
  auto sent = [&] {
    Heartbeat heartbeat(parts_.jobs, parts_.clock, *job, config_.lease);
    return send(*job);
  }();
  RETURN_IF_ERROR(end_attempt(*job, sent));
  return true;
}

Result<void> Mailer::end_attempt(const model::Job& job, const Result<void>& sent) {
  if (sent) return parts_.jobs.finish(job);
  const auto& error = sent.error();
  auto now = parts_.clock.now();
  auto pause = config_.first_pause;
  auto waited = pause;
  for (int i = 1; i < job.attempts && waited < config_.patience; ++i) {
    pause = std::min(2 * pause, config_.longest_pause);
    waited += pause;
  }
  log::warn("the mail {} was not sent: {}", job.subject, error.message);
  if (error.code == Code::denied || waited >= config_.patience) return parts_.jobs.fail(job, error.message);
  return parts_.jobs.retry(job, now + pause, error.message);
}

// What it is about, or whom it is for, may have gone meanwhile: then nothing is to be sent.
Result<void> Mailer::send(const model::Job& job) {
  if (job.subject.starts_with(kLinkMailMark)) return send_link(job);
  ASSIGN_OR_RETURN(auto download, parts_.downloads.find(job.subject.substr(0, job.subject.find('/'))));
  ASSIGN_OR_RETURN(auto recipient, parts_.people.find_user(text_of(job.details, "user")));
  if (!download || download->is_expired || !recipient || !recipient->enabled) return ok();
  if (recipient->email.empty()) return Error{Code::denied, "the user " + recipient->id + " has no mail address"};
  ASSIGN_OR_RETURN(auto mail, write(job, *download, *recipient));
  return parts_.transport->send(mail);
}

// A link that has ended meanwhile is not sent. What was typed goes through the template only.
Result<void> Mailer::send_link(const model::Job& job) {
  auto mail = link_mail_of(job, parts_.seal);
  if (!mail) return Error{Code::denied, mail.error().message};
  ASSIGN_OR_RETURN(auto share, parts_.shares.find(mail->share));
  if (!share || !share->is_open(parts_.clock.now())) return ok();
  ASSIGN_OR_RETURN(auto owner, parts_.people.find_user(share->owner));
  if (!owner || !owner->enabled) return ok();
  ASSIGN_OR_RETURN(auto preferences, parts_.people.get_preferences(owner->id));
  auto path = share->items.empty() ? AssetPath::trusted("/content/dam") : share->items.front().path;
  auto source = parts_.templates.find(MailKind::shared_link, preferences.language, path);
  auto rendered = mail::render(source, {{"emailSubject", mail->subject},
                                        {"emailMessage", mail->message},
                                        {"emailInitiator", owner->email.empty() ? owner->id : owner->email},
                                        {"pagePath", config_.host_prefix + "/linkshare.html?sh=" + mail->token},
                                        {"linkExpiry", format_utc(share->expires)},
                                        {"host.prefix", config_.host_prefix}});
  log_unknown(rendered);
  model::MailAddress sender{owner->name, owner->email};
  if (!mail::parse_address(sender.address) || mail::needs_smtputf8(sender.address)) sender = {};
  return parts_.transport->send(finish(std::move(rendered), {"", mail->address}, sender, job, share->created));
}

Result<model::OutgoingMail> Mailer::write(const model::Job& job, const Download& download,
                                          const User& recipient) const {
  auto address = mail::parse_address(recipient.email);
  if (!address) return Error{Code::denied, address.error().message};
  auto kind = text_of(job.details, "kind") == kToOneself ? MailKind::to_oneself : MailKind::to_others;
  ASSIGN_OR_RETURN(auto preferences, parts_.people.get_preferences(recipient.id));
  ASSIGN_OR_RETURN(auto owner, parts_.people.find_user(download.owner));
  auto path = download.targets.empty() ? AssetPath::trusted("/content/dam") : download.targets.front();
  auto source = parts_.templates.find(kind, preferences.language, path);
  auto values = variables_of(download, recipient, owner.value_or(User{download.owner, download.owner, "", "", true}));
  values["participant.language"] = preferences.language;
  auto rendered = mail::render(source, values);
  log_unknown(rendered);
  return finish(std::move(rendered), {recipient.name, *address}, {}, job, *download.finished);
}

// The same mail sent again has the same id.
model::OutgoingMail Mailer::finish(mail::Rendered rendered, model::MailAddress to, model::MailAddress reply_to,
                                   const model::Job& job, Seconds begun) const {
  if (rendered.html.empty()) rendered.html = mail::html_of_plain_text(rendered.text);
  auto id = sha256_of(bytes_of(job.subject + format_utc(begun))).hex().substr(0, 32);
  return {config_.from,
          std::move(to),
          std::move(reply_to),
          std::move(rendered.subject),
          std::move(rendered.text),
          std::move(rendered.html),
          std::move(id),
          parts_.clock.now()};
}

mail::Variables Mailer::variables_of(const Download& download, const User& recipient, const User& owner) const {
  auto page = "/api/v1/downloads/" + download.id;
  auto path = download.targets.empty() ? std::string("/content/dam") : download.targets.front().text();
  std::string links, failures;
  for (const auto& artifact : download.artifacts) {
    links += fmt::format("{} ({}): {}{}/artifacts/{}\n", artifact.name, format_size(artifact.size), config_.host_prefix,
                         page, percent_encode_path(artifact.name));
  }
  constexpr std::size_t kMostNamed = 100;
  for (std::size_t i = 0; i < std::min(download.skipped.size(), kMostNamed); ++i)
    failures += fmt::format("{}: {}\n", download.skipped[i].path, download.skipped[i].message);
  if (download.skipped.size() > kMostNamed) failures += fmt::format("... ({})\n", download.skipped.size() - kMostNamed);
  auto finished = download.finished.value_or(parts_.clock.now());
  std::string state(model::name_of(download.status));
  return {{"event.EventType", std::string(event_of(download))},
          {"event.TimeStamp", format_utc(finished)},
          {"event.User", owner.id},
          {"initiator.home", "/home/users/" + owner.id},
          {"initiator.name", owner.name.empty() ? owner.id : owner.name},
          {"initiator.email", owner.email},
          {"participant.id", recipient.id},
          {"participant.name", recipient.name.empty() ? recipient.id : recipient.name},
          {"participant.familyName", family_name_of(recipient)},
          {"participant.email", recipient.email},
          {"item.id", download.id},
          {"item.node.id", "download"},
          {"item.node.title", "Asset download"},
          {"instance.id", download.id},
          {"instance.state", state},
          {"model.id", "dam/download"},
          {"model.title", "Asset download"},
          {"model.version", "1.0"},
          {"payload.type", "JCR_PATH"},
          {"payload.data", path},
          {"payload.path", path},
          {"payload.path.open", page},
          {"host.prefix", config_.host_prefix},
          {"download.id", download.id},
          {"download.name", download.name},
          {"download.state", state},
          {"download.url", config_.host_prefix + page},
          {"download.links", links},
          {"download.partCount", std::to_string(download.artifacts.size())},
          {"download.assetCount", std::to_string(download.progress.assets)},
          {"download.fileCount", std::to_string(download.total_count)},
          {"download.size", format_size(download.total_size)},
          {"download.failures", failures},
          {"download.expires", download.expires ? format_utc(*download.expires) : ""},
          {"download.message", text_of(download.request, "message")}};
}

}  // namespace dray::service
