#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

// SQLite counts the changes that others have made, as one connection sees them: this one makes none.
class Changes final : public model::CatalogChanges {
 public:
  explicit Changes(SharedDatabase database) : connection_(database->open()) {
    connection_->execute("PRAGMA busy_timeout=0");
  }

  Result<std::uint64_t> version() override {
    return guarded([&]() -> Result<std::uint64_t> {
      std::lock_guard lock(mutex_);
      auto statement = connection_->prepare("PRAGMA data_version");
      statement.step();
      return static_cast<std::uint64_t>(statement.integer(0));
    });
  }

 private:
  std::mutex mutex_;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<model::CatalogChanges> make_changes(SharedDatabase database) {
  return std::make_unique<Changes>(std::move(database));
}

}  // namespace dray::sqlite
