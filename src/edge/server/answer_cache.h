// Answers that are given again, byte for byte, to whoever sends the same head: nobody is asked. Each holds while the
// service says that nothing has changed, and to the end of its second: what expires does so by the second, and so does
// its Date.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/byte_source.h"
#include "edge/server/service.h"

namespace dray::server {

struct ReadyAnswer {
  int status = 200;
  std::string head;       // with its empty line
  std::string_view body;  // lies in `cursor`
  std::shared_ptr<const ByteCursor> cursor;
  std::shared_ptr<const ByteSource> source;  // of the body; nullptr where there is none
  ByteRange range;                           // of the source

  std::size_t size() const { return head.size() + body.size(); }
};

// Safe for use from any thread.
class AnswerCache {
 public:
  explicit AnswerCache(Service& service) : service_(service) {}

  struct Moment {
    std::uint64_t version = 0;
    std::int64_t second = 0;
    bool operator==(const Moment&) const = default;
  };
  std::optional<Moment> now() const;  // nothing: it cannot be told whether something has changed

  std::shared_ptr<const ReadyAnswer> find(std::string_view raw_head) const;
  // `asked` is from before the answer was thought of.
  void keep(const std::string& raw_head, const Moment& asked, ReadyAnswer answer);

 private:
  struct Hash {  // not noexcept: so the map keeps hashes, and compares heads only when these are equal
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  Service& service_;
  mutable std::mutex mutex_;  // guards what follows
  Moment moment_;             // that all of them are of
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, std::shared_ptr<const ReadyAnswer>, Hash, std::equal_to<>> kept_;
};

}  // namespace dray::server
