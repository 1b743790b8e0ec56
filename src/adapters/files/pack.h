// Small blobs in pack files: NAME.pack holds their bytes one after another, NAME.idx a fixed record for each. A blob is
// there when its record is; records are written once the bytes are durable. Where the index is called NAME.aside, the
// pack was set aside: it is read and will be removed, and no put finds what it has. docs/format/blob-store.md.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "adapters/files/pack_record.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "model/blobs/blob_store.h"

namespace dray::files {

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
  // Known, its bytes have not been cut off, and its pack has not been set aside.
  bool has_to_stay(const model::BlobId& id) const;
  // The first of `ids`, as far as they are known and lie in one pack.
  void find_run(std::span<const model::BlobId> ids, model::BlobRun& run) const;
  Result<void> visit(const std::function<Result<void>(const model::BlobId&)>& visit) const;

  struct PackUse {
    std::vector<PackedBlob> blobs;  // that are read from that pack, in its order
    ByteCount index_bytes = 0;      // of all its records; 0: it is not known
  };
  PackUse read_from(const std::string& name) const;

  Result<void> refresh() const;  // looks at what was published since
  // Makes durable whatever find_known() answers for: another thread or process may have been about to.
  Result<void> sync_known() const;

 private:
  explicit PackSet(std::string directory) : directory_(std::move(directory)) {}
  struct Record {
    model::BlobId id;
    std::uint32_t offset = 0, size = 0, crc32 = 0;
  };
  struct Loaded {
    std::string name;
    std::shared_ptr<const PackFile> file;  // nullptr: it has been removed
    bool is_aside = false;                 // at the last look
    bool is_double = false;                // it has both names
    ByteCount index_bytes = 0;             // how much of NAME.idx is known
    ByteCount synced_bytes = 0;            // and durable for certain
    std::vector<Record> records;           // in the order of the pack
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
  Result<void> add_pack(const std::string& name, bool is_aside, bool is_listed_aside) const;  // with mutex_ held
  Result<void> load(Loaded& pack, std::uint32_t number) const;
  void forget(std::uint32_t number) const;
  std::optional<Place> look_up(const model::BlobId& id) const;  // with mutex_ held
  void know(Place place) const;                                 // likewise
  PackPlace place_of(Place place) const;

  const std::string directory_;
  mutable std::shared_mutex mutex_;  // guards what follows
  mutable std::vector<Loaded> packs_;
  mutable boost::unordered_flat_set<Place, PlaceHash, PlaceEqual> places_{0, PlaceHash{&packs_}, PlaceEqual{&packs_}};
  mutable std::vector<Place> spare_;  // of blobs that are read from elsewhere
};

}  // namespace dray::files
