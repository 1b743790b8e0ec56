#include "edge/server/answer_cache.h"

namespace dray::server {
namespace {

constexpr std::size_t kMostKept = 10'000;
constexpr std::size_t kMostBytes = 64 * 1024 * 1024;

}  // namespace

std::optional<AnswerCache::Moment> AnswerCache::now() const {
  auto version = service_.version();
  if (!version) return std::nullopt;
  auto second = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());  // as a Clock says it
  return Moment{*version, second.time_since_epoch().count()};
}

std::shared_ptr<const ReadyAnswer> AnswerCache::find(std::string_view raw_head) const {
  auto at = now();
  std::lock_guard lock(mutex_);
  if (!at || moment_ != *at) return nullptr;
  auto found = kept_.find(raw_head);
  return found == kept_.end() ? nullptr : found->second;
}

void AnswerCache::keep(const std::string& raw_head, const Moment& asked, ReadyAnswer answer) {
  auto at = now();
  if (!at || *at != asked) return;
  auto size = raw_head.size() + answer.head.size() + (answer.source ? answer.source->size() : 0);
  std::lock_guard lock(mutex_);
  if (moment_ != asked || kept_.size() >= kMostKept || bytes_ + size > kMostBytes) {
    kept_.clear();
    bytes_ = 0;
  }
  moment_ = asked;
  bool is_new = kept_.insert_or_assign(raw_head, std::make_shared<const ReadyAnswer>(std::move(answer))).second;
  if (is_new) bytes_ += size;
}

}  // namespace dray::server
