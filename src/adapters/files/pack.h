// Small blobs in pack files: NAME.pack holds their bytes one after another, NAME.idx a fixed record for each. A blob is
// there when its record is; records are written once the bytes are durable. docs/format/blob-store.md.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/blobs/blob.h"

namespace dray::files {

inline constexpr ByteCount kLargestPackedBlob = 1024 * 1024;
inline constexpr ByteCount kPackSize = 1024 * 1024 * 1024;  // a pack that has reached it is not appended to

struct PackedBlob {
  model::Blob blob;
  ByteCount offset = 0;  // in the pack
};

// NAME.pack, open and mapped for reading.
class PackFile {
 public:
  PackFile(std::string name, UniqueFd fd);
  ~PackFile();
  PackFile(const PackFile&) = delete;

  const std::string& name() const { return name_; }
  int fd() const { return fd_.get(); }
  const std::byte* mapped(ByteCount offset, ByteCount length) const;  // nullptr where it is not

 private:
  const std::string name_;
  const UniqueFd fd_;
  const void* mapping_;
};

struct OpenPack;  // that this process appends to, locked against others

// Blobs that were written to a pack and are not known yet.
struct PackWrite {
  std::shared_ptr<OpenPack> pack;
  ByteCount begin = 0, end = 0;
  std::vector<model::Blob> blobs;
};

// Where a small blob lies.
struct PackPlace {
  std::shared_ptr<const PackFile> pack;
  ByteCount offset = 0;
  std::uint32_t size = 0;
  std::uint32_t crc32 = 0;
};

// Safe for use from any thread. Other processes may add packs and records; they are seen when a blob is looked for in
// vain.
class PackSet {
 public:
  static Result<std::unique_ptr<PackSet>> open(const std::string& directory);

  std::optional<PackPlace> find(const model::BlobId& id) const;  // looks at what other processes added before giving up
  std::optional<PackPlace> find_known(const model::BlobId& id) const;  // does not
  Result<void> visit(const std::function<Result<void>(const model::BlobId&)>& visit) const;

  // Writes the blobs at the end of a pack; `content` is their bytes one after another, in the order of `blobs`. They
  // are there once published.
  Result<PackWrite> write(Bytes content, std::vector<model::Blob> blobs);
  // Makes them durable, then known. Where it fails, some may be known all the same, and then their bytes are durable;
  // a pack that a sync failed for is left alone, since the kernel tells of a failure once and only to the first to ask.
  Result<void> publish(const std::vector<PackWrite>& writes);
  // They will not be published: their room is given back where nobody wrote behind them, else when a process next
  // appends to the pack.
  void abandon(const std::vector<PackWrite>& writes);
  // Makes durable whatever find_known() answers for: another thread or process may have been about to.
  Result<void> sync_known() const;

 private:
  explicit PackSet(std::string directory) : directory_(std::move(directory)) {}
  struct Record {
    model::BlobId id;
    std::uint32_t offset = 0, size = 0, crc32 = 0;
  };
  struct Loaded {
    std::shared_ptr<const PackFile> file;
    ByteCount index_bytes = 0;    // how much of NAME.idx is known
    ByteCount synced_bytes = 0;   // and durable for certain
    std::vector<Record> records;  // in the order of the pack
  };
  struct Place {  // of a record
    std::uint32_t pack = 0, record = 0;
  };
  // Hashes and compares places by the id of their record, and takes an id in their stead.
  struct PlaceHash {
    using is_transparent = void;
    const std::vector<Loaded>* packs;
    std::size_t operator()(const model::BlobId& id) const { return std::hash<Sha256>()(id); }
    std::size_t operator()(Place place) const { return (*this)((*packs)[place.pack].records[place.record].id); }
  };
  struct PlaceEqual {
    using is_transparent = void;
    const std::vector<Loaded>* packs;
    const model::BlobId& id_of(const model::BlobId& id) const { return id; }
    const model::BlobId& id_of(Place place) const { return (*packs)[place.pack].records[place.record].id; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return id_of(a) == id_of(b);
    }
  };
  Result<void> refresh() const;
  Result<void> load(Loaded& pack, std::uint32_t number) const;
  Result<void> choose_pack();  // with writer_mutex_ held, as the next
  Result<ByteCount> cut_torn_records(OpenPack& pack);
  Result<void> publish_in(OpenPack& pack, Bytes records);
  void leave_alone(OpenPack& pack);                                 // with writer_mutex_ held
  std::optional<PackPlace> look_up(const model::BlobId& id) const;  // with mutex_ held
  PackPlace place_of(Place place) const;

  const std::string directory_;
  mutable std::shared_mutex mutex_;  // guards packs_ and places_
  mutable std::vector<Loaded> packs_;
  mutable boost::unordered_flat_set<Place, PlaceHash, PlaceEqual> places_{0, PlaceHash{&packs_}, PlaceEqual{&packs_}};

  std::mutex writer_mutex_;  // guards what follows, but for writing the bytes of a pack
  std::shared_ptr<OpenPack> open_pack_;
  std::set<std::string> failed_;  // packs that are not appended to any more
};

}  // namespace dray::files
