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
  void protect(const std::string& at, model::Protection protection) {
    put(at);
    AssetDraft draft{path(at), *(*assets_->find(path(at)))->asset, {}};
    draft.asset.protection = std::move(protection);
    ASSERT_TRUE(assets_->put_assets(std::span(&draft, 1), {}));
  }
  void deny(const std::string& at, Privilege privilege = Privilege::read) {
    rules_.push_back({path(at), "everyone", model::set_of(privilege), Effect::deny});
  }
  Selection select(std::vector<std::string> targets, DownloadOptions options = {},
                   std::vector<std::string> licences = {}) {
    DownloadRequest request;
    request.licences = std::move(licences);
    for (const auto& target : targets) request.targets.push_back(path(target));
    request.options = options;
    return *pipeline::select(request, caller_, model::AccessRules(rules_), {*assets_, read_page_}, now_);
  }
  static std::string names(const Selection& selection) {
    std::string text;
    for (const auto& entry : selection.entries) text += std::string(entry.relative_path()) + " ";
    return text;
  }

  model::ReadLicencePage read_page_;
  std::unique_ptr<model::AssetRepository> assets_ = model::make_memory_assets();
  std::vector<AccessRule> rules_ = model::default_rules();
  model::Caller caller_{"ann", {"everyone"}};
  Seconds now_{std::chrono::seconds(1000)};
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

TEST_F(SelectTest, LeavesOutWhatHasExpired) {
  auto at = [](std::int64_t seconds) { return Seconds(std::chrono::seconds(seconds)); };
  protect("/content/dam/x/old.jpg", {at(1000), {}, ""});
  protect("/content/dam/x/later.jpg", {at(3000), {}, ""});
  protect("/content/dam/x/soon.jpg", {at(2000), {}, ""});
  put("/content/dam/x/a.jpg");
  auto selection = select({"/content/dam/x"});
  EXPECT_EQ(names(selection), "x/a.jpg x/later.jpg x/soon.jpg ");
  ASSERT_EQ(selection.skipped.size(), 1u);
  EXPECT_EQ(selection.skipped[0].reason, "expired");
  EXPECT_EQ(selection.skipped[0].message, "it expired on 1970-01-01T00:16:40Z");
  EXPECT_EQ(selection.assets_expire, at(2000));
  EXPECT_EQ(select({"/content/dam/x/old.jpg"}).skipped.at(0).path, "/content/dam/x/old.jpg");
  caller_.groups.insert(std::string(model::kAdministrators));
  EXPECT_EQ(select({"/content/dam/x"}).entries.size(), 4u) << "administrators may";
  EXPECT_EQ(select({"/content/dam/x"}).assets_expire, at(1000)) << "and those they send it to may not";
  caller_.visitor = "link/visitor";
  EXPECT_EQ(select({"/content/dam/x"}).entries.size(), 3u) << "but not who comes through their link";
}

TEST(Licences, OfSeveralSelectionsAreToldOnceWithAllTheirAssets) {
  auto path = [](int number) { return AssetPath::trusted("/content/dam/" + std::to_string(number)); };
  std::vector<SelectedLicence> licences{{"a", "/content/dam/a.pdf", nullptr, true, 2, {path(1), path(2)}}};
  merge(licences, {{"b", "", nullptr, false, 1, {path(9)}},
                   {"a", "/content/dam/a.pdf", nullptr, true, 3, {path(2), path(3), path(4)}}});
  ASSERT_EQ(licences.size(), 2u);
  EXPECT_EQ(licences[0].asset_count, 4u);
  EXPECT_EQ(licences[0].assets, (std::vector{path(1), path(2), path(3), path(4)}));
  EXPECT_EQ(licences[1].id, "b");
  SelectedLicence many{"a", "", nullptr, true, 100, {}};
  for (int number = 10; number < 110; ++number) many.assets.push_back(path(number));
  merge(licences, {many});
  EXPECT_EQ(licences[0].asset_count, 104u);
  EXPECT_EQ(licences[0].assets.size(), 104u) << "who has agreed has agreed for each";
  many.id = "b";
  merge(licences, {many});
  EXPECT_EQ(licences[1].asset_count, 101u);
  EXPECT_EQ(licences[1].assets.size(), kNamedByLicence) << "those that are only asked for are named as examples";
}

TEST_F(SelectTest, AsksForLicences) {
  put("/content/dam/licences/a.pdf");
  auto text = model::licence_id_of_text("<p>Ask</p>"),
       page =
           model::licence_id_of_page("/content/dam/licences/a.pdf", sha256_of(bytes_of("/content/dam/licences/a.pdf")));
  protect("/content/dam/x/page.jpg", {{}, {"/apps/none", "/content/dam/licences/a.pdf"}, text});
  protect("/content/dam/x/text1.jpg", {{}, {}, text});
  protect("/content/dam/x/text2.jpg", {{}, {"/content/dam/licences/none.pdf"}, text});
  protect("/content/dam/x/wrong.jpg", {{}, {"/content/dam/licences"}, ""});
  auto selection = select({"/content/dam/x"});
  EXPECT_EQ(names(selection), "x/wrong.jpg ") << "a path that is no asset's protects nothing";
  ASSERT_EQ(selection.licences.size(), 2u);
  EXPECT_EQ(selection.licences[0].id, page);
  EXPECT_EQ(selection.licences[0].page, "/content/dam/licences/a.pdf");
  EXPECT_EQ(selection.licences[1].id, text) << "a wrong path does not cancel the text";
  EXPECT_EQ(selection.licences[1].asset_count, 2u);
  ASSERT_EQ(selection.skipped.size(), 3u);
  EXPECT_EQ(selection.skipped[0].reason, "licence");
  EXPECT_EQ(selection.skipped[0].licence, page);
  auto agreed = select({"/content/dam/x"}, {}, {text});
  EXPECT_EQ(names(agreed), "x/text1.jpg x/text2.jpg x/wrong.jpg ");
  EXPECT_TRUE(agreed.licences[1].is_accepted);
  EXPECT_EQ(agreed.skipped.size(), 1u);
}

