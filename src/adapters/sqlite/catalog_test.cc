#include "adapters/sqlite/catalog.h"

#include <unistd.h>

#include <filesystem>

#include "adapters/sqlite/database.h"
#include "model/assets/testing/conformance.h"
#include "model/downloads/testing/conformance.h"
#include "model/events/testing/conformance.h"
#include "model/jobs/testing/conformance.h"
#include "model/people/testing/conformance.h"
#include "model/renditions/testing/conformance.h"
#include "model/shares/testing/conformance.h"

namespace dray {
namespace {

struct TemporaryFolder {
  std::string path = [] {
    auto pattern = testing::TempDir() + "dray-catalog-XXXXXX";
    return std::string(::mkdtemp(pattern.data()));
  }();
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

struct Fresh {
  std::shared_ptr<TemporaryFolder> folder = std::make_shared<TemporaryFolder>();
  sqlite::Catalog catalog = std::move(*sqlite::open_catalog(folder->path + "/dray.db"));
};

}  // namespace

namespace model {
INSTANTIATE_TEST_SUITE_P(
    Sqlite, AssetRepositoryConformance, testing::Values(AssetsMaker{[] {
      Fresh fresh;
      return FreshAssets{fresh.folder, std::move(fresh.catalog.events), std::move(fresh.catalog.assets)};
    }}));
INSTANTIATE_TEST_SUITE_P(Sqlite, PeopleConformance, testing::Values(PeopleMaker{[] {
                           Fresh fresh;
                           return FreshPeople{fresh.folder, std::move(fresh.catalog.people),
                                              std::move(fresh.catalog.credentials), std::move(fresh.catalog.access)};
                         }}));
INSTANTIATE_TEST_SUITE_P(Sqlite, DownloadRepositoryConformance, testing::Values(DownloadsMaker{[] {
                           Fresh fresh;
                           return FreshDownloads{fresh.folder, std::move(fresh.catalog.downloads),
                                                 std::move(fresh.catalog.jobs), std::move(fresh.catalog.events)};
                         }}));
INSTANTIATE_TEST_SUITE_P(Sqlite, EventLogConformance, testing::Values(EventsMaker{[] {
                           Fresh fresh;
                           return FreshEvents{fresh.folder, std::move(fresh.catalog.events)};
                         }}));
INSTANTIATE_TEST_SUITE_P(Sqlite, ShareRepositoryConformance, testing::Values(SharesMaker{[] {
                           Fresh fresh;
                           return FreshShares{fresh.folder, std::move(fresh.catalog.jobs),
                                              std::move(fresh.catalog.events), std::move(fresh.catalog.shares)};
                         }}));
INSTANTIATE_TEST_SUITE_P(Sqlite, JobQueueConformance, testing::Values(JobsMaker{[] {
                           Fresh fresh;
                           return FreshJobs{fresh.folder, std::move(fresh.catalog.jobs)};
                         }}));
INSTANTIATE_TEST_SUITE_P(Sqlite, RenditionsConformance, testing::Values(RenditionsMaker{[] {
                           Fresh fresh;
                           return FreshRenditions{fresh.folder,
                                                  std::move(fresh.catalog.renditions),
                                                  std::move(fresh.catalog.presets),
                                                  std::move(fresh.catalog.image_profiles),
                                                  std::move(fresh.catalog.processing_profiles),
                                                  1};
                         }}));
}  // namespace model

namespace {

TEST(SqliteCatalog, StartsWithTheDefaultRules) {
  Fresh fresh;
  EXPECT_EQ(*fresh.catalog.access->list_rules(), model::default_rules());
}

TEST(SqliteCatalog, LeavesNothingToWhoeverGetsARemovedUsersId) {
  Fresh fresh;
  auto& catalog = fresh.catalog;
  ASSERT_TRUE(catalog.people->put_user({"ann", "", "", "", true}));
  ASSERT_TRUE(catalog.access->put_rule({model::dam_root(), "ann", model::kAllPrivileges, model::Effect::allow}));
  model::Download download;
  download.id = "1";
  download.owner = "ann";
  ASSERT_TRUE(catalog.downloads->put(download));
  ASSERT_TRUE(catalog.people->remove_user("ann"));
  EXPECT_EQ(*catalog.access->list_rules(), model::default_rules());
  EXPECT_FALSE(*catalog.downloads->find("1"));
}

TEST(SqliteCatalog, IsThereAfterReopening) {
  Fresh fresh;
  auto draft = model::draft_of("/content/dam/a.jpg");
  ASSERT_TRUE(fresh.catalog.assets->put_assets(std::span(&draft, 1), Seconds()));
  auto again = sqlite::open_catalog(fresh.folder->path + "/dray.db");
  ASSERT_TRUE(again);
  EXPECT_TRUE(*again->assets->find(draft.path));
}

TEST(SqliteCatalog, TellsWhetherAnythingHasChanged) {
  Fresh fresh;
  auto other = *sqlite::open_catalog(fresh.folder->path + "/dray.db");
  auto& changes = *fresh.catalog.changes;
  auto before = changes.version();
  ASSERT_TRUE(fresh.catalog.access->list_rules());
  ASSERT_TRUE(other.assets->find(model::dam_root()));
  EXPECT_EQ(changes.version(), before);
  auto draft = model::draft_of("/content/dam/a.jpg");
  for (auto* catalog : {&fresh.catalog, &other, &fresh.catalog}) {
    ASSERT_TRUE(catalog->assets->put_assets(std::span(&draft, 1), Seconds()));
    auto after = changes.version();
    EXPECT_NE(after, before);
    EXPECT_EQ(changes.version(), after);
    before = after;
    ASSERT_TRUE(catalog->access->put_rule({draft.path, "ann", model::kAllPrivileges, model::Effect::allow}));
    EXPECT_NE(changes.version(), before);
    ASSERT_TRUE(catalog->access->remove_rule(draft.path, "ann", model::Effect::allow));
    before = changes.version();
  }
}

TEST(SqliteCatalog, RefusesWhatIsNotACatalogOrIsNewer) {
  TemporaryFolder folder;
  auto file = folder.path + "/dray.db";
  {
    std::FILE* out = std::fopen(file.c_str(), "w");
    for (int i = 0; i < 1000; ++i) std::fputs("this is not a database ", out);
    std::fclose(out);
  }
  EXPECT_EQ(sqlite::open_catalog(file).error().code, Code::corrupt);
  std::filesystem::remove(file);
  sqlite::Connection(file).execute("PRAGMA user_version = 1000");
  auto newer = sqlite::open_catalog(file);
  EXPECT_EQ(newer.error().code, Code::conflict);
  EXPECT_NE(newer.error().message.find("newer Dray"), std::string::npos);
}

TEST(SqliteCatalog, ListsAFolderOf100000ChildrenByKey) {
  Fresh fresh;
  std::vector<model::AssetDraft> drafts;
  for (int i = 0; i < 100'000; ++i)
    drafts.push_back(model::draft_of("/content/dam/many/" + std::to_string(1'000'000 + i)));
  ASSERT_TRUE(fresh.catalog.assets->put_assets(drafts, Seconds()));
  auto folder = AssetPath::trusted("/content/dam/many");
  auto time_of_page = [&](const std::string& after) {
    auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(fresh.catalog.assets->list_children(folder, after, 100)->size(), 100u);
    return std::chrono::steady_clock::now() - start;
  };
  time_of_page("");
  EXPECT_LT(time_of_page("1099000"), std::chrono::milliseconds(100));  // the last page costs what the first costs
}

}  // namespace
}  // namespace dray
