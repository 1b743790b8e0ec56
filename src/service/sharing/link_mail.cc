#include "service/sharing/link_mail.h"

#include "service/jobs/mail_job.h"

namespace dray::service {
namespace {

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

model::JobDraft job_of(const LinkMail& mail, const std::string& owner, const Seal& seal, Random& random) {
  return {std::string(kMailJob),
          std::string(kLinkMailMark) + mail.share + "/" + mail.address,
          {{"share", mail.share},
           {"user", mail.address},
           {"token", seal.close(mail.token, random)},
           {"subject", mail.subject},
           {"message", mail.message}},
          owner};
}

Result<LinkMail> link_mail_of(const model::Job& job, const Seal& seal) {
  LinkMail mail{text_of(job.details, "share"), text_of(job.details, "user"), "", text_of(job.details, "subject"),
                text_of(job.details, "message")};
  ASSIGN_OR_RETURN(mail.token, seal.open(text_of(job.details, "token")));
  return mail;
}

}  // namespace dray::service
