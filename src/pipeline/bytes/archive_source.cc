#include "pipeline/bytes/archive_source.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "pipeline/bytes/blob_source.h"

namespace dray::pipeline {
namespace {

constexpr std::size_t kCentralBuffer = 32 * 1024;
// What is looked for in one go, once a reader goes on: so many entries, or so many bytes of them.
constexpr std::size_t kRun = 64;
constexpr ByteCount kRunBytes = 256 * 1024;
constexpr std::size_t kRunGrowth = 4;

class ArchiveSource final : public ByteSource, public std::enable_shared_from_this<ArchiveSource> {
 public:
  ArchiveSource(std::shared_ptr<const OpenManifest> manifest, const model::BlobStore& blobs)
      : manifest_(std::move(manifest)), blobs_(blobs) {}

  ByteCount size() const override { return view().archive_length(); }
  std::unique_ptr<ByteCursor> open_cursor(ByteCount offset) const override;

  const ManifestView& view() const { return manifest_->view(); }
  const model::BlobStore& blobs() const { return blobs_; }

 private:
  std::shared_ptr<const OpenManifest> manifest_;
  const model::BlobStore& blobs_;
};

class ArchiveCursor final : public ByteCursor {
 public:
  ArchiveCursor(std::shared_ptr<const ArchiveSource> source, ByteCount offset) : source_(std::move(source)) {
    seek(offset);
  }

  void seek(ByteCount offset) override {
    position_ = offset;
    entry_known_ = false;
    blob_.close();
  }

  void rest() override {
    blob_ = {};
    run_ = {};
    entry_known_ = false;
    std::string().swap(buffer_);
  }

  Result<Piece> next() override {
    const auto& end = view().end();
    if (position_ < end.central_offset) return next_of_entries();
    if (position_ < end.central_offset + end.central_size) return next_of_directory();
    return next_of_end();
  }

 private:
  const ManifestView& view() const { return source_->view(); }

  Result<Piece> next_of_entries() {
    if (!entry_known_) {
      index_ = view().find_by_local_offset(position_);
      RETURN_IF_ERROR(enter_entry());
    }
    while (position_ >= data_offset_ + entry_.stored_size) {
      if (++index_ >= view().entry_count()) return Error{Code::corrupt, "a manifest's entries do not fill the archive"};
      RETURN_IF_ERROR(enter_entry());
    }
    if (position_ < data_offset_) return literal(std::string_view(buffer_).substr(position_ - entry_.local_offset));
    return next_of_data();
  }

  // Makes the header of entry index_, at the start of buffer_.
  Result<void> enter_entry() {
    ASSIGN_OR_RETURN(entry_, view().entry(index_));
    buffer_.clear();
    zip::append_local_header(entry_.record(), buffer_);
    data_offset_ = entry_.local_offset + buffer_.size();
    entry_known_ = true;
    blob_.close();
    if (position_ < entry_.local_offset) return Error{Code::corrupt, "a manifest's entries leave a gap"};
    return ok();
  }

  Result<Piece> next_of_data() {
    if (const auto* place = find_in_run()) return from_run(*place);
    if (!blob_.is_open()) RETURN_IF_ERROR(blob_.open(source_->blobs(), entry_.content.id, entry_.stored_size));
    ASSIGN_OR_RETURN(auto piece, blob_.read(position_ - data_offset_));
    position_ += piece.length();
    return piece;
  }

  // Where the entry's blob lies, if it is one of those that were opened together.
  const model::BlobRun::Place* find_in_run() {
    if (index_ - run_first_ >= run_.places.size()) open_run();
    if (index_ - run_first_ >= run_.places.size()) return nullptr;
    const auto& place = run_.places[index_ - run_first_];
    return place.length == entry_.stored_size ? &place : nullptr;  // else open() says what is wrong
  }

  void open_run() {
    std::array<model::BlobId, kRun> ids;
    run_length_ = index_ == run_first_ + run_.places.size() ? std::min(kRun, run_length_ * kRunGrowth) : 1;
    auto most = std::min<std::uint64_t>(run_length_, view().entry_count() - index_);
    std::size_t count = 0;
    for (ByteCount bytes = 0; count < most && bytes < kRunBytes; ++count) {
      ids[count] = view().content_id(index_ + count);
      bytes += view().stored_size(index_ + count);
    }
    run_first_ = index_;
    source_->blobs().open_run(std::span(ids).first(count), run_);
  }

  Piece from_run(const model::BlobRun::Place& place) {
    auto done = position_ - data_offset_;
    FileRegion region{run_.fd, place.offset, place.length, run_.owner, place.mapped};
    region.drop_front(done);
    position_ += region.length;
    return {{}, std::move(region)};
  }

