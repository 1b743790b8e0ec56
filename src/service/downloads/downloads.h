// Downloads, from request to bytes.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "base/clock.h"
#include "base/places.h"
#include "base/random.h"
#include "model/assets/asset_repository.h"
#include "model/blobs/blob_store.h"
#include "model/downloads/download_repository.h"
#include "model/events/events.h"
#include "model/jobs/job_queue.h"
#include "model/people/access.h"
#include "model/people/people.h"
#include "model/renditions/preset_repository.h"
#include "pipeline/bytes/archive_source.h"
#include "pipeline/layout/layout.h"
#include "pipeline/plan/plan.h"
#include "pipeline/select/selection.h"
#include "service/downloads/opened_archives.h"
#include "service/downloads/renditions.h"
#include "service/jobs/bell.h"

namespace dray::service {

struct OpenArtifact {
  model::Artifact artifact;
  std::shared_ptr<const ByteSource> source;
  std::shared_ptr<const pipeline::OpenManifest> manifest;  // of an archive
};

struct OpenOriginal {
  model::Node node;
  std::shared_ptr<const ByteSource> source;
};

// The first four stages of a request.
struct Explanation {
  pipeline::DownloadRequest request;
  pipeline::Selection selection;
  pipeline::Plan plan;
  std::vector<pipeline::Layout> layouts;
};
json::object to_json(const Explanation& explanation);

// Downloads that somebody waits for, and those that go on in the background: jobs whose subject is the download's id.
inline constexpr std::string_view kQuickDownloadJob = "quick-downloads", kDownloadJob = "downloads";
// That a download is complete, and somebody may have to be told.
inline constexpr std::string_view kAnnouncementJob = "announcements";

// What Downloads is built on; all of it outlives it.
struct DownloadsParts {
  model::AssetRepository& assets;
  model::BlobStore& blobs;
  model::DownloadRepository& downloads;
  model::PeopleRepository& people;
  model::AccessRepository& access;
  model::EventLog& events;
  model::JobQueue& jobs;
  const Clock& clock;
  Random& random;
  const model::PresetRepository& presets;
  const model::ProcessingProfileRepository& processing_profiles;
  Bell& queued;                  // rung for each download that is to be prepared
  Bell& completed;               // rung for each that is complete
  Renderer* renderer = nullptr;  // without one no renditions can be made, only explained
  SmartCrops* smart_crops = nullptr;
  // With which rights the downloads of an owner are made: model::Caller::owner_id(). Without it owners are users.
  std::function<Result<model::Caller>(const std::string& owner)> caller_of = nullptr;
  // Told of each download that ended without anything to be had.
  std::function<void(const std::string& owner)> came_to_nothing = nullptr;
  model::ReadLicencePage read_licence_page = nullptr;
};

struct DownloadsConfig {
  pipeline::Policy policy = {};
  // What has more assets or bytes, or takes longer to prepare, goes on in the background.
  pipeline::SelectionLimits now = {};
  std::chrono::seconds now_time{3600};
  // Requests that may wait at a time, of one owner and in all: for a download's end, for one just begun, and for one
  // that is not kept and takes long.
  unsigned waiting = 6, waiting_of_owner = 3;
  std::uint64_t queued_of_user = 2000;  // downloads that wait for their turn
  std::uint64_t queued = 20'000;
  std::uint64_t renditions = std::numeric_limits<std::uint64_t>::max();  // of one download
  std::chrono::seconds retention = std::chrono::days(14);                // of complete ones
  bool can_mail = false;                                                 // there is a mail service
  std::optional<ByteCount> link_limit = {};  // of the files of one download through a shared link
};

// Those whom a request names to be told by mail.
struct Recipients {
  std::vector<std::string> users;    // by id
  std::vector<std::string> refused;  // as they were named: no members of dam-users, disabled, or without an address
};

enum class Wait { no, while_small };

// Safe for use from any thread.
class Downloads {
 public:
  Downloads(DownloadsParts parts, DownloadsConfig config)
      : parts_(std::move(parts)),
        config_(config),
        manifests_(parts_.blobs),
        asking_(config.waiting, config.waiting_of_owner),
        starting_(config.waiting, config.waiting_of_owner),
        opening_(config.waiting, config.waiting_of_owner) {}

