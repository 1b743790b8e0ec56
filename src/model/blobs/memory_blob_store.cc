#include "model/blobs/memory_blob_store.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace dray::model {
namespace {

using Content = std::shared_ptr<const std::string>;

struct Kept {
  Content content;
  std::optional<Seconds> aside = {};  // since when
};

class Reader final : public BlobReader {
 public:
  explicit Reader(Content content) : content_(std::move(content)) {}
  ByteCount size() const override { return content_->size(); }
  Result<std::size_t> read_at(ByteCount offset, MutableBytes into) const override {
    if (offset >= content_->size()) return std::size_t{0};
    auto count = std::min<ByteCount>(into.size(), content_->size() - offset);
    std::copy_n(bytes_of(*content_).begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
    return static_cast<std::size_t>(count);
  }

 private:
  Content content_;
};

class Store final : public BlobStore {
 public:
  std::unique_ptr<BlobBatch> begin() override;

  Result<OpenBlob> open(const BlobId& id) const override {
    std::lock_guard lock(mutex_);
    auto found = blobs_.find(id);
    if (found == blobs_.end()) return Error{Code::not_found, "no blob " + id.hex()};
    return OpenBlob(std::make_unique<Reader>(found->second.content));
  }

  std::optional<ByteCount> find_size(const BlobId& id) const override {
    std::lock_guard lock(mutex_);
    auto found = blobs_.find(id);
    if (found == blobs_.end()) return std::nullopt;
    return found->second.content->size();
  }

  Result<void> visit(const std::function<Result<void>(const BlobId&)>& visit) const override {
    auto copy = [this] {
      std::lock_guard lock(mutex_);
      return blobs_;
    }();
    for (const auto& [id, kept] : copy) RETURN_IF_ERROR(visit(id));
    return ok();
  }

  Result<CleanedBlobs> clean(const CleaningOrder& order) override {
    std::lock_guard lock(mutex_);
    CleanedBlobs cleaned;
    for (auto at = blobs_.begin(); at != blobs_.end() && !order.stop;) {
      auto& [id, kept] = *at;
      bool is_used = order.is_used(id);
      if (is_used && kept.aside) {
        kept.aside.reset();
        ++cleaned.brought_back;
      } else if (!is_used && !kept.aside) {
        kept.aside = SystemClock().now();
        ++cleaned.set_aside;
      } else if (!is_used && *kept.aside < order.before) {
        cleaned.freed += kept.content->size();
        ++cleaned.removed;
        at = blobs_.erase(at);
        continue;
      }
      ++at;
    }
    return cleaned;
  }

  void keep(const std::map<BlobId, Content>& blobs) {
    std::lock_guard lock(mutex_);
    for (const auto& [id, content] : blobs) blobs_[id] = {content};
  }

 private:
  mutable std::mutex mutex_;
  std::map<BlobId, Kept> blobs_;
};

class Batch final : public BlobBatch {
 public:
  explicit Batch(Store& store) : store_(store) {}

  Result<Blob> put(BlobSource& source, ByteCount) override {
    std::string content;
    std::array<std::byte, 4096> buffer;
    for (;;) {
      ASSIGN_OR_RETURN(auto piece, source.read(buffer));
      if (piece.is_end()) break;
      content.append(text_of(Bytes(buffer).first(piece.bytes)));
      content.append(piece.zeros, '\0');
    }
    Blob blob{sha256_of(bytes_of(content)), content.size(), crc32_of(bytes_of(content))};
    blobs_.emplace(blob.id, std::make_shared<const std::string>(std::move(content)));
    return blob;
  }
  Result<void> commit() override {
    store_.keep(std::exchange(blobs_, {}));
    return ok();
  }

 private:
  Store& store_;
  std::map<BlobId, Content> blobs_;
};

std::unique_ptr<BlobBatch> Store::begin() { return std::make_unique<Batch>(*this); }

}  // namespace

std::unique_ptr<BlobStore> make_memory_blob_store() { return std::make_unique<Store>(); }

}  // namespace dray::model
