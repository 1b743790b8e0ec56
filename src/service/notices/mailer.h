// Writes mails about downloads and of shared links, and sends them.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "model/downloads/download_repository.h"
#include "model/jobs/job_queue.h"
#include "model/messages/mail_transport.h"
#include "model/people/people.h"
#include "model/shares/share_repository.h"
#include "service/accounts/seal.h"
#include "service/jobs/bell.h"
#include "service/jobs/crew.h"
#include "service/jobs/mail_job.h"
#include "service/notices/templates.h"

namespace dray::service {

struct MailerParts {
  const model::DownloadRepository& downloads;
  const model::ShareRepository& shares;
  model::PeopleRepository& people;
  model::JobQueue& jobs;
  const Clock& clock;
  const Templates& templates;
  const Seal& seal;
  model::MailTransport* transport = nullptr;  // nullptr: no mail is sent, and nobody is told by mail
  Bell& completed;                            // rung where downloads may have to be announced
};

struct MailerConfig {
  model::MailAddress from;
  std::string host_prefix;                  // the address of this installation from outside: "https://dam.example.com"
  bool mail_downloads = false;              // to those who have said neither
  std::string announced = "announcements";  // the kind of the jobs that say that a download is complete
  CrewConfig crew{2};
  std::chrono::seconds lease{15};                             // extended while a mail is being sent
  std::chrono::seconds first_pause{60}, longest_pause{3600};  // between attempts, doubled each time
  std::chrono::hours patience{72};                            // then a mail has failed
};

// Announces and sends until it is destroyed.
class Mailer {
 public:
  Mailer(MailerParts parts, MailerConfig config);
  ~Mailer();

  // For tests: one piece of work; false: there is none.
  Result<bool> announce_one();
  Result<bool> send_one();

 private:
  Result<std::vector<model::JobDraft>> mails_about(const model::Download& download) const;
  Result<bool> wants_mail(const model::Download& download) const;
  Result<void> end_attempt(const model::Job& job, const Result<void>& sent);
  Result<void> send(const model::Job& job);
  Result<void> send_link(const model::Job& job);
  Result<model::OutgoingMail> write(const model::Job& job, const model::Download& download,
                                    const model::User& recipient) const;
  model::OutgoingMail finish(mail::Rendered rendered, model::MailAddress to, model::MailAddress reply_to,
                             const model::Job& job, Seconds begun) const;
  mail::Variables variables_of(const model::Download& download, const model::User& recipient,
                               const model::User& owner) const;

  const MailerParts parts_;
  const MailerConfig config_;
  Bell written_;
  Crew announcing_, sending_;
};

}  // namespace dray::service
