#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

class Renditions final : public model::RenditionRepository {
 public:
  explicit Renditions(SharedDatabase database) : database_(std::move(database)) {}

  Result<std::optional<model::Rendition>> find(const model::RenditionKey& key) const override {
    return guarded([&]() -> Result<std::optional<model::Rendition>> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT recipe, name, blob, size, crc32, mime_type, width, height, failure, made FROM rendition "
          "WHERE original = ? AND recipe = ?");
      row.bind(key.original, key.recipe);
      if (!row.step()) return std::optional<model::Rendition>();
      return std::optional(rendition_of(row));
    });
  }

  Result<std::vector<model::KeptRendition>> list(const model::BlobId& original) const override {
    return guarded([&]() -> Result<std::vector<model::KeptRendition>> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT recipe, name, blob, size, crc32, mime_type, width, height, failure, made FROM rendition "
          "WHERE original = ? ORDER BY recipe");
      row.bind(original);
      std::vector<model::KeptRendition> kept;
      while (row.step()) kept.push_back({{original, row.text(0)}, rendition_of(row)});
      return kept;
    });
  }

  Result<void> put(const std::vector<model::KeptRendition>& renditions) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      for (const auto& [key, rendition] : renditions) {
        auto content = rendition.failure.empty() ? std::optional(rendition.content) : std::nullopt;
        transaction
            ->prepare(
                "INSERT OR REPLACE INTO rendition (original, recipe, name, blob, size, crc32, mime_type, width, "
                "height, "
                "failure, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(key.original, key.recipe, rendition.name, content ? std::optional(content->id) : std::nullopt,
                  rendition.content.size, rendition.content.crc32, rendition.mime_type, rendition.width,
                  rendition.height, rendition.failure, number_of(rendition.made))
            .run();
      }
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove(const std::vector<model::RenditionKey>& keys) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      for (const auto& key : keys) {
        transaction->prepare("DELETE FROM rendition WHERE original = ? AND recipe = ?")
            .bind(key.original, key.recipe)
            .run();
      }
      transaction.commit();
      return ok();
    });
  }

  Result<void> visit(const std::function<Result<void>(const model::KeptRendition&)>& visit) const override {
    return guarded([&]() -> Result<void> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT recipe, name, blob, size, crc32, mime_type, width, height, failure, made, original FROM rendition");
      while (row.step()) RETURN_IF_ERROR(visit({{row.digest(10), row.text(0)}, rendition_of(row)}));
      return ok();
    });
  }

 private:
  static model::Rendition rendition_of(const Statement& row) {
    model::Rendition rendition;
    rendition.name = row.text(1);
    if (!row.is_null(2)) {
      rendition.content = {row.digest(2), static_cast<ByteCount>(row.integer(3)),
                           static_cast<std::uint32_t>(row.integer(4))};
    }
    rendition.mime_type = row.text(5);
    rendition.width = static_cast<std::uint32_t>(row.integer(6));
    rendition.height = static_cast<std::uint32_t>(row.integer(7));
    rendition.failure = row.text(8);
    rendition.made = time_of(row.integer(9));
    return rendition;
  }

  SharedDatabase database_;
};

class Presets final : public model::PresetRepository {
 public:
  explicit Presets(SharedDatabase database) : database_(std::move(database)) {}

  Result<std::optional<model::ImagePreset>> find(std::string_view name) const override {
    return guarded([&]() -> Result<std::optional<model::ImagePreset>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT name, query FROM image_preset WHERE name = ?");
      row.bind(name);
      if (!row.step()) return std::optional<model::ImagePreset>();
      return std::optional(model::ImagePreset{row.text(0), row.text(1)});
    });
  }

  Result<std::vector<model::ImagePreset>> list() const override {
    return guarded([&]() -> Result<std::vector<model::ImagePreset>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT name, query FROM image_preset ORDER BY name");
      std::vector<model::ImagePreset> presets;
      while (row.step()) presets.push_back({row.text(0), row.text(1)});
      return presets;
    });
  }

  Result<void> put(const model::ImagePreset& preset) override {
    RETURN_IF_ERROR(model::check_preset_name(preset.name));
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM image_preset WHERE name = ?").bind(preset.name).run();
      transaction->prepare("INSERT INTO image_preset (name, query) VALUES (?, ?)")
          .bind(preset.name, preset.query)
          .run();
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove(std::string_view name) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM image_preset WHERE name = ?").bind(name).run();
      if (transaction->changes() == 0) return Error{Code::not_found, "there is no image preset " + std::string(name)};
      transaction.commit();
      return ok();
    });
  }

 private:
  SharedDatabase database_;
};

}  // namespace

std::unique_ptr<model::RenditionRepository> make_renditions(SharedDatabase database) {
  return std::make_unique<Renditions>(std::move(database));
}

std::unique_ptr<model::PresetRepository> make_presets(SharedDatabase database) {
  return std::make_unique<Presets>(std::move(database));
}

}  // namespace dray::sqlite
