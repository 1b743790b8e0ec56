#include "service/fetching/names.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace dray::fetching {
namespace {

TEST(LocalName, IsOneVisibleSegment) {
  EXPECT_EQ(local_name("shoot.zip"), "shoot.zip");
  EXPECT_EQ(local_name("../../etc/passwd"), "_._.._etc_passwd");
  EXPECT_EQ(local_name(".bashrc"), "_bashrc");
  EXPECT_EQ(local_name(""), "_");
  EXPECT_EQ(local_name(".."), "__");
  EXPECT_EQ(local_name(std::string_view("a\0b", 3)), "a_b");
}

TEST(LocalName, LeavesRoomForOurEndings) {
  std::string long_name;
  for (int i = 0; i < 100; ++i) long_name += "\u5199";
  auto name = local_name(long_name + ".zip");
  EXPECT_LE(name.size(), 200u);
  EXPECT_TRUE(name.ends_with(".zip"));
  EXPECT_TRUE(is_valid_utf8(name));
}

TEST(FolderName, LosesTheExtension) {
  EXPECT_EQ(folder_name("shoot.zip"), "shoot");
  EXPECT_EQ(folder_name("shoot.ZIP"), "shoot");
  EXPECT_EQ(folder_name(".zip"), "_zip");
  EXPECT_EQ(folder_name("shoot"), "shoot");
  EXPECT_EQ(folder_name("..zip"), "_");
}

TEST(CheckExtractable, TakesWhatStaysBelow) {
  for (auto* good : {"a", "a/b", "a/", "a/b/", ".hidden", "a/..b/c..", "\u5199/\u771F.png"}) {
    EXPECT_TRUE(check_extractable(good)) << good;
  }
}

TEST(CheckExtractable, RefusesEverythingElse) {
  for (std::string bad :
       {"", "/", "/a", "../a", "a/../b", "a/..", "..", ".", "./a", "a/./b", "a//b", "a//", "a\\b", "C:a", "\xFF"}) {
    auto checked = check_extractable(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, Code::corrupt);
  }
  EXPECT_FALSE(check_extractable(std::string_view("a\0b", 3)));
  EXPECT_FALSE(check_extractable("a/" + std::string(256, 'x')));
}

}  // namespace
}  // namespace dray::fetching
