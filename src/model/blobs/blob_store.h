// The port to stored bytes. Blobs are written once, read in ranges, never changed; equal bytes are kept once.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/byte_source.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/blobs/blob.h"

namespace dray::model {

// Bytes on their way in. A file with holes says so instead of spelling out zeros, so that holes cost no disk.
class BlobSource {
 public:
  struct Piece {
    std::size_t bytes = 0;  // this many were put at the start of `into`
    ByteCount zeros = 0;    // else this many zero bytes follow
    bool is_end() const { return bytes == 0 && zeros == 0; }
  };
  virtual ~BlobSource() = default;
  virtual Result<Piece> read(MutableBytes into) = 0;
};

// How a store reads a blob that is not part of a file.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual ByteCount size() const = 0;
  virtual Result<std::size_t> read_at(ByteCount offset, MutableBytes into) const = 0;  // as OpenBlob::read_at
};

// A blob that is open for reading. A value and not a port: an archive of small files opens a million of them a second.
class OpenBlob {
 public:
  explicit OpenBlob(FileRegion region) : region_(std::move(region)) {}
  explicit OpenBlob(std::unique_ptr<const BlobReader> reader) : reader_(std::move(reader)) {}

  ByteCount size() const { return reader_ ? reader_->size() : region_.length; }
  // Fills `into` from `offset` on; fewer bytes only at the blob's end. Code::corrupt when the stored bytes are cut
  // short.
  Result<std::size_t> read_at(ByteCount offset, MutableBytes into) const;
  // The blob as part of an open file, or nullptr.
  const FileRegion* file_region() const { return reader_ ? nullptr : &region_; }

 private:
  FileRegion region_;
  std::unique_ptr<const BlobReader> reader_;  // where it is not a file
};

// Where some blobs lie in one open file, in the order in which they were asked for.
struct BlobRun {
  struct Place {
    ByteCount offset = 0, length = 0;
    const std::byte* mapped = nullptr;  // as FileRegion::mapped
  };
  int fd = -1;
  std::shared_ptr<const void> owner;
  std::vector<Place> places;
};

// Some puts that become durable together. What was put is not promised to anyone before commit() has answered ok;
// without commit() it may or may not be there. One thread at a time.
class BlobBatch {
 public:
  virtual ~BlobBatch() = default;
  // Reads `source` to its end, computing SHA-256 and CRC-32 on the way. `expected_size` only helps to reserve room:
  // 0 when it is not known, or when there are holes.
  virtual Result<Blob> put(BlobSource& source, ByteCount expected_size) = 0;
  // When it answers ok, every blob of the batch survives a power cut. When it fails, none may be relied on.
  virtual Result<void> commit() = 0;
};

// What is to be cleaned, and until when.
struct CleaningOrder {
  const std::function<bool(const BlobId&)>& is_used;  // as of a moment before the call
  Seconds before;                                     // what was written or set aside earlier counts
  const std::atomic<bool>& stop;                      // true: ends early, which loses nothing
};

struct CleanedBlobs {
  std::uint64_t set_aside = 0, brought_back = 0, removed = 0;
  ByteCount freed = 0;                 // bytes of the disk
  std::vector<std::string> left = {};  // what could not be cleaned and why, for people
};

// Safe for use from any thread.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual std::unique_ptr<BlobBatch> begin() = 0;
  virtual Result<OpenBlob> open(const BlobId& id) const = 0;  // Code::not_found
  // Opens the first of `ids` in one go, as many as lie in one file; none where that is no cheaper than open() for each,
  // or where the first is not to be found.
  virtual void open_run(std::span<const BlobId> ids, BlobRun& run) const {
    (void)ids;
    run = {};
  }
  virtual std::optional<ByteCount> find_size(const BlobId& id) const = 0;
  // Gives back the room of blobs that nobody uses. In two steps, so that none goes that somebody is about to use: what
  // is unused is set aside, where it can be read but no put finds it, which stores it anew; what was set aside before
  // `order.before` and is unused still goes for good. Whoever puts a blob, or reads one, must have said so where
  // `is_used` looks within the time between. Code::unavailable while another call is at it, in whatever process.
  virtual Result<CleanedBlobs> clean(const CleaningOrder& order) = 0;
  // Every stored blob's id, in no order; stops at the first error of `visit`.
  virtual Result<void> visit(const std::function<Result<void>(const BlobId&)>& visit) const = 0;
};

// Text or bytes at hand as a source.
class BytesSource final : public BlobSource {
 public:
  explicit BytesSource(Bytes bytes) : rest_(bytes) {}
  Result<Piece> read(MutableBytes into) override;

 private:
  Bytes rest_;
};

// One durable blob.
Result<Blob> put_blob(BlobStore& store, Bytes bytes);
Result<std::string> read_blob(const BlobStore& store, const BlobId& id);

}  // namespace dray::model
