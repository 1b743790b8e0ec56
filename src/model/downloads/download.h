// A download and its artifacts, as values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/asset_path.h"
#include "base/clock.h"
#include "base/json.h"
#include "model/blobs/blob.h"
#include "model/people/access.h"

namespace dray::model {

enum class DownloadStatus { processing, successful, partially_successful, failed };
std::string_view name_of(DownloadStatus status);  // AEM's words: "PROCESSING", ...
std::optional<DownloadStatus> parse_download_status(std::string_view name);

// Something that was asked for and is not in the download.
struct Skipped {
  std::string path;
  std::string reason;        // one word, for programs: "denied", "not_found", "set", ...
  std::string message;       // for people
  std::string licence = {};  // the id of the one to agree to, where that is the reason

  bool operator==(const Skipped&) const = default;
};

enum class ArtifactKind { archive, file };

struct Artifact {
  std::string name;  // unique within the download
  ArtifactKind kind = ArtifactKind::archive;
  std::string mime_type;
  ByteCount size = 0;
  std::uint64_t entry_count = 0;
  BlobId content;           // the archive's manifest, or the file itself
  std::uint32_t crc32 = 0;  // of the file; 0 for an archive
  Seconds last_modified{};  // never changes

  std::string entity_tag() const { return content.hex(); }
  bool operator==(const Artifact&) const = default;
};

// How far the preparation has come. What is counted is known once the selection is.
struct DownloadProgress {
  std::uint64_t assets = 0, assets_done = 0;
  ByteCount bytes = 0, bytes_done = 0;  // of the originals
  std::uint64_t renditions = 0, renditions_done = 0;
  Seconds begun{};  // the preparation; 0: it waits for its turn

  int percent() const;                                          // of renditions, of assets where there are none
  std::optional<std::chrono::seconds> left(Seconds now) const;  // at the rate so far
  bool operator==(const DownloadProgress&) const = default;
};

// What its owner knows of a download that is complete.
enum class Notice { unread, read, dismissed };
std::string_view name_of(Notice notice);  // "unread", "read", "dismissed"
std::optional<Notice> parse_notice(std::string_view name);

struct Download {
  std::string id;  // 32 random hexadecimal digits
  std::string owner;
  std::string name;  // of its archives, without .zip and number
  Seconds created{};
  DownloadStatus status = DownloadStatus::processing;
  bool in_background = false;       // nobody waits for it: it is announced
  std::optional<Seconds> finished;  // when it was complete
  std::optional<Seconds> expires;   // when its artifacts go
  bool is_expired = false;          // they have gone
  Notice notice = Notice::read;     // unread: it was completed in the background, and waits in the inbox
  DownloadProgress progress;
  json::object request;           // what was asked for: pipeline::DownloadRequest; empty: no longer known
  ByteCount total_size = 0;       // of the files, before packing
  std::uint64_t total_count = 0;  // of the files
  std::string message;            // for people; may be empty
  std::vector<AssetPath> targets;
  PrivilegeSet needed = Privilege::read | Privilege::original;  // at every asset of it
  std::vector<RightsTurn> turns;         // of the owner's rights below the targets, when it was made
  std::optional<Seconds> assets_expire;  // the first of its assets that do
  std::vector<Artifact> artifacts;
  std::vector<Skipped> skipped;

  bool is_complete() const { return status != DownloadStatus::processing; }
  bool operator==(const Download&) const = default;
};

// Users, by id, whom the request named to be told by mail. They may read it with their own rights.
std::vector<std::string> recipients_of(const Download& download);

}  // namespace dray::model