TEST_F(SelectTest, AsksForLicencesThatArePagesOfTheInstallation) {
  std::string html = "<p>Ask</p>";
  read_page_ = [&](const std::string& at) -> Result<std::optional<model::LicencePage>> {
    if (at == "/apps/licences/broken") return Error{Code::unavailable, "it cannot be read"};
    if (!at.starts_with("/apps/licences/a")) return std::optional<model::LicencePage>();
    return std::optional(model::LicencePage{"/apps/licences/a.html", sha256_of(bytes_of(html)),
                                            std::make_shared<const std::string>(html)});
  };
  protect("/content/dam/x/a.jpg", {{}, {"/apps/licences/none", "/apps/licences/a"}, std::string(32, 'a')});
  protect("/content/dam/x/b.jpg", {{}, {"/apps/licences/none"}, ""});
  protect("/content/dam/x/c.jpg", {{}, {"/apps/licences/a.html"}, ""});
  auto selection = select({"/content/dam/x"});
  EXPECT_EQ(names(selection), "x/b.jpg ");
  ASSERT_EQ(selection.licences.size(), 1u);
  EXPECT_EQ(selection.licences[0].page, "/apps/licences/a.html");
  EXPECT_EQ(*selection.licences[0].html, html);
  EXPECT_EQ(selection.licences[0].asset_count, 2u) << "whichever way it is named";
  auto id = selection.licences[0].id;
  EXPECT_EQ(names(select({"/content/dam/x"}, {}, {id})), "x/a.jpg x/b.jpg x/c.jpg ");
  html = "<p>Ask twice</p>";
  EXPECT_EQ(names(select({"/content/dam/x"}, {}, {id})), "x/b.jpg ") << "a new text is a new licence";
  protect("/content/dam/y/d.jpg", {{}, {"/apps/licences/broken"}, ""});
  put("/content/dam/y/e.jpg");
  auto broken = select({"/content/dam/y"});
  EXPECT_EQ(names(broken), "y/e.jpg ") << "what cannot be read is not as good as nothing, and holds nothing else up";
  ASSERT_EQ(broken.skipped.size(), 1u);
  EXPECT_EQ(broken.skipped[0].reason, "licence");
  EXPECT_EQ(broken.skipped[0].licence, "") << "nobody can agree to it";
  EXPECT_TRUE(broken.licences.empty());
}

TEST_F(SelectTest, JoinsSelectionsEachThingOnce) {
  for (auto at : {"/content/dam/x/a.jpg", "/content/dam/x/b.jpg", "/content/dam/y/c.jpg"}) put(at);
  auto selection = select({"/content/dam/x"});
  auto more = select({"/content/dam/y", "/content/dam/x/a.jpg", "/content/dam/none"});
  auto crop = [&](const std::string& content) {
    auto entry = selection.entries.front();
    entry.rendition = "100x75.jpg";
    entry.wanted = 1;
    entry.content.id = sha256_of(bytes_of(content));
    more.entries.push_back(entry);
  };
  more.wanted.resize(1);
  crop("plain");
  crop("inverted");  // two of one name and another content are two
  more.wanted[0].name = "100x75.jpg";
  auto size = selection.total_size + more.total_size - selection.entries.front().content.size;
  append(selection, std::move(more));
  std::string text;
  for (const auto& entry : selection.entries) text += entry.asset.text() + " " + entry.rendition + "\n";
  EXPECT_EQ(text,
            "/content/dam/x/a.jpg original\n/content/dam/x/a.jpg 100x75.jpg\n/content/dam/x/a.jpg 100x75.jpg\n"
            "/content/dam/x/b.jpg original\n/content/dam/y/c.jpg original\n")
      << "the files of an asset lie together";
  EXPECT_EQ(selection.total_size, size);
  EXPECT_EQ(selection.skipped.size(), 1u);
  append(selection, select({"/content/dam/none"}));
  EXPECT_EQ(selection.skipped.size(), 1u);
}

TEST_F(SelectTest, JoinsFoldersEachOnce) {
  put("/content/dam/x/a.jpg");
  ASSERT_TRUE(assets_->make_folder(path("/content/dam/x/empty")));
  auto selection = select({"/content/dam/x"}, {.keep_structure = true});
  auto count = selection.folders.size();
  append(selection, select({"/content/dam/x"}, {.keep_structure = true}));
  EXPECT_EQ(selection.folders.size(), count);
  EXPECT_EQ(selection.entries.size(), 1u);
}

TEST_F(SelectTest, IsCutByWhatIsRefusedToo) {
  for (int i = 0; i < 5; ++i) protect("/content/dam/x/" + std::to_string(i) + ".jpg", {{}, {}, std::string(32, 'a')});
  DownloadRequest request;
  request.targets = {path("/content/dam/x")};
  auto selection =
      *pipeline::select(request, caller_, model::AccessRules(rules_), {*assets_, read_page_}, now_, {}, {.assets = 2});
  EXPECT_TRUE(selection.is_cut);
  EXPECT_EQ(selection.asset_count, 3u);
}

}  // namespace
}  // namespace dray::pipeline
