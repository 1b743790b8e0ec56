// The in-memory twin of the mail transport, for tests: keeps what was sent, and fails when it is told to.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "model/messages/mail_transport.h"

namespace dray::model {

class MemoryTransport final : public MailTransport {
 public:
  Result<void> send(const OutgoingMail& mail) override;

  void fail(const std::string& address, Error error);  // every mail to it, until heal()
  void heal(const std::string& address);
  std::vector<OutgoingMail> sent() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Error> failures_;
  std::vector<OutgoingMail> sent_;
};

}  // namespace dray::model
