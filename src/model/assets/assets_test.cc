#include "model/assets/memory_assets.h"
#include "model/events/memory_events.h"

#include "model/assets/testing/conformance.h"

namespace dray::model {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, AssetRepositoryConformance, testing::Values(AssetsMaker{[] {
                           std::shared_ptr<EventLog> events = make_memory_events();
                           return FreshAssets{nullptr, events, make_memory_assets(events.get())};
                         }}));

TEST(SetKind, KnowsAdobesFourSets) {
  EXPECT_EQ(name_of(set_kind_of("CarouselSet")), "Carousel Set");
  EXPECT_EQ(set_kind_of("Image"), SetKind::none);
}

TEST(Protection, IsReadFromTheMetadata) {
  EXPECT_EQ(protection_of({}), Protection());
  auto at = [](std::int64_t seconds) { return Seconds(std::chrono::seconds(seconds)); };
  EXPECT_EQ(protection_of({{"prism:expirationDate", "1970-01-01T01:00:10+01:00"}}).expires, at(10));
  EXPECT_EQ(protection_of({{"prism:expirationDate", "soon"}, {"pur:expirationDate", "1970-01-02"}}).expires, at(86400));
  EXPECT_EQ(
      protection_of({{"prism:expirationDate", "1970-01-01T00:00:10Z"}, {"pur:expirationDate", "1970-01-02"}}).expires,
      at(10));
  using Pages = std::vector<std::string>;
  EXPECT_EQ(
      protection_of({{"xmpRights:WebStatement", "/apps/none"}, {"dc:license", "/content/dam/l.pdf"}}).licence_pages,
      (Pages{"/apps/none", "/content/dam/l.pdf"}));
  EXPECT_EQ(protection_of({{"dc:license", "/content/dam/l.pdf"}}).licence_pages, Pages{"/content/dam/l.pdf"});
  for (auto site : {"http://photogabi.com", "laurengrabelle.com", "WWW.JULIENZANNONI.COM"})
    EXPECT_EQ(protection_of({{"xmpRights:WebStatement", site}}), Protection()) << site;
  EXPECT_EQ(protection_of({{"adobe_dam:restrictions", "  "}}), Protection());
  EXPECT_EQ(protection_of({{"adobe_dam:restrictions", " <p>Ask</p> "}}).restrictions, licence_id_of_text("<p>Ask</p>"));
  EXPECT_NE(licence_id_of_text("/x"), licence_id_of_page("/x", {}));
  EXPECT_NE(licence_id_of_page("/x", sha256_of(bytes_of("new"))), licence_id_of_page("/x", {})) << "a new version";
}

}  // namespace
}  // namespace dray::model
