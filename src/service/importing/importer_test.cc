#include "service/importing/importer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "model/assets/memory_assets.h"
#include "model/blobs/memory_blob_store.h"
#include "model/events/memory_events.h"

namespace dray::service {
namespace {

namespace fs = std::filesystem;

class PlainInspector final : public model::MediaInspector {
  Result<model::MediaFacts> inspect(int, const std::string& name) const override {
    model::MediaFacts facts;
    if (name.ends_with(".set")) facts.metadata["dam:s7damType"] = "SpinSet";
    return facts;
  }
  std::string guess(const std::string&) const override { return "application/octet-stream"; }
};

class ImportTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = testing::TempDir() + "dray-import-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) {
    fs::create_directories(fs::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name) << content;
  }
  Result<ImportReport> import(Compare compare = Compare::size_and_time) {
    SilentProgress progress;
    return import_folder({*blobs_, *assets_, media_, *events_, *jobs_, clock_},
                         {folder_, AssetPath::trusted("/content/dam/x"), compare, 2, "ann"}, progress, stop_);
  }
  std::optional<model::Node> find(const std::string& name) {
    return *assets_->find(AssetPath::trusted("/content/dam/x/" + name));
  }
  static std::string problems(const ImportReport& report) {
    std::string text;
    for (const auto& problem : report.problems) text += problem.path + ": " + problem.reason + "\n";
    return text;
  }

