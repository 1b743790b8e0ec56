#include "adapters/sqlite/profile_table.h"

namespace dray::sqlite {
namespace {

constexpr ProfileStatements kStatements = {"SELECT name, content FROM processing_profile ORDER BY name",
                                           "INSERT OR REPLACE INTO processing_profile (name, content) VALUES (?, ?)",
                                           "DELETE FROM processing_profile WHERE name = ?"};

class ProcessingProfiles final : public model::ProcessingProfileRepository {
 public:
  explicit ProcessingProfiles(SharedDatabase database)
      : table_(std::move(database), kStatements, "processing profile", model::processing_profile_from_json) {}

  Result<std::vector<model::ProcessingProfile>> list() const override { return table_.list(); }
  Result<void> put(const model::ProcessingProfile& profile) override {
    RETURN_IF_ERROR(model::check_processing_profile(profile));
    return table_.put(profile);
  }
  Result<void> remove(const std::string& name) override { return table_.remove(name); }

 private:
  ProfileTable<model::ProcessingProfile> table_;
};

}  // namespace

std::unique_ptr<model::ProcessingProfileRepository> make_processing_profiles(SharedDatabase database) {
  return std::make_unique<ProcessingProfiles>(std::move(database));
}

}  // namespace dray::sqlite
