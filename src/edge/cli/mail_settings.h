// What is said about mail: where it is sent, by whom, and with which templates.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "model/messages/mail_transport.h"
#include "service/notices/mailer.h"

namespace dray::cli {

// How `app` makes a transport of what was said.
struct MailService {
  std::string host;
  unsigned port = 25;
  std::string user, password;
  bool tls = false;              // from the first byte
  std::optional<bool> starttls;  // nullopt: where it is offered
  std::string ca_file;
  bool log_dialogue = false;
};

struct MailSettings {
  std::optional<MailService> service;  // nullopt: no mail is sent
  service::MailerConfig mailer;
  service::TemplatesConfig templates;
};

// PIDs com.day.cq.mailer.DefaultMailService, com.day.cq.commons.impl.ExternalizerImpl,
// com.day.cq.workflow.impl.email.EMailNotificationService and dray.mail, and mail templates, of `directory`, which may
// be "". `own_address`: where this server listens. Code::invalid names the file and the key.
Result<MailSettings> read_mail_settings(const std::string& directory, const std::string& own_address);

}  // namespace dray::cli
