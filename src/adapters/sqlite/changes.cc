#include <atomic>
#include <cstring>

#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

// The first 48 bytes of the WAL's index, which every commit of every process changes
// (https://sqlite.org/walformat.html, 2.2). SQLite has it in memory that all processes share, so that looking costs
// next to nothing.
using IndexHeader = std::array<std::uint32_t, 12>;

class Changes final : public model::CatalogChanges {
 public:
  explicit Changes(SharedDatabase database) : database_(std::move(database)), connection_(database_->open()) {
    connection_->prepare("SELECT 1 FROM sqlite_schema").step();  // opens the index
    index_ = static_cast<const volatile std::uint32_t*>(connection_->wal_index());
    last_ = read_header();
  }

  std::uint64_t version() override {
    std::lock_guard lock(mutex_);
    auto header = read_header();
    if (header != last_) {
      last_ = header;
      ++version_;
    }
    return version_;
  }

 private:
  // One that is torn is another than the last.
  IndexHeader read_header() const {
    IndexHeader header;
    for (std::size_t i = 0; i < header.size(); ++i) header[i] = index_[i];
    std::atomic_thread_fence(std::memory_order_acquire);
    return header;
  }

  const SharedDatabase database_;
  const std::unique_ptr<Connection> connection_;
  const volatile std::uint32_t* index_ = nullptr;
  std::mutex mutex_;
  IndexHeader last_;
  std::uint64_t version_ = 0;
};

}  // namespace

std::unique_ptr<model::CatalogChanges> make_changes(SharedDatabase database) {
  return std::make_unique<Changes>(std::move(database));
}

}  // namespace dray::sqlite