  Result<Piece> next_of_directory() {
    auto index = view().find_by_central_offset(position_);
    buffer_.clear();
    entry_known_ = false;
    ASSIGN_OR_RETURN(auto first, view().entry(index));
    auto start = first.central_offset;
    for (; index < view().entry_count() && buffer_.size() < kCentralBuffer; ++index) {
      ASSIGN_OR_RETURN(auto entry, view().entry(index));
      zip::append_central_record(entry.record(), buffer_);
    }
    if (position_ < start || position_ - start >= buffer_.size())
      return Error{Code::corrupt, "a manifest's directory has a gap"};
    return literal(std::string_view(buffer_).substr(position_ - start));
  }

  Result<Piece> next_of_end() {
    buffer_.clear();
    entry_known_ = false;
    zip::append_end_records(view().end(), buffer_);
    auto done = position_ - view().end().central_offset - view().end().central_size;
    if (done >= buffer_.size()) return Piece{};
    return literal(std::string_view(buffer_).substr(done));
  }

  Piece literal(std::string_view bytes) {
    position_ += bytes.size();
    return Piece{bytes, {}};
  }

  std::shared_ptr<const ArchiveSource> source_;
  ByteCount position_ = 0;
  bool entry_known_ = false;  // whether index_, entry_, data_offset_ and the header in buffer_ are those of position_
  std::uint64_t index_ = 0;
  ManifestEntry entry_;
  ByteCount data_offset_ = 0;
  PieceReader blob_;  // of an entry whose blob is not in run_
  model::BlobRun run_;
  std::uint64_t run_first_ = 0;
  std::size_t run_length_ = 1;  // that was asked for
  std::string buffer_;
};

std::unique_ptr<ByteCursor> ArchiveSource::open_cursor(ByteCount offset) const {
  return std::make_unique<ArchiveCursor>(shared_from_this(), offset);
}

}  // namespace

Result<std::shared_ptr<const OpenManifest>> OpenManifest::open(const model::BlobStore& blobs, const model::BlobId& id) {
  std::shared_ptr<OpenManifest> manifest(new OpenManifest);
  ASSIGN_OR_RETURN(auto blob, blobs.open(id));
  Bytes bytes;
  if (const auto* region = blob.file_region()) {
    static const auto page = static_cast<ByteCount>(::sysconf(_SC_PAGESIZE));
    struct stat status;
    if (::fstat(region->fd, &status) < 0) return system_error("cannot read the manifest " + id.hex(), errno);
    if (static_cast<ByteCount>(status.st_size) < region->offset + region->length)
      return Error{Code::corrupt, "the manifest " + id.hex() + " is cut short"};
    auto skipped = region->offset % page;
    manifest->mapping_size_ = region->length + skipped;
    auto* mapping = ::mmap(nullptr, manifest->mapping_size_, PROT_READ, MAP_SHARED, region->fd,
                           static_cast<off_t>(region->offset - skipped));
    if (mapping == MAP_FAILED) return system_error("cannot map the manifest " + id.hex(), errno);
    manifest->mapping_ = mapping;
    bytes = Bytes(static_cast<const std::byte*>(mapping) + skipped, region->length);
  } else {
    manifest->memory_.resize(blob.size());
    ASSIGN_OR_RETURN(auto got, blob.read_at(0, std::as_writable_bytes(std::span(manifest->memory_))));
    bytes = bytes_of(manifest->memory_).first(got);
  }
  ASSIGN_OR_RETURN(auto view, ManifestView::open(bytes));
  manifest->view_ = view;
  return std::shared_ptr<const OpenManifest>(std::move(manifest));
}

OpenManifest::~OpenManifest() {
  if (mapping_) ::munmap(mapping_, mapping_size_);
}

std::shared_ptr<const ByteSource> make_archive_source(std::shared_ptr<const OpenManifest> manifest,
                                                      const model::BlobStore& blobs) {
  return std::make_shared<const ArchiveSource>(std::move(manifest), blobs);
}

Result<std::shared_ptr<const OpenManifest>> ManifestCache::open(const model::BlobId& id) {
  std::lock_guard lock(mutex_);
  if (auto found = open_.find(id); found != open_.end()) {
    if (auto manifest = found->second.lock()) return manifest;
  }
  std::erase_if(open_, [](const auto& item) { return item.second.expired(); });
  ASSIGN_OR_RETURN(auto manifest, OpenManifest::open(blobs_, id));
  open_[id] = manifest;
  return manifest;
}

std::vector<model::BlobId> ManifestCache::list_open() const {
  std::lock_guard lock(mutex_);
  std::vector<model::BlobId> ids;
  for (const auto& [id, manifest] : open_) {
    if (!manifest.expired()) ids.push_back(id);
  }
  return ids;
}

}  // namespace dray::pipeline
