#include "edge/api/answer_cache.h"

#include "base/text.h"

namespace dray::api {
namespace {

constexpr std::size_t kMostKept = 10'000;

// A digest: how long a comparison takes says nothing about somebody's password.
Sha256 key_of(const server::Request& request) {
  Sha256Hasher hasher;
  constexpr std::string_view kEnd("\0", 1);
  auto add = [&](std::string_view text) {
    hasher.update(bytes_of(text));
    hasher.update(bytes_of(kEnd));
  };
  add(request.head.target);
  for (const auto& [name, value] : request.head.fields) {
    bool is_cookie = equal_ignoring_case(name, "Cookie");
    if (!is_cookie && !equal_ignoring_case(name, "Authorization")) continue;
    add(is_cookie ? "Cookie" : "Authorization");
    add(value);
  }
  return hasher.finish();
}

}  // namespace

std::optional<AnswerCache::Moment> AnswerCache::now() {
  auto catalog = changes_.version();
  if (!catalog) return std::nullopt;
  return Moment{*catalog, clock_.now()};
}

std::optional<ShownPicture> AnswerCache::find(const server::Request& request) {
  auto at = now();
  if (!at) return std::nullopt;
  auto key = key_of(request);
  std::lock_guard lock(mutex_);
  if (moment_ != *at) return std::nullopt;
  auto found = kept_.find(key);
  if (found == kept_.end()) return std::nullopt;
  auto picture = found->second.picture.lock();
  if (!picture) return std::nullopt;
  return ShownPicture{std::move(picture), found->second.entity_tag, found->second.last_modified};
}

void AnswerCache::keep(const server::Request& request, const Moment& asked, const ShownPicture& shown) {
  auto at = now();
  if (!at || *at != asked) return;
  auto key = key_of(request);
  std::lock_guard lock(mutex_);
  if (moment_ != asked || kept_.size() >= kMostKept) kept_.clear();
  moment_ = asked;
  kept_[key] = {shown.picture, shown.entity_tag, shown.last_modified};
}

}  // namespace dray::api
