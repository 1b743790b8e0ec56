#include "model/messages/memory_transport.h"

namespace dray::model {

Result<void> MemoryTransport::send(const OutgoingMail& mail) {
  std::lock_guard lock(mutex_);
  if (auto failure = failures_.find(mail.to.address); failure != failures_.end()) return failure->second;
  sent_.push_back(mail);
  return ok();
}

void MemoryTransport::fail(const std::string& address, Error error) {
  std::lock_guard lock(mutex_);
  failures_[address] = std::move(error);
}

void MemoryTransport::heal(const std::string& address) {
  std::lock_guard lock(mutex_);
  failures_.erase(address);
}

std::vector<OutgoingMail> MemoryTransport::sent() const {
  std::lock_guard lock(mutex_);
  return sent_;
}

}  // namespace dray::model
