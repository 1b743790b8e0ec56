#include "pipeline/select/selection.h"

#include <gtest/gtest.h>

#include "model/assets/memory_assets.h"

namespace dray::pipeline {
namespace {

using model::AccessRule;
using model::AssetDraft;
using model::Effect;
using model::Privilege;

AssetPath path(const std::string& text) { return AssetPath::trusted(text); }

class SelectTest : public testing::Test {
 protected:
  void put(const std::string& at, model::SetKind set = model::SetKind::none) {
    model::Blob blob{sha256_of(bytes_of(at)), at.size(), crc32_of(bytes_of(at))};
    AssetDraft draft{path(at), {blob, "image/jpeg", {}, 1, set, {}, {}}, {}};
    ASSERT_TRUE(assets_->put_assets(std::span(&draft, 1), {}));
  }
  void deny(const std::string& at, Privilege privilege = Privilege::read) {
    rules_.push_back({path(at), "everyone", model::set_of(privilege), Effect::deny});
  }
  Selection select(std::vector<std::string> targets, DownloadOptions options = {}) {
    DownloadRequest request;
    for (const auto& target : targets) request.targets.push_back(path(target));
    request.options = options;
    return *pipeline::select(request, {"ann", {"everyone"}}, model::AccessRules(rules_), *assets_);
  }
  static std::string names(const Selection& selection) {
    std::string text;
    for (const auto& entry : selection.entries) text += std::string(entry.relative_path()) + " ";
    return text;
  }

