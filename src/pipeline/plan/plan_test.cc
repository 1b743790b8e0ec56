#include "pipeline/plan/plan.h"

#include <gtest/gtest.h>

#include "lang/zip/records.h"

namespace dray::pipeline {
namespace {

constexpr ByteCount kGigabyte = 1'000'000'000;

class PlanTest : public testing::Test {
 protected:
  void add(const std::string& path, ByteCount size = 10, std::string_view root = "/content/dam/") {
    SelectedEntry entry;
    entry.asset_id = static_cast<std::int64_t>(selection_.entries.size()) + 1;
    entry.asset = AssetPath::trusted(path);
    entry.base = root.size();
    entry.content.size = size;
    selection_.entries.push_back(entry);
  }
  void add_folder(const std::string& path, std::string_view root = "/content/dam/") {
    selection_.folders.push_back({AssetPath::trusted(path), root.size(), selection_.entries.size()});
  }
  Plan plan(DownloadOptions options = {}, ByteCount limit = Policy().part_limit) {
    DownloadRequest request;
    request.options = options;
    request.archive_name = "x";
    request.form = ArchiveForm::always;
    return make_plan(request, selection_, {limit});
  }
  static std::string names(const PlannedArchive& archive) {
    std::string text;
    for (const auto& entry : archive.entries) text += entry.name + "|";
    return text;
  }

