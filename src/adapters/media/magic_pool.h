// libmagic for many threads.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

struct magic_set;

namespace dray::media {

// libmagic's cookies serve one thread at a time and take some ten milliseconds to load: they are kept here between
// calls, as many as there ever were calls at once. Safe for use from any thread.
class MagicPool {
 public:
  MagicPool();
  ~MagicPool();
  // What libmagic calls the content of the open regular file `fd` from its offset on, of which it reads at most the
  // first 256 KiB and, in OLE files, the directory. "application/octet-stream" when it makes nothing of it.
  // Code::unavailable: the database of libmagic cannot be loaded.
  Result<std::string> type_of(int fd);

 private:
  struct Close {
    void operator()(magic_set* cookie) const;
  };
  using Cookie = std::unique_ptr<magic_set, Close>;
  Result<Cookie> take();

  std::mutex mutex_;
  std::vector<Cookie> idle_;  // guarded by mutex_
};

}  // namespace dray::media
