// Appends small blobs to packs (pack.h). Each batch has a pack for itself while it writes, so that what comes in
// together lies together, and what is given up lies at its end and can be cut off.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "adapters/files/pack_record.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace dray::files {

// Small blobs on their way into a pack, as one piece.
class PackRun {
 public:
  void add(const model::Blob& blob, Bytes bytes);
  bool is_empty() const { return blobs_.empty(); }
  bool is_full() const { return content_.size() >= kSize; }
  Bytes content() const { return content_; }
  std::span<const PackedBlob> blobs() const { return blobs_; }  // in the content
  void clear();

 private:
  // Written in smaller pieces, whose ends are not on the bounds of pages, a pack lies in small folios of the page
  // cache, and sending it costs 8 % more.
  static constexpr std::size_t kSize = 4 * 1024 * 1024;
  std::vector<std::byte> content_;  // used again and again, since new memory costs more
  std::vector<PackedBlob> blobs_;
};

// A pack that this process appends to, locked against other processes for as long as it lives.
class OpenPack {
 public:
  // nullptr where it cannot be appended to: another process does, or it is full, damaged or gone.
  static Result<std::unique_ptr<OpenPack>> open(const std::string& directory, const std::string& name);
  static Result<std::unique_ptr<OpenPack>> create(const std::string& directory);

  const std::string& name() const { return name_; }
  bool is_full() const { return end_ >= kPackSize; }
  bool has_failed() const { return failed_; }

  // Writes `content`, from a page on if a blob in it has to lie there; `blobs` say what lies where in it.
  Result<void> write(Bytes content, std::span<const PackedBlob> blobs);
  // Makes what was written durable, then known. After an error the pack must not be appended to any more if it says
  // has_failed(): some of the blobs may be known, or the kernel has told of lost data once and will not again.
  Result<void> publish();
  void give_up();  // what was not published: its room is given back
  // It is read and no longer found by puts; nothing more is to be appended.
  Result<void> set_aside(const std::string& directory);

 private:
  explicit OpenPack(std::string name) : name_(std::move(name)) {}
  Result<bool> create_content(const std::string& file);
  Result<void> cut_torn_records();
  Result<void> write_records();

  std::string name_;
  UniqueFd content_, index_;           // NAME.pack, which has the lock, and NAME.idx
  ByteCount end_ = 0, published_ = 0;  // of the content: written, and known to all
  ByteCount index_end_ = 0;
  std::vector<std::byte> records_;  // of what is written and not published
  bool failed_ = false;
};

// The packs that this process appends to. Safe for use from any thread.
class PackPool {
 public:
  explicit PackPool(std::string directory) : directory_(std::move(directory)) {}
  Result<std::unique_ptr<OpenPack>> take();  // the one that was given last, or another, or a new one
  void give(std::unique_ptr<OpenPack> pack);
  // That pack, for good: no batch of this process gets it again. nullptr where one has it, or another process.
  Result<std::unique_ptr<OpenPack>> withdraw(const std::string& name);

 private:
  const std::string directory_;
  std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<OpenPack>> idle_;
  std::set<std::string> unusable_;  // full, damaged or failed
};

// What one batch appends. One thread at a time.
class PackAppender {
 public:
  explicit PackAppender(PackPool& pool) : pool_(pool) {}
  ~PackAppender() { give_back(); }
  PackAppender(const PackAppender&) = delete;

  Result<void> write(Bytes content, std::span<const PackedBlob> blobs);
  // Where it fails, some of the blobs may be known all the same, and then their bytes are durable.
  Result<void> publish();

 private:
  void give_back();

  PackPool& pool_;
  std::vector<std::unique_ptr<OpenPack>> packs_;  // the last is written to
};

}  // namespace dray::files
