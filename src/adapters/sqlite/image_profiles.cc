#include <fmt/format.h>

#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

class ImageProfiles final : public model::ImageProfileRepository {
 public:
  explicit ImageProfiles(SharedDatabase database) : database_(std::move(database)) {}

  Result<std::vector<model::ImageProfile>> list() const override {
    return guarded([&]() -> Result<std::vector<model::ImageProfile>> {
      auto reader = database_->read();
      return read_all(*reader.operator->());
    });
  }

  Result<void> put(const model::ImageProfile& profile) override {
    RETURN_IF_ERROR(model::check_image_profile(profile));
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      ASSIGN_OR_RETURN(auto all, read_all(*transaction.operator->()));
      RETURN_IF_ERROR(model::check_folders_are_free(profile, all, "image profile"));
      transaction->prepare("INSERT OR REPLACE INTO image_profile (name, content) VALUES (?, ?)")
          .bind(profile.name, json::serialize(to_json(profile)))
          .run();
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove(const std::string& name) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM image_profile WHERE name = ?").bind(name).run();
      if (transaction->changes() == 0) return Error{Code::not_found, "there is no image profile " + name};
      transaction.commit();
      return ok();
    });
  }

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
  static Result<std::vector<model::ImageProfile>> read_all(Connection& connection) {
    auto row = connection.prepare("SELECT name, content FROM image_profile ORDER BY name");
    std::vector<model::ImageProfile> profiles;
    while (row.step()) {
      ASSIGN_OR_RETURN(auto content, parse_json(row.view(1)));
      ASSIGN_OR_RETURN(auto profile, model::image_profile_from_json(row.text(0), content));
      profiles.push_back(std::move(profile));
    }
    return profiles;
  }

  SharedDatabase database_;
};

}  // namespace

std::unique_ptr<model::ImageProfileRepository> make_image_profiles(SharedDatabase database) {
  return std::make_unique<ImageProfiles>(std::move(database));
}

}  // namespace dray::sqlite