  std::unique_ptr<model::AssetRepository> assets_ = model::make_memory_assets();
  std::vector<AccessRule> rules_ = model::default_rules();
};

TEST_F(SelectTest, TakesAWholeTreeInArchiveOrder) {
  put("/content/dam/shoot/b.jpg");
  put("/content/dam/shoot/a/1.jpg");
  put("/content/dam/other.jpg");
  auto selection = select({"/content/dam/shoot"});
  EXPECT_EQ(names(selection), "shoot/a/1.jpg shoot/b.jpg ");
  EXPECT_EQ(selection.suggested_name, "shoot");
  EXPECT_TRUE(selection.folders.empty());
  EXPECT_EQ(select({"/content/dam/shoot", "/content/dam/other.jpg"}).suggested_name, "assets");
}

TEST_F(SelectTest, TakesAnAssetOnceAtItsFirstPlace) {
  put("/content/dam/shoot/a.jpg");
  put("/content/dam/shoot/b.jpg");
  auto selection =
      select({"/content/dam/shoot/b.jpg", "/content/dam/shoot", "/content/dam/shoot/a.jpg", "/content/dam/shoot"});
  EXPECT_EQ(names(selection), "b.jpg shoot/a.jpg ");
  EXPECT_EQ(selection.asset_count, 2u);
}

TEST_F(SelectTest, RefusesSetsByName) {
  put("/content/dam/x/set", model::SetKind::image_set);
  put("/content/dam/x/a.jpg");
  auto selection = select({"/content/dam/x"});
  EXPECT_EQ(names(selection), "x/a.jpg ");
  ASSERT_EQ(selection.skipped.size(), 1u);
  EXPECT_EQ(selection.skipped[0],
            (model::Skipped{"/content/dam/x/set", "set", "sets cannot be downloaded: this is an Image Set"}));
}

TEST_F(SelectTest, NamesWhatIsMissingOrDeniedAndTakesTheRest) {
  put("/content/dam/x/a.jpg");
  put("/content/dam/x/secret/b.jpg");
  put("/content/dam/x/secret/c.jpg");
  put("/content/dam/x/z.jpg");
  deny("/content/dam/x/secret");
  auto selection = select({"/content/dam/x", "/content/dam/none", "/content/dam/x/secret/b.jpg", "/etc/passwd"});
  EXPECT_EQ(names(selection), "x/a.jpg x/z.jpg ");
  std::string skipped;
  for (const auto& item : selection.skipped) skipped += item.path + ":" + item.reason + " ";
  EXPECT_EQ(skipped,
            "/content/dam/x/secret:denied /content/dam/none:not_found /content/dam/x/secret/b.jpg:denied "
            "/etc/passwd:denied ");
  EXPECT_EQ(selection.turns, (std::vector<model::RightsTurn>{{path("/content/dam/x/secret"), false}}));
}

TEST_F(SelectTest, AllowsBelowWhatIsDeniedWhereARuleSaysSo) {
  put("/content/dam/x/secret/open/a.jpg");
  put("/content/dam/x/secret/b.jpg");
  deny("/content/dam/x/secret");
  rules_.push_back({path("/content/dam/x/secret/open"), "ann", model::set_of(Privilege::read), Effect::allow});
  EXPECT_EQ(names(select({"/content/dam/x"})), "x/secret/open/a.jpg ");
}

TEST_F(SelectTest, NeedsTheRightToOriginalsAndToDownload) {
  put("/content/dam/x/a.jpg");
  deny("/content/dam/x", Privilege::original);
  EXPECT_EQ(select({"/content/dam/x"}).skipped.at(0).reason, "denied");
  rules_ = model::default_rules();
  deny("/var/dam/jobs/download");
  auto selection = select({"/content/dam/x"});
  EXPECT_TRUE(selection.entries.empty());
  EXPECT_EQ(selection.skipped.at(0).reason, "denied");
}

TEST_F(SelectTest, KeepsFoldersForTheStructure) {
  ASSERT_TRUE(assets_->make_folder(path("/content/dam/x/empty")));
  put("/content/dam/x/z.jpg");
  auto selection = select({"/content/dam/x"}, {.keep_structure = true});
  ASSERT_EQ(selection.folders.size(), 2u);
  EXPECT_EQ(selection.folders[1].relative_path(), "x/empty");
  EXPECT_EQ(selection.folders[1].before_entry, 0u);
}

TEST(DownloadRequest, ReadsTheApisForm) {
  auto request = parse_download_request(*parse_json(
      R"({"targets":[{"path":"/content/dam/x"}],"options":{"originals":true,"folderPerAsset":true,"keepStructure":false},"archiveName":"x"})"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->targets, std::vector{path("/content/dam/x")});
  EXPECT_TRUE(request->options.folder_per_asset);
  EXPECT_EQ(request->form, ArchiveForm::always);
  EXPECT_EQ(parse_download_request(*parse_json(R"({"targets":[],"archiveName":""})"))->form, ArchiveForm::as_needed);
}

TEST(DownloadRequest, TakesATargetOnceAndNotTooMany) {
  auto request = parse_download_request(*parse_json(R"({"targets":[{"path":"/b"},{"path":"/a"},{"path":"/b/"}]})"));
  EXPECT_EQ(request->targets, (std::vector{path("/b"), path("/a")}));
  json::array many(kMostTargets + 1, json::object{{"path", "/a"}});
  EXPECT_NE(parse_download_request(json::object{{"targets", many}}).error().message.find("10001 targets"),
            std::string::npos);
}

TEST(DownloadRequest, NamesWhatIsWrong) {
  auto message = [](const char* text) { return parse_download_request(*parse_json(text)).error().message; };
  EXPECT_NE(message("[]").find("object"), std::string::npos);
  EXPECT_NE(message("{}").find("targets"), std::string::npos);
  EXPECT_NE(message(R"({"targets":{}})").find("list"), std::string::npos);
  EXPECT_NE(message(R"({"targets":["/content/dam"]})").find("target 1"), std::string::npos);
  EXPECT_NE(message(R"({"targets":[{"path":"/a/../b"}]})").find("target 1: a name may not be \"..\""),
            std::string::npos);
  EXPECT_NE(message(R"({"targets":[],"options":{"orginals":true}})").find("orginals"), std::string::npos);
  EXPECT_NE(message(R"({"targets":[],"options":{"originals":1}})").find("true or false"), std::string::npos);
  EXPECT_NE(message(R"({"targets":[],"name":"x"})").find("\"name\""), std::string::npos);
}

}  // namespace
}  // namespace dray::pipeline