  // Selects, plans, lays out, makes the manifests durable and then the download: here, or, where that takes time, as a
  // job, whose end is waited for unless the download is a large one. So the answer may still be in processing.
  // An Error only when the store or the catalog fails; Code::invalid where a rendition is asked for that nobody could
  // make; Code::busy where too many wait already; what cannot be delivered is in the download's `skipped`.
  // With Wait::no what has to be made is not waited for. `gone` is set once whoever waits has gone: then it is
  // cancelled.
  Result<model::Download> create(const pipeline::DownloadRequest& request, const model::Caller& caller,
                                 Wait wait = Wait::while_small, const StopFlag& gone = nullptr);
  // The archive or file of a request, without a download that is kept: for clients that ask for it by one address. It
  // is one, whatever its size, and the same selection gives the same bytes. Made while the caller waits: Code::busy
  // where too many do, or where it takes more than ten minutes; what has been made by then need not be made again.
  // No artifact: there is nothing to deliver, `skipped` says why.
  struct Opened {
    std::optional<OpenArtifact> artifact;
    std::vector<model::Skipped> skipped;
    std::string message;
    model::Download kept;  // for check_access(): what it would be if it were kept
    bool is_unagreed = false;
    std::vector<model::Event> events;  // to be noted before its first byte is sent: that, and who agreed to what
  };
  // What comes with licences that are not agreed to is left out; or all of it, and only `skipped` and `is_unagreed` are
  // told.
  enum class Unagreed { leave_out, stop };
  // Of what is sent: `later`: of what this caller opened a moment ago, if there is such; `alone`: none will be later.
  enum class Part { whole, later, alone };
  Result<Opened> open_now(pipeline::DownloadRequest request, const model::Caller& caller,
                          Unagreed unagreed = Unagreed::leave_out, Part part = Part::whole,
                          const StopFlag& gone = nullptr);
  // The download, as it is once it is complete, or after that time.
  Result<model::Download> wait(const std::string& id, const model::Caller& caller, std::chrono::seconds patience,
                               const StopFlag& gone = nullptr);
  // Users or their addresses, as `request.email` names them. create() takes users only.
  Result<Recipients> find_recipients(const pipeline::DownloadRequest& request) const;
  // The licences of what the caller would get of this, if only they agreed.
  struct FoundLicences {
    // At most `most`, first those that are not agreed to; all that are no assets have their HTML.
    std::vector<pipeline::SelectedLicence> licences;
    std::uint64_t count = 0, not_accepted = 0;  // how many there are
    std::vector<model::Skipped> skipped;
  };
  // `far`: of the first 100,000 assets. `whole`: of all; Code::busy where too many ask for large ones.
  enum class Reach { far, whole };
  Result<FoundLicences> find_licences(pipeline::DownloadRequest request, const model::Caller& caller, std::size_t most,
                                      Reach reach = Reach::far);
  Result<Explanation> explain(const pipeline::DownloadRequest& request, const model::Caller& caller) const;

  // What a job does: ok when the download is complete, also as failed, or gone. Else an Error, and it is to be tried
  // again; Code::gone: `preparation` was stopped. With `is_last` every failure is the download's.
  Result<void> carry_out(const std::string& id, Preparation& preparation, bool is_last);
  // Notes how far it is, and stops it where nobody wants it any more. Now and then, while it is carried out.
  void look_after(const std::string& id, Preparation& preparation);
  void send_to_background(const std::string& id);  // whoever waited for it is no longer there
  void stop_waiting();  // whoever waits for a download, now or later, gets it as it is: everything stops
  // Takes the artifacts from downloads whose time is over, and forgets those that it was taken from long ago. Now and
  // then.
  Result<void> clear_up();
  std::vector<model::BlobId> list_sent() const { return manifests_.list_open(); }  // manifests of archives

