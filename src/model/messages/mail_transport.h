// The port to the mail service.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace dray::model {

struct MailAddress {
  std::string name;     // UTF-8; may be empty
  std::string address;  // checked: mail::parse_address()

  bool operator==(const MailAddress&) const = default;
};

// To one person. All text is UTF-8, its lines end with LF.
struct OutgoingMail {
  MailAddress from, to;
  MailAddress reply_to;  // without an address: nothing is said
  std::string subject;
  std::string text;
  std::string html;  // the same as HTML; may be empty
  std::string id;    // what the Message-ID is made of: the same mail sent again has the same
  Seconds date{};

  bool operator==(const OutgoingMail&) const = default;
};

// Safe for use from any thread.
class MailTransport {
 public:
  virtual ~MailTransport() = default;
  // ok: the mail service has taken it. Code::busy, Code::unavailable: it may take it later. Code::denied: it does not
  // take it, now or later. The message says what it answered.
  virtual Result<void> send(const OutgoingMail& mail) = 0;
  virtual void stop() {}  // what is being sent is given up, now and later, as Code::unavailable
};

}  // namespace dray::model
