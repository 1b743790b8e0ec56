// The port to downloads.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/downloads/download.h"
#include "model/jobs/along.h"

namespace dray::model {

// That something about a download is other than before: what, find() says; nothing: it was removed.
struct DownloadChange {
  std::uint64_t number = 0;  // rising
  std::string download, owner;

  bool operator==(const DownloadChange&) const = default;
};

enum class Listing { all, inbox };  // inbox: without those that were dismissed

// Safe for use from any thread. What changes a download is noted in the same transaction; changes are kept for a while.
class DownloadRepository {
 public:
  virtual ~DownloadRepository() = default;
  // New or replaced, and what goes along: all of it or nothing; durable when it answers.
  virtual Result<void> put(const Download& download, const Along& along = {}) = 0;
  // put(), but only while the stored one is being processed; whether it was. Somebody may have cancelled it meanwhile,
  // or have sent it to the background, where it stays: then its notice is unread.
  virtual Result<bool> complete(const Download& download, const Along& along = {}) = 0;
  // Nothing where it is not being processed any more.
  virtual Result<void> note_progress(const std::string& id, const DownloadProgress& progress) = 0;
  virtual Result<bool> send_to_background(const std::string& id) = 0;  // whether it is being processed
  virtual Result<std::optional<Download>> find(const std::string& id) const = 0;
  // Whether the user owns it or is one of its recipients. Where not, the time says nothing of whether there is such a
  // download and what it is like.
  virtual Result<bool> is_reader(const std::string& id, const std::string& user) const = 0;
  // The owner's, the newest first; `before` is the id of the last one of the page before, or "".
  virtual Result<std::vector<Download>> list(const std::string& owner, const std::string& before, std::size_t limit,
                                             Listing listing = Listing::all) const = 0;
  virtual Result<std::uint64_t> count_unread(const std::string& owner) const = 0;
  // Of the owner's complete ones; whether it was another.
  virtual Result<bool> set_notice(const std::string& owner, const std::string& id, Notice notice) = 0;
  virtual Result<void> remove(const std::string& id, const Along& along = {}) = 0;  // Code::not_found
  // Of those whose time is over: the artifacts go, and what was in the background is unread once more. How many; at
  // most `limit`.
  virtual Result<std::size_t> expire(Seconds now, std::size_t limit) = 0;
  // Those that expired before that time.
  virtual Result<std::size_t> remove_expired(Seconds before, std::size_t limit) = 0;
  // Changes after that number, the oldest first. 0 is before all.
  virtual Result<std::vector<DownloadChange>> list_changes(std::uint64_t after, std::size_t limit) const = 0;
  virtual Result<std::uint64_t> last_change() const = 0;
  // Every artifact's content blob, for checks and for clearing up; stops at the first error of `visit`.
  virtual Result<void> visit_artifacts(
      const std::function<Result<void>(const std::string& id, const Artifact&)>& visit) const = 0;
};

}  // namespace dray::model
