// What every adapter of the repositories of renditions and image presets must do.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "base/text.h"
#include "model/renditions/image_profile_repository.h"
#include "model/renditions/preset_repository.h"
#include "model/renditions/processing_profile_repository.h"
#include "model/renditions/rendition_repository.h"

namespace dray::model {

struct FreshRenditions {
  std::shared_ptr<void> surroundings;
  std::unique_ptr<RenditionRepository> renditions;
  std::unique_ptr<PresetRepository> presets;
  std::unique_ptr<ImageProfileRepository> profiles;
  std::unique_ptr<ProcessingProfileRepository> processing_profiles;
  std::int64_t asset_id = 1;  // of an asset that there is
};
using RenditionsMaker = std::function<FreshRenditions()>;

class RenditionsConformance : public testing::TestWithParam<RenditionsMaker> {
 protected:
  static BlobId id_of(std::string_view text) { return sha256_of(bytes_of(text)); }
  static KeptRendition kept(std::string_view original, std::string recipe, std::string name = "") {
    Rendition rendition;
    rendition.name = std::move(name);
    rendition.content = {id_of(recipe), 1234, 0xfedcba98};
    rendition.mime_type = "image/png";
    rendition.width = 319;
    rendition.height = 239;
    rendition.made = Seconds(std::chrono::seconds(1'800'000'000));
    return {{id_of(original), std::move(recipe)}, rendition};
  }
  static std::vector<std::string> names(const std::vector<ImagePreset>& presets) {
    std::vector<std::string> names;
    for (const auto& preset : presets) names.push_back(preset.name);
    return names;
  }
  FreshRenditions fresh_ = GetParam()();
};

TEST_P(RenditionsConformance, KeepsWhatWasMadeByOriginalAndRecipe) {
  auto& renditions = *fresh_.renditions;
  auto web = kept("a", "static cq5dam.web", "cq5dam.web.1280.1280.jpeg"), preset = kept("a", "wid=300"),
       other = kept("b", "wid=300");
  ASSERT_TRUE(renditions.put({web, preset, other}));
  EXPECT_EQ(*renditions.find(web.key), web.rendition);
  EXPECT_EQ(*renditions.find(other.key), other.rendition);
  EXPECT_EQ(*renditions.find({id_of("b"), "wid=301"}), std::nullopt);
  EXPECT_EQ(*renditions.list(id_of("a")), (std::vector{web, preset}));
  EXPECT_TRUE(renditions.list(id_of("c"))->empty());
}

TEST_P(RenditionsConformance, ReplacesAndRemoves) {
  auto& renditions = *fresh_.renditions;
  auto failed = kept("a", "wid=300");
  failed.rendition = {};
  failed.rendition.failure = "the file is damaged";
  ASSERT_TRUE(renditions.put({failed}));
  EXPECT_EQ(renditions.find(failed.key)->value().failure, "the file is damaged");
  auto made = kept("a", "wid=300");
  ASSERT_TRUE(renditions.put({made}));
  EXPECT_EQ(*renditions.find(made.key), made.rendition);
  ASSERT_TRUE(renditions.remove({made.key}));
  ASSERT_TRUE(renditions.remove({made.key}));
  EXPECT_EQ(*renditions.find(made.key), std::nullopt);
}

TEST_P(RenditionsConformance, VisitsThemAll) {
  auto& renditions = *fresh_.renditions;
  auto failed = kept("a", "wid=1");
  failed.rendition.failure = "damaged";
  ASSERT_TRUE(renditions.put({kept("a", "wid=300"), kept("b", "wid=300"), failed}));
  int made = 0, failures = 0;
  ASSERT_TRUE(renditions.visit([&](const KeptRendition& one) {
    ++(one.rendition.failure.empty() ? made : failures);
    EXPECT_EQ(one.rendition, renditions.find(one.key)->value());
    return ok();
  }));
  EXPECT_EQ(made, 2);
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(renditions.visit([](const auto&) { return Error{Code::gone, "stop"}; }).error().code, Code::gone);
}

TEST_P(RenditionsConformance, FindsPresetsInAnyCase) {
  auto& presets = *fresh_.presets;
  auto before = presets.list()->size();
  ASSERT_TRUE(presets.put({"Web-Banner", "wid=1200"}));
  EXPECT_EQ(presets.find("web-banner")->value(), (ImagePreset{"Web-Banner", "wid=1200"}));
  ASSERT_TRUE(presets.put({"WEB-BANNER", "wid=1300"}));
  EXPECT_EQ(presets.find("Web-Banner")->value(), (ImagePreset{"WEB-BANNER", "wid=1300"}));
  ASSERT_TRUE(presets.put({"!_s7x", "wid=1"}));
  EXPECT_EQ(presets.list()->size(), before + 2);
  auto listed = names(*presets.list());
  EXPECT_TRUE(std::is_sorted(listed.begin(), listed.end(),
                             [](const auto& a, const auto& b) { return ascii_lower(a) < ascii_lower(b); }));
  ASSERT_TRUE(presets.remove("web-banner"));
  EXPECT_EQ(*presets.find("web-banner"), std::nullopt);
  EXPECT_EQ(presets.remove("web-banner").error().code, Code::not_found);
  for (const auto& name :
       {std::string(), std::string("with blank"), std::string("a&b"), std::string("$a$"), std::string(101, 'x')})
    EXPECT_EQ(presets.put({name, "wid=1"}).error().code, Code::invalid) << name;
}

TEST_P(RenditionsConformance, KeepsProcessingProfilesOneForAFolder) {
  auto& profiles = *fresh_.processing_profiles;
  auto folder = AssetPath::trusted("/content/dam/shoot");
  ProcessingProfile one{"Web", {{"banner.webp", "webp", 1200, 0, 70, {"image/*"}, {"image/gif"}}}, {folder}};
  ProcessingProfile other{"Zoom", {{"cq5dam.zoom.2048.2048.jpeg", "jpeg", 2048, 2048}}, {}};
  ASSERT_TRUE(profiles.put(other));
  ASSERT_TRUE(profiles.put(one));
  EXPECT_EQ(*profiles.list(), (std::vector{one, other}));
  other.folders.push_back(folder);
  EXPECT_EQ(profiles.put(other).error().code, Code::conflict);
  ASSERT_TRUE(profiles.remove("Web"));
  EXPECT_EQ(profiles.remove("Web").error().code, Code::not_found);
  EXPECT_TRUE(profiles.put(other));
  const ProcessingRendition bad[] = {
      {""},         {"a/b.png"},          {"original"},           {"cq5dam.web.1280.1280.jpeg"},
      {"a", "bmp"}, {"a", "png", 10'001}, {"a", "jpeg", 1, 1, 0}, {"a", "jpeg", 1, 1, 101}};
  for (const auto& rendition : bad)
    EXPECT_EQ(profiles.put({"Bad", {rendition}, {}}).error().code, Code::invalid) << rendition.name;
  EXPECT_EQ(profiles.put({"Bad", {{"a"}, {"a"}}, {}}).error().code, Code::invalid);
}

TEST_P(RenditionsConformance, KeepsImageProfilesOneForAFolder) {
  auto& profiles = *fresh_.profiles;
  auto folder = AssetPath::trusted("/content/dam/shoot"), day = AssetPath::trusted("/content/dam/shoot/day");
  ImageProfile one{"Banners", {{"Large", 1200, 800}, {"Small", 100, 100}}, {folder}}, other{"Days", {}, {day}};
  ASSERT_TRUE(profiles.put(one));
  ASSERT_TRUE(profiles.put(other));
  EXPECT_EQ(*profiles.list(), (std::vector{one, other}));
  EXPECT_EQ(profile_for(*profiles.list(), AssetPath::trusted("/content/dam/shoot/a.jpg"))->name, "Banners");
  EXPECT_EQ(profile_for(*profiles.list(), AssetPath::trusted("/content/dam/shoot/day/a.jpg"))->name, "Days");
  EXPECT_EQ(profile_for(*profiles.list(), AssetPath::trusted("/content/dam/shooting.jpg")), nullptr);
  other.folders.push_back(folder);
  EXPECT_EQ(profiles.put(other).error().code, Code::conflict);
  ASSERT_TRUE(profiles.remove("Banners"));
  EXPECT_EQ(profiles.remove("Banners").error().code, Code::not_found);
  EXPECT_TRUE(profiles.put(other));
  for (const auto& crops : {std::vector<CropSize>{{"a", 49, 100}},
                            {{"a", 60, 60}, {"b", 60, 60}},
                            {{"a", 60, 60}, {"A", 70, 70}},
                            {{"a:b", 60, 60}},
                            {{"", 60, 60}}})
    EXPECT_EQ(profiles.put({"Bad", crops, {}}).error().code, Code::invalid);
}

TEST_P(RenditionsConformance, KeepsSmartCropsByAsset) {
  auto& profiles = *fresh_.profiles;
  SmartCrop large{"Large", 0.25, 0.125, 0.5, 0.5, 1200, 800, false, id_of("a")};
  SmartCrop small{"Small", 0.1, 0.2, 0.3, 0.4, 100, 100, true, id_of("a")};
  ASSERT_TRUE(profiles.put_crops(fresh_.asset_id, {small, large}));
  EXPECT_EQ(*profiles.list_crops(fresh_.asset_id), (std::vector{large, small}));
  large.left = 0;
  ASSERT_TRUE(profiles.put_crops(fresh_.asset_id, {large}));
  EXPECT_EQ(*profiles.list_crops(fresh_.asset_id), (std::vector{large, small}));
  auto found_again = small;
  found_again.by_hand = false;
  found_again.left = 0.9;
  ASSERT_TRUE(profiles.put_crops(fresh_.asset_id, {found_again}));
  EXPECT_EQ(profiles.list_crops(fresh_.asset_id)->back(), small) << "what was changed by hand stays";
  found_again.target_width = 50;
  ASSERT_TRUE(profiles.put_crops(fresh_.asset_id, {found_again}));
  EXPECT_EQ(profiles.list_crops(fresh_.asset_id)->back(), found_again);
  EXPECT_TRUE(profiles.list_crops(fresh_.asset_id + 1)->empty());
}

}  // namespace dray::model
