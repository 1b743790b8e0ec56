#include <fmt/format.h>

#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

class ProcessingProfiles final : public model::ProcessingProfileRepository {
 public:
  explicit ProcessingProfiles(SharedDatabase database) : database_(std::move(database)) {}

  Result<std::vector<model::ProcessingProfile>> list() const override {
    return guarded([&]() -> Result<std::vector<model::ProcessingProfile>> {
      auto reader = database_->read();
      return read_all(*reader.operator->());
    });
  }

  Result<void> put(const model::ProcessingProfile& profile) override {
    RETURN_IF_ERROR(model::check_processing_profile(profile));
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      ASSIGN_OR_RETURN(auto all, read_all(*transaction.operator->()));
      RETURN_IF_ERROR(model::check_folders_are_free(profile, all, "processing profile"));
      transaction->prepare("INSERT OR REPLACE INTO processing_profile (name, content) VALUES (?, ?)")
          .bind(profile.name, json::serialize(to_json(profile)))
          .run();
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove(const std::string& name) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM processing_profile WHERE name = ?").bind(name).run();
      if (transaction->changes() == 0) return Error{Code::not_found, "there is no processing profile " + name};
      transaction.commit();
      return ok();
    });
  }

 private:
  static Result<std::vector<model::ProcessingProfile>> read_all(Connection& connection) {
    auto row = connection.prepare("SELECT name, content FROM processing_profile ORDER BY name");
    std::vector<model::ProcessingProfile> profiles;
    while (row.step()) {
      ASSIGN_OR_RETURN(auto content, parse_json(row.view(1)));
      ASSIGN_OR_RETURN(auto profile, model::processing_profile_from_json(row.text(0), content));
      profiles.push_back(std::move(profile));
    }
    return profiles;
  }

  SharedDatabase database_;
};

}  // namespace

std::unique_ptr<model::ProcessingProfileRepository> make_processing_profiles(SharedDatabase database) {
  return std::make_unique<ProcessingProfiles>(std::move(database));
}

}  // namespace dray::sqlite
