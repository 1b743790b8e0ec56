#include "adapters/sqlite/profile_table.h"

namespace dray::sqlite {
namespace {

constexpr ProfileStatements kStatements = {"SELECT name, content FROM image_profile ORDER BY name",
                                           "INSERT OR REPLACE INTO image_profile (name, content) VALUES (?, ?)",
                                           "DELETE FROM image_profile WHERE name = ?"};

class ImageProfiles final : public model::ImageProfileRepository {
 public:
  explicit ImageProfiles(SharedDatabase database)
      : database_(database),
        table_(std::move(database), kStatements, "image profile", model::image_profile_from_json) {}

  Result<std::vector<model::ImageProfile>> list() const override { return table_.list(); }
  Result<void> put(const model::ImageProfile& profile) override {
    RETURN_IF_ERROR(model::check_image_profile(profile));
    return table_.put(profile);
  }
  Result<void> remove(const std::string& name) override { return table_.remove(name); }

  Result<std::vector<model::SmartCrop>> list_crops(std::int64_t asset_id) const override {
    return guarded([&]() -> Result<std::vector<model::SmartCrop>> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT name, x, y, width, height, target_width, target_height, by_hand, original FROM smart_crop "
          "WHERE node = ? ORDER BY name");
      row.bind(asset_id);
      std::vector<model::SmartCrop> crops;
      while (row.step()) {
        crops.push_back({row.text(0), row.real(1), row.real(2), row.real(3), row.real(4),
                         static_cast<std::uint32_t>(row.integer(5)), static_cast<std::uint32_t>(row.integer(6)),
                         row.integer(7) != 0, row.digest(8)});
      }
      return crops;
    });
  }

  Result<void> put_crops(std::int64_t asset_id, const std::vector<model::SmartCrop>& crops) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      for (const auto& crop : crops) {
        transaction
            ->prepare(
                "INSERT INTO smart_crop VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (node, name) DO UPDATE SET "
                "x = excluded.x, y = excluded.y, width = excluded.width, height = excluded.height, "
                "target_width = excluded.target_width, target_height = excluded.target_height, "
                "by_hand = excluded.by_hand, original = excluded.original "
                "WHERE by_hand = 0 OR excluded.by_hand = 1 OR target_width <> excluded.target_width "
                "OR target_height <> excluded.target_height")
            .bind(asset_id, crop.name, crop.left, crop.top, crop.width, crop.height, crop.target_width,
                  crop.target_height, crop.by_hand, crop.original)
            .run();
      }
      transaction.commit();
      return ok();
    });
  }

 private:
  SharedDatabase database_;
  ProfileTable<model::ImageProfile> table_;
};

}  // namespace

std::unique_ptr<model::ImageProfileRepository> make_image_profiles(SharedDatabase database) {
  return std::make_unique<ImageProfiles>(std::move(database));
}

}  // namespace dray::sqlite
