// A mail that takes a shared link to somebody, while it waits to be sent. The link's token is sealed meanwhile.
#pragma once

#include "model/jobs/job_queue.h"
#include "service/accounts/seal.h"

namespace dray::service {

struct LinkMail {
  std::string share;    // by id
  std::string address;  // of the recipient
  std::string token;
  std::string subject, message;  // as the sender typed them

  bool operator==(const LinkMail&) const = default;
};

// One job for each recipient of a link.
model::JobDraft job_of(const LinkMail& mail, const std::string& owner, const Seal& seal, Random& random);
Result<LinkMail> link_mail_of(const model::Job& job, const Seal& seal);  // Code::corrupt

}  // namespace dray::service