  // The caller's own, or anyone's for administrators; else Code::not_found, as if it were not there.
  Result<model::Download> get(const std::string& id, const model::Caller& caller) const;
  // get(), also for those who were sent a mail about it.
  Result<model::Download> get_to_read(const std::string& id, const model::Caller& caller) const;
  Result<std::vector<model::Download>> list(const model::Caller& caller, const std::string& before, std::size_t limit,
                                            model::Listing listing = model::Listing::all) const;
  Result<std::uint64_t> count_unread(const model::Caller& caller) const;
  // Of the caller's own. Code::not_found; Code::conflict: it is being processed.
  Result<void> set_notice(const std::string& id, model::Notice notice, const model::Caller& caller);
  // One that is being processed is cancelled, and stays as failed.
  Result<void> remove(const std::string& id, const model::Caller& caller);
  // Asks for the same once more, as a new download of the same owner. Code::conflict: it is being processed, or was
  // asked for by a visitor of a link.
  Result<model::Download> retry(const std::string& id, const model::Caller& caller);

  // Of the files in an artifact, in order, at most so many. Code::gone: its manifest is no longer kept.
  Result<std::vector<std::string>> list_names(const model::Artifact& artifact, std::size_t limit);
  // Whether its artifacts may still be read: Code::not_found, or Code::denied when a right that they need has been
  // withdrawn since.
  Result<void> check_access(const std::string& id, const model::Caller& caller) const;
  Result<void> check_access(const model::Download& download, const model::Caller& caller) const;
  // As check_access(); Code::gone when a blob has gone.
  Result<OpenArtifact> open_artifact(const std::string& id, const std::string& name, const model::Caller& caller);
  Result<OpenOriginal> open_original(const AssetPath& path, const model::Caller& caller) const;

 private:
  pipeline::Library library() const { return {parts_.assets, parts_.read_licence_page}; }
  struct Gathered;
  Result<Gathered> gather(const pipeline::DownloadRequest& request, const model::Caller& caller,
                          const pipeline::SelectionLimits& limits, model::PrivilegeSet needed) const;
  Result<std::vector<Gathered>> gather_all(const pipeline::DownloadRequest& request, const model::Caller& caller,
                                           const pipeline::SelectionLimits& limits) const;
  Result<std::vector<Explanation>> plan(std::vector<Gathered> gathered, Preparation& preparation) const;
  // Code::too_large: visitors of links may not have so much at once.
  Result<void> check_size(ByteCount size, const model::Caller& caller) const;
  Result<void> lay_out(Explanation& prepared, Preparation* preparation) const;
  Result<void> make(Gathered& gathered, Preparation& preparation) const;
  // `preparation`: is told of each file.
  void leave_out_missing_blobs(pipeline::Selection& selection, Preparation* preparation) const;
  Result<std::vector<model::Artifact>> make_artifacts(const std::vector<Explanation>& prepared) const;
  Result<std::vector<model::Event>> fill(model::Download& download, std::vector<Explanation> prepared) const;
  void finish(model::Download& download) const;
  Result<model::Caller> caller_of(const std::string& owner) const;
  Result<void> check_queue(const model::Caller& caller) const;
  Result<model::Download> enqueue(model::Download download, std::string_view kind);
  Result<model::Download> wait_for(model::Download download, const StopFlag& gone);
  Result<std::optional<model::Download>> wait_until_complete(const std::string& id, std::chrono::seconds patience,
                                                             const StopFlag& gone);
  Result<bool> cancel(model::Download download, std::string message, const model::Caller& caller);
  model::Event opening_of(const model::Download& download, const model::Artifact& artifact) const;
  std::optional<Opened> open_again(const Sha256& key, const model::Caller& caller);
  Result<OpenArtifact> open(const model::Artifact& artifact);
  model::Download new_download(const pipeline::DownloadRequest& request, const model::Caller& caller) const;
  static std::vector<model::Event> acceptances(const std::vector<pipeline::SelectedLicence>& licences,
                                               const model::Download& download);
  static Error no_download(const std::string& id);
  Result<void> check_original(const AssetPath& path, const model::Caller& caller) const;

  const DownloadsParts parts_;
  const DownloadsConfig config_;
  pipeline::ManifestCache manifests_;
  Places asking_, starting_, opening_;  // requests that wait
  OpenedArchives opened_;
  std::atomic<bool> stops_ = false;
  std::mutex mutex_;
  std::set<Preparation*> waited_for_;  // those of open_now(); guarded by mutex_
};

}  // namespace dray::service
