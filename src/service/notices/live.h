// Tells those who listen what happens to downloads, as it happens.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "model/downloads/download_repository.h"
#include "model/events/catalog_changes.h"

namespace dray::service {

struct LiveUpdate {
  std::uint64_t number = 0;                 // of the change: model::DownloadChange
  std::string id;                           // of the download
  std::optional<model::Download> download;  // as it is now; nullopt: removed
  std::uint64_t unread = 0;                 // of its owner's
};

// Called on the thread of LiveUpdates; does not wait.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void tell(const LiveUpdate& update) = 0;
  virtual void end() = 0;  // nothing will be told any more
};

// Looks into the catalog as long as somebody listens, and so hears of what other processes did as well. Several changes
// of one download may be told as one. Safe for use from any thread.
class LiveUpdates {
 public:
  LiveUpdates(const model::DownloadRepository& downloads, model::CatalogChanges& changes,
              std::chrono::milliseconds look = std::chrono::milliseconds(100));
  ~LiveUpdates();
  LiveUpdates(const LiveUpdates&) = delete;

  // Of every change of the owner's downloads after `after`, for as long as the listener lives.
  // Code::gone: changes after that one are no longer known; Code::busy: the owner has many listeners already.
  Result<void> subscribe(const std::string& owner, std::uint64_t after, std::weak_ptr<Listener> listener);
  void stop();  // ends all, now and later; nobody is told anything once it returns

 private:
  struct Subscription {
    std::uint64_t after;
    std::weak_ptr<Listener> listener;
  };

  void run();
  Result<void> look_once();
  bool is_heard(const std::string& owner);
  bool forget_those_gone();  // whether anybody is left
  void tell(const std::string& owner, const LiveUpdate& update, std::uint64_t after);

  const model::DownloadRepository& downloads_;
  model::CatalogChanges& changes_;
  const std::chrono::milliseconds look_;
  std::mutex mutex_;
  std::condition_variable awake_;
  bool stops_ = false;                                                        // guarded by mutex_
  std::unordered_map<std::string, std::vector<Subscription>> subscriptions_;  // by owner; guarded by mutex_
  std::uint64_t told_ = 0;                                                    // changes up to here; guarded by mutex_
  bool is_behind_ = true;                                                     // look, whatever the version; likewise
  std::once_flag joined_;
  std::thread thread_;
};

}  // namespace dray::service