  std::string folder_;
  std::unique_ptr<model::BlobStore> blobs_ = model::make_memory_blob_store();
  std::unique_ptr<model::AssetRepository> assets_ = model::make_memory_assets();
  std::unique_ptr<model::JobQueue> jobs_ = model::make_memory_jobs();
  std::unique_ptr<model::EventLog> events_ = model::make_memory_events();
  PlainInspector media_;
  ManualClock clock_{Seconds(std::chrono::seconds(1'700'000'000))};
  std::atomic<bool> stop_ = false;
};

TEST_F(ImportTest, BringsATreeInWithItsEmptyFolders) {
  write("a.jpg", "aaaa");
  write("sub/b.jpg", std::string(100'000, 'b'));
  fs::create_directory(folder_ + "/empty");
  auto report = import();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->imported, 2u);
  EXPECT_EQ(report->bytes, 100'004u);
  EXPECT_EQ(*model::read_blob(*blobs_, find("sub/b.jpg")->asset->original.id), std::string(100'000, 'b'));
  EXPECT_TRUE(find("empty")->is_folder());
  EXPECT_TRUE(report->problems.empty());
}

TEST_F(ImportTest, SkipsWhatIsThereAndVersionsWhatChanged) {
  write("a.jpg", "one");
  write("b.jpg", "same");
  ASSERT_TRUE(import());
  auto report = *import();
  EXPECT_EQ(report.unchanged, 2u);
  EXPECT_EQ(report.imported + report.updated, 0u);
  write("a.jpg", "other");
  report = *import();
  EXPECT_EQ(report.updated, 1u);
  EXPECT_EQ(report.unchanged, 1u);
  EXPECT_EQ(find("a.jpg")->asset->version, 2u);
}

TEST_F(ImportTest, FindsAChangeThatHidesItsTimeWhenAskedToCompareContent) {
  write("a.jpg", "one");
  ASSERT_TRUE(import());
  auto time = fs::last_write_time(folder_ + "/a.jpg");
  write("a.jpg", "two");
  fs::last_write_time(folder_ + "/a.jpg", time);
  EXPECT_EQ(import()->updated, 0u);
  EXPECT_EQ(import(Compare::content)->updated, 1u);
  EXPECT_EQ(import(Compare::content)->unchanged, 1u);
  EXPECT_EQ(find("a.jpg")->asset->version, 2u);
}

TEST_F(ImportTest, NamesWhatItCannotTakeAndTakesTheRest) {
  write("good.jpg", "good");
  write("inside/target.jpg", "target");
  fs::create_symlink("inside/target.jpg", folder_ + "/link.jpg");
  fs::create_symlink("/etc/passwd", folder_ + "/out.jpg");
  fs::create_symlink("../../etc/passwd", folder_ + "/out2.jpg");
  fs::create_symlink("nowhere", folder_ + "/broken.jpg");
  fs::create_symlink("inside", folder_ + "/folder-link");
  ::mkfifo((folder_ + "/pipe").c_str(), 0600);
  write("bad\xFFname.jpg", "bad");
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += std::string(250, 'd') + "/";
  bool made_deep = true;
  {
    auto before = fs::current_path();
    fs::current_path(folder_);
    for (int i = 0; i < 20 && made_deep; ++i) {
      std::string name(250, 'd');
      made_deep = ::mkdir(name.c_str(), 0700) == 0 && ::chdir(name.c_str()) == 0;
    }
    std::ofstream("deep.jpg") << "deep";
    fs::current_path(before);
  }
  auto report = *import();
  auto text = problems(report);
  EXPECT_EQ(report.imported, 3u);
  EXPECT_TRUE(find("link.jpg"));
  EXPECT_NE(text.find("out.jpg: the symbolic link leads out"), std::string::npos) << text;
  EXPECT_NE(text.find("out2.jpg: the symbolic link leads out"), std::string::npos) << text;
  EXPECT_NE(text.find("broken.jpg: the symbolic link leads nowhere"), std::string::npos) << text;
  EXPECT_NE(text.find("folder-link: symbolic links to folders"), std::string::npos) << text;
  EXPECT_NE(text.find("pipe: it is a special file"), std::string::npos) << text;
  EXPECT_NE(text.find("bad\xEF\xBF\xBDname.jpg: a name is not valid UTF-8"), std::string::npos) << text;
  EXPECT_NE(text.find("deep.jpg: its folder's path is too long"), std::string::npos) << text;
  if (::geteuid() == 0) std::system(("rm -rf '" + folder_ + "'").c_str());
}

TEST_F(ImportTest, NamesAFileItMayNotRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything; tests/system covers it with another user";
  write("a.jpg", "a");
  ::chmod((folder_ + "/a.jpg").c_str(), 0);
  EXPECT_NE(problems(*import()).find("Permission denied"), std::string::npos);
}

TEST_F(ImportTest, ReadsSparseFilesAndHardLinksRight) {
  write("holes.bin", "begin");
  fs::resize_file(folder_ + "/holes.bin", 1'000'000);
  std::ofstream(folder_ + "/holes.bin", std::ios::app) << "end";
  fs::create_hard_link(folder_ + "/holes.bin", folder_ + "/again.bin");
  auto report = *import();
  EXPECT_EQ(report.imported, 2u);
  auto content = "begin" + std::string(999'995, '\0') + "end";
  EXPECT_EQ(find("holes.bin")->asset->original, find("again.bin")->asset->original);
  EXPECT_EQ(*model::read_blob(*blobs_, find("again.bin")->asset->original.id), content);
}

TEST_F(ImportTest, StopsWhenToldAndGoesOnWhenRunAgain) {
  for (int i = 0; i < 50; ++i) write(std::to_string(i), "content");
  stop_ = true;
  auto report = *import();
  EXPECT_TRUE(report.stopped);
  EXPECT_LT(report.imported, 50u);
  stop_ = false;
  auto rest = *import();
  EXPECT_EQ(rest.imported + rest.unchanged, 50u);
}

TEST_F(ImportTest, KnowsASetByItsMetadata) {
  write("turn.set", "x");
  ASSERT_TRUE(import());
  EXPECT_EQ(find("turn.set")->asset->set, model::SetKind::spin_set);
}

TEST_F(ImportTest, RefusesATargetOutsideTheDam) {
  SilentProgress progress;
  auto refused = import_folder({*blobs_, *assets_, media_, *events_, *jobs_, clock_},
                               {folder_, AssetPath::trusted("/etc"), Compare::content, 1, ""}, progress, stop_);
  EXPECT_EQ(refused.error().code, Code::invalid);
  folder_ += "/missing";
  EXPECT_EQ(import().error().code, Code::not_found);
}

}  // namespace
}  // namespace dray::service
