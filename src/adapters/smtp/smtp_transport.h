// Mail over SMTP (RFC 5321), with libcurl.
#pragma once

#include <memory>

#include "model/messages/mail_transport.h"

namespace dray::smtp {

enum class Encryption {
  none,
  when_offered,  // STARTTLS where the server offers it
  starttls,      // or not at all
  tls            // from the first byte
};

struct SmtpConfig {
  std::string host;
  unsigned port = 25;
  std::string user, password;  // empty: no AUTH
  Encryption encryption = Encryption::when_offered;
  std::string ca_file;        // certificates to trust; empty: the system's
  bool log_dialogue = false;  // without what is secret
  unsigned patience = 600;    // seconds for one mail: a server may think about it for long (RFC 5321, 4.5.3.2.6)
};

std::unique_ptr<model::MailTransport> make_smtp_transport(SmtpConfig config);

}  // namespace dray::smtp