  Selection selection_;
};

TEST_F(PlanTest, PutsEverythingAtTheTopUnlessAskedOtherwise) {
  add("/content/dam/shoot/day1/hero.jpg");
  add("/content/dam/shoot/hero.jpg");
  EXPECT_EQ(names(plan().archives.at(0)), "hero.jpg|hero (2).jpg|");
  EXPECT_EQ(names(plan({.folder_per_asset = true}).archives.at(0)), "hero.jpg/hero.jpg|hero (2).jpg/hero.jpg|");
  EXPECT_EQ(names(plan({.keep_structure = true}).archives.at(0)), "shoot/day1/hero.jpg|shoot/hero.jpg|");
  EXPECT_EQ(names(plan({.folder_per_asset = true, .keep_structure = true}).archives.at(0)),
            "shoot/day1/hero.jpg/hero.jpg|shoot/hero.jpg/hero.jpg|");
}

TEST_F(PlanTest, NumbersNamesThatDifferInCaseOrUnicodeFormOnly) {
  add("/content/dam/a/Hero.JPG");
  add("/content/dam/b/hero.jpg");
  add("/content/dam/c/hero (2).jpg");
  add("/content/dam/d/HERO.jpg");
  add("/content/dam/e/u\xCC\x88.jpg");  // u and a combining diaeresis
  add("/content/dam/f/\xC3\xBC.jpg");   // the same letter as one character
  auto made = plan();
  EXPECT_EQ(names(made.archives.at(0)),
            "Hero.JPG|hero (2).jpg|hero (2) (2).jpg|HERO (3).jpg|\xC3\xBC.jpg|\xC3\xBC (2).jpg|");
  EXPECT_EQ(made.renamed.at(0), (Renamed{"hero.jpg", "hero (2).jpg"}));
}

TEST_F(PlanTest, TellsFoldersOfOneNameApart) {
  add("/content/dam/one/shoot/a.jpg", 1, "/content/dam/one/");
  add("/content/dam/two/shoot/a.jpg", 1, "/content/dam/two/");
  add("/content/dam/two/shoot/b.jpg", 1, "/content/dam/two/");
  add("/content/dam/three/Shoot", 1, "/content/dam/three/");
  EXPECT_EQ(names(plan({.keep_structure = true}).archives.at(0)),
            "shoot/a.jpg|shoot (2)/a.jpg|shoot (2)/b.jpg|Shoot (3)|");
}

TEST_F(PlanTest, MakesNamesSafe) {
  add("/content/dam/x/CON");
  add("/content/dam/x/a:b?.jpg");
  add("/content/dam/x/dot.");
  add("/content/dam/x/a\\b");
  EXPECT_EQ(names(plan().archives.at(0)), "CON_|a_b_.jpg|dot_|a_b|");
}

TEST_F(PlanTest, KeepsEmptyFoldersOfAStructure) {
  add_folder("/content/dam/x");
  add_folder("/content/dam/x/empty");
  add_folder("/content/dam/x/full");
  add("/content/dam/x/full/a.jpg");
  add_folder("/content/dam/x/z");
  EXPECT_EQ(names(plan({.keep_structure = true}).archives.at(0)), "x/empty/|x/full/a.jpg|x/z/|");
}

TEST_F(PlanTest, SendsOneFileBareUnlessAZipWasAskedFor) {
  add("/content/dam/x/a.jpg");
  DownloadRequest request;
  EXPECT_EQ(make_plan(request, selection_, {}).delivery, Delivery::file);
  EXPECT_EQ(make_plan(request, selection_, {}).file_name, "a.jpg");
  EXPECT_EQ(plan().delivery, Delivery::archives);
  selection_.entries.clear();
  EXPECT_EQ(plan().delivery, Delivery::nothing);
}

TEST_F(PlanTest, CutsAtTheLimitAndNamesTheParts) {
  for (int i = 0; i < 5; ++i) add("/content/dam/x/" + std::to_string(i) + ".mov", 50 * kGigabyte);
  auto made = plan();
  ASSERT_EQ(made.archives.size(), 5u) << "two files of 50 GB and their headers are more than 100 GB";
  for (auto& entry : selection_.entries) entry.content.size -= 1'000'000;
  made = plan();
  ASSERT_EQ(made.archives.size(), 3u);
  EXPECT_EQ(made.archives[0].name, "x_1.zip");
  EXPECT_EQ(names(made.archives[2]), "4.mov|");
}

TEST_F(PlanTest, CountsEveryHeaderAgainstTheLimit) {
  add("/content/dam/x/a", 1000);
  add("/content/dam/x/b", 1000);
  zip::Entry first{.name = "a", .size = 1000, .stored_size = 1000};
  zip::Entry second{.name = "b", .size = 1000, .stored_size = 1000};
  ByteCount local = zip::local_header_size(first) + zip::local_header_size(second) + 2000;
  ByteCount central = zip::central_record_size(first) + zip::central_record_size(second);
  auto exact = local + central + zip::end_records_size({2, local, central});
  EXPECT_EQ(plan({}, exact).archives.size(), 1u);
  EXPECT_EQ(plan({}, exact - 1).archives.size(), 2u);
}

TEST_F(PlanTest, GivesAFileBeyondTheLimitAPartOfItsOwn) {
  add("/content/dam/x/small", 10);
  add("/content/dam/x/huge", 5 * kGigabyte);
  add("/content/dam/x/tiny", 10);
  auto made = plan({}, kGigabyte);
  ASSERT_EQ(made.archives.size(), 3u);
  EXPECT_EQ(names(made.archives[1]), "huge|");
}

TEST_F(PlanTest, KeepsTheFilesOfOneAssetTogetherWhereTheyFit) {
  add("/content/dam/x/a", 600);
  add("/content/dam/x/b", 300);
  add("/content/dam/x/b", 300);
  selection_.entries[2].asset_id = selection_.entries[1].asset_id;
  auto made = plan({.folder_per_asset = true}, 1500);
  ASSERT_EQ(made.archives.size(), 2u);
  EXPECT_EQ(names(made.archives[1]), "b/b|b/b (2)|");
}

TEST(ArchiveName, IsWhatWasTypedWithoutWhatHurts) {
  EXPECT_EQ(make_archive_name("shoot.zip", ""), "shoot");
  EXPECT_EQ(make_archive_name("../../etc/passwd", ""), "....etcpasswd");
  EXPECT_EQ(make_archive_name("a\r\nb", ""), "ab");
  EXPECT_EQ(make_archive_name("", "folder"), "folder");
  EXPECT_EQ(make_archive_name("...", ""), "assets");
  EXPECT_EQ(make_archive_name("CON", ""), "CON_");
  EXPECT_LE(make_archive_name(std::string(4000, 'x'), "").size(), 240u);
}

}  // namespace
}  // namespace dray::pipeline
