// What every adapter of the asset repository must do.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "base/digest.h"
#include "model/assets/asset_repository.h"

namespace dray::model {

struct FreshAssets {
  std::shared_ptr<void> surroundings;
  std::shared_ptr<EventLog> events;  // of the same catalog
  std::unique_ptr<AssetRepository> assets;
};
using AssetsMaker = std::function<FreshAssets()>;

inline AssetDraft draft_of(const std::string& path, const std::string& content = "content") {
  Blob blob{sha256_of(bytes_of(content)), content.size(), crc32_of(bytes_of(content))};
  Nanoseconds modified{std::chrono::nanoseconds(1'700'000'000'123'456'789)};
  return {
      AssetPath::trusted(path), Asset{blob, "image/jpeg", modified, 1, SetKind::none, 640, 480}, {{"dc:title", path}}};
}

class AssetRepositoryConformance : public testing::TestWithParam<AssetsMaker> {
 protected:
  FreshAssets fresh_ = GetParam()();
  AssetRepository& assets_ = *fresh_.assets;
  Seconds now_{std::chrono::seconds(1'700'000'000)};

  void put(const std::string& path, const std::string& content = "content") {
    auto draft = draft_of(path, content);
    auto done = assets_.put_assets(std::span(&draft, 1), now_);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::vector<std::string> below(const std::string& path) {
    std::vector<std::string> paths;
    EXPECT_TRUE(assets_.visit_below(AssetPath::trusted(path), [&](const Node& node) {
      paths.push_back(node.path.text());
      return Visit::go_on;
    }));
    return paths;
  }
};

TEST_P(AssetRepositoryConformance, StartsWithTheRoot) {
  auto root = assets_.find(dam_root());
  ASSERT_TRUE(root && *root);
  EXPECT_TRUE((*root)->is_folder());
  EXPECT_TRUE(below("/content/dam").empty());
}

TEST_P(AssetRepositoryConformance, WritesEventsWithAssetsOrNeither) {
  auto draft = draft_of("/content/dam/x/a.jpg");
  std::vector<Event> events = {{0, now_, "ASSET_CREATED", "ann", draft.path.text(), {}}};
  ASSERT_TRUE(assets_.put_assets(std::span(&draft, 1), now_, events));
  EXPECT_EQ(fresh_.events->list(0, 9)->size(), 1u);
  draft.path = AssetPath::trusted("/content/dam/x");
  EXPECT_FALSE(assets_.put_assets(std::span(&draft, 1), now_, events));
  EXPECT_EQ(fresh_.events->list(0, 9)->size(), 1u);
}

TEST_P(AssetRepositoryConformance, KeepsEveryFieldOfAnAsset) {
  auto draft = draft_of("/content/dam/x/ü 漢.jpg");
  draft.asset.set = SetKind::spin_set;
  draft.asset.original.size = (std::uint64_t{1} << 40) + 1;
  draft.asset.original.crc32 = 0xFFFFFFFF;
  draft.asset.protection = {now_, {"/content/dam/licences/a.pdf", "/apps/b"}, std::string(32, 'a')};
  ASSERT_TRUE(assets_.put_assets(std::span(&draft, 1), now_));
  auto node = assets_.find(draft.path);
  ASSERT_TRUE(node && *node && (*node)->asset);
  EXPECT_EQ(*(*node)->asset, draft.asset);
  EXPECT_EQ(*assets_.get_metadata(draft.path), draft.metadata);
  EXPECT_TRUE((*assets_.find(AssetPath::trusted("/content/dam/x")))->is_folder());
  EXPECT_FALSE(*assets_.find(AssetPath::trusted("/content/dam/y")));
}

TEST_P(AssetRepositoryConformance, GivesAChangedBinaryANewVersion) {
  put("/content/dam/a.jpg", "one");
  put("/content/dam/a.jpg", "one");
  auto id = (*assets_.find(AssetPath::trusted("/content/dam/a.jpg")))->id;
  EXPECT_EQ((*assets_.find(AssetPath::trusted("/content/dam/a.jpg")))->asset->version, 1u);
  put("/content/dam/a.jpg", "two");
  auto node = *assets_.find(AssetPath::trusted("/content/dam/a.jpg"));
  EXPECT_EQ(node->asset->version, 2u);
  EXPECT_EQ(node->id, id);
  auto versions = *assets_.list_versions(node->path);
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].version, 2u);
  EXPECT_EQ(versions[1].original.id, sha256_of(bytes_of("one")));
  std::size_t blobs = 0;
  ASSERT_TRUE(assets_.visit_blobs([&](const AssetPath&, const Blob&) {
    ++blobs;
    return ok();
  }));
  EXPECT_EQ(blobs, 2u);
}

TEST_P(AssetRepositoryConformance, VisitsATreeDepthFirstInCodePointOrder) {
  for (auto path : {"/content/dam/a/z.jpg", "/content/dam/a-b", "/content/dam/a.jpg", "/content/dam/a/b/c.jpg",
                    "/content/dam/Z", "/content/dam/é", "/content/dam/ab"}) {
    put(path);
  }
  EXPECT_EQ(below("/content/dam"),
            (std::vector<std::string>{"/content/dam/Z", "/content/dam/a", "/content/dam/a/b", "/content/dam/a/b/c.jpg",
                                      "/content/dam/a/z.jpg", "/content/dam/a-b", "/content/dam/a.jpg",
                                      "/content/dam/ab", "/content/dam/é"}));
  EXPECT_EQ(below("/content/dam/a"),
            (std::vector<std::string>{"/content/dam/a/b", "/content/dam/a/b/c.jpg", "/content/dam/a/z.jpg"}));
}

TEST_P(AssetRepositoryConformance, PagesThroughChildrenByName) {
  for (int i = 0; i < 25; ++i) put("/content/dam/x/" + std::to_string(100 + i));
  put("/content/dam/x/100-sub/below");
  std::vector<std::string> names;
  std::string after;
  for (;;) {
    auto page = *assets_.list_children(AssetPath::trusted("/content/dam/x"), after, 10);
    if (page.empty()) break;
    EXPECT_LE(page.size(), 10u);
    for (const auto& node : page) names.emplace_back(node.path.name());
    after = names.back();
  }
  EXPECT_EQ(names.size(), 26u);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST_P(AssetRepositoryConformance, PutsAllOrNone) {
  ASSERT_TRUE(assets_.make_folder(AssetPath::trusted("/content/dam/folder")));
  std::vector drafts = {draft_of("/content/dam/first.jpg"), draft_of("/content/dam/folder")};
  EXPECT_EQ(assets_.put_assets(drafts, now_).error().code, Code::conflict);
  EXPECT_FALSE(*assets_.find(AssetPath::trusted("/content/dam/first.jpg")));
  put("/content/dam/first.jpg");
  EXPECT_EQ(assets_.make_folder(AssetPath::trusted("/content/dam/first.jpg/x")).error().code, Code::conflict);
}

TEST_P(AssetRepositoryConformance, FoldersHaveMetadata) {
  auto folder = AssetPath::trusted("/content/dam/new/shoot");
  ASSERT_TRUE(assets_.make_folder(folder, {{"jcr:title", "Große Fotos"}}));
  EXPECT_EQ(assets_.get_metadata(folder)->at("jcr:title"), json::value("Große Fotos"));
  EXPECT_TRUE(assets_.get_metadata(folder.parent())->empty());
  ASSERT_TRUE(assets_.make_folder(folder, {{"jcr:title", "Another"}}));
  EXPECT_EQ(assets_.get_metadata(folder)->at("jcr:title"), json::value("Große Fotos")) << "it has one";
  ASSERT_TRUE(assets_.make_folder(folder.parent(), {{"jcr:title", "New"}}));
  EXPECT_EQ(assets_.get_metadata(folder.parent())->at("jcr:title"), json::value("New"));
  ASSERT_TRUE(assets_.remove(folder.parent()));
  EXPECT_EQ(assets_.get_metadata(folder).error().code, Code::not_found);
  ASSERT_TRUE(assets_.make_folder(folder));
  EXPECT_TRUE(assets_.get_metadata(folder)->empty());
}

TEST_P(AssetRepositoryConformance, RemovesATree) {
  put("/content/dam/a/b.jpg");
  put("/content/dam/ab.jpg");
  ASSERT_TRUE(assets_.remove(AssetPath::trusted("/content/dam/a")));
  EXPECT_EQ(below("/content/dam"), std::vector<std::string>{"/content/dam/ab.jpg"});
  EXPECT_EQ(assets_.remove(AssetPath::trusted("/content/dam/a")).error().code, Code::not_found);
  EXPECT_EQ(assets_.remove(dam_root()).error().code, Code::denied);
}

}  // namespace dray::model
