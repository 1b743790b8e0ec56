#include "lang/sling/address.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <set>

namespace dray::sling {
namespace {

using namespace std::string_literals;
using Selectors = std::vector<std::string>;

// A tree of resources: every ancestor of a path in it exists too.
class Tree {
 public:
  Tree(std::initializer_list<std::string> paths) {
    for (const auto& path : paths) {
      for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        paths_.insert(path.substr(0, slash));
      }
      paths_.insert(path);
    }
    paths_.insert("/");
  }
  std::optional<Address> resolve(std::string_view address) const {
    auto found =
        sling::resolve(address, [&](std::string_view path) { return Result(paths_.count(std::string(path)) > 0); });
    EXPECT_TRUE(found);
    return *found;
  }

 private:
  std::set<std::string> paths_;
};

Selectors paths_of(std::string_view address) {
  Selectors paths;
  for (const auto& candidate : decompose(address)) paths.push_back(candidate.path);
  return paths;
}

TEST(Address, IsTakenApartAsSlingDoes) {
  Tree tree{"/a/b"};
  struct Row {
    const char* text;
    Address address;
  };
  for (const auto& [text, address] : std::initializer_list<Row>{
           {"/a/b", {"/a/b", {}, "", ""}},
           {"/a/b.html", {"/a/b", {}, "html", ""}},
           {"/a/b.s1.html", {"/a/b", {"s1"}, "html", ""}},
           {"/a/b.s1.s2.html", {"/a/b", {"s1", "s2"}, "html", ""}},
           {"/a/b./c/d", {"/a/b", {}, "", "/c/d"}},
           {"/a/b.html/c/d", {"/a/b", {}, "html", "/c/d"}},
           {"/a/b.s1.html/c/d", {"/a/b", {"s1"}, "html", "/c/d"}},
           {"/a/b.s1.s2.html/c/d", {"/a/b", {"s1", "s2"}, "html", "/c/d"}},
           {"/a/b.html/c/d.s.txt", {"/a/b", {}, "html", "/c/d.s.txt"}},
           {"/a/b.s1.html/c/d.s.txt", {"/a/b", {"s1"}, "html", "/c/d.s.txt"}},
           {"/a/b.s1.s2.html/c/d.s.txt", {"/a/b", {"s1", "s2"}, "html", "/c/d.s.txt"}},
           {"/a/b.", {"/a/b", {}, "", ""}},
           {"/a/b..html", {"/a/b", {}, "html", ""}},
           {"/a/b.s1.", {"/a/b", {"s1"}, "", ""}},
           {"/a/b..s1.html", {"/a/b", {"", "s1"}, "html", ""}},
           {"/a/b.s1..html", {"/a/b", {"s1"}, "html", ""}},
           {"/a/b/", {"/a/b", {}, "", "/"}},
           {"/a/b.html/", {"/a/b", {}, "html", "/"}},
           {"/", {"/", {}, "", ""}},
           {"/.1.json", {"/", {"1"}, "json", ""}},
           {"/.json/c", {"/", {}, "json", "/c"}},
       }) {
    EXPECT_EQ(tree.resolve(text), address) << text;
  }
}

TEST(Address, IsNotFoundWhereNoCutIsAResource) {
  Tree tree{"/a/b"};
  for (auto text : {"/a/b/c/d", "/a/c.html/s.txt", "/a/b/c/d.s.txt", "/a/bc", "/a/b;v.html", "a/b", ""}) {
    EXPECT_EQ(tree.resolve(text), std::nullopt) << text;
  }
}

TEST(Address, TakesTheLongestOfNamesWithDots) {
  Tree tree{"/dam/a", "/dam/a.jpg", "/dam/v1.2/folder.name/pic.final.jpg"};
  EXPECT_EQ(tree.resolve("/dam/a.jpg.downloadbinaries.json"),
            (Address{"/dam/a.jpg", {"downloadbinaries"}, "json", ""}));
  EXPECT_EQ(tree.resolve("/dam/a.downloadbinaries.json"), (Address{"/dam/a", {"downloadbinaries"}, "json", ""}));
  EXPECT_EQ(tree.resolve("/dam/a.png.thumb.48.48.png"), (Address{"/dam/a", {"png", "thumb", "48", "48"}, "png", ""}));
  EXPECT_EQ(tree.resolve("/dam/v1.2/folder.name/pic.final.jpg.assetdownload.zip/My Archive.v2.zip"),
            (Address{"/dam/v1.2/folder.name/pic.final.jpg", {"assetdownload"}, "zip", "/My Archive.v2.zip"}));
  EXPECT_EQ(tree.resolve("/dam/v1.2/folder.name.1.json"), (Address{"/dam/v1.2/folder.name", {"1"}, "json", ""}));
  EXPECT_EQ(tree.resolve("/dam/v1.2.json"), (Address{"/dam/v1.2", {}, "json", ""}));
}

TEST(Address, HasItsCandidatesLongestFirst) {
  EXPECT_EQ(paths_of("/v1.2/a.jpg.1.json/x.y"), (Selectors{"/v1.2/a.jpg.1.json/x.y", "/v1.2/a.jpg.1.json/x",
                                                           "/v1.2/a.jpg.1", "/v1.2/a.jpg", "/v1.2/a", "/v1"}));
  EXPECT_EQ(paths_of("/a/.hidden"), (Selectors{"/a/.hidden"}));
  EXPECT_EQ(paths_of("/a/...b"), (Selectors{"/a/...b"}));
  EXPECT_EQ(paths_of("/..a"), (Selectors{"/..a", "/"}));
  EXPECT_EQ(paths_of("/a//"), (Selectors{"/a"}));
  EXPECT_EQ(paths_of("//"), (Selectors{"/"}));
  EXPECT_TRUE(paths_of("").empty());
  EXPECT_TRUE(paths_of("a.b").empty());
}

TEST(Address, CostsNoMoreThanItsBound) {
  auto dots = [](int count) { return std::string(static_cast<std::size_t>(count), '.'); };
  EXPECT_EQ(decompose("/a" + dots(8000)).size(), kMaxCandidates);
  EXPECT_EQ(decompose("/a" + dots(63)).back().path, "/a");
  EXPECT_EQ(decompose("/a" + dots(64)).back().path, "/a.");
  EXPECT_EQ(decompose("/a" + dots(100) + "b").front().path, "/a" + dots(100) + "b");
}

TEST(Address, HandsOnWhyExistenceIsNotKnown) {
  int asked = 0;
  auto failed = resolve("/a/b.c.d", [&](std::string_view) -> Result<bool> {
    if (++asked == 2) return Error{Code::unavailable, "the catalog is away"};
    return false;
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unavailable);
  EXPECT_EQ(asked, 2);
}

TEST(CutAt, FindsAMarkerWithoutAskingForResources) {
  EXPECT_EQ(cut_at("/content/dam/x.assetdownload.zip/a/b.zip", "assetdownload", "zip"),
            (Address{"/content/dam/x", {"assetdownload"}, "zip", "/a/b.zip"}));
  EXPECT_EQ(cut_at("/content/dam.downloadbinaries.json", "downloadbinaries", "json"),
            (Address{"/content/dam", {"downloadbinaries"}, "json", ""}));
  EXPECT_EQ(cut_at("/v1.2/folder.name/pic.final.jpg.assetdownload.zip/My Archive.v2.zip", "assetdownload", "zip"),
            (Address{"/v1.2/folder.name/pic.final.jpg", {"assetdownload"}, "zip", "/My Archive.v2.zip"}));
  EXPECT_EQ(cut_at("/.assetdownload.zip", "assetdownload", "zip"), (Address{"/", {"assetdownload"}, "zip", ""}));
  EXPECT_EQ(cut_at("/a.renditions/web/asset.rendition", "", "renditions"),
            (Address{"/a", {}, "renditions", "/web/asset.rendition"}));
}

TEST(CutAt, TakesTheFirstThatEndsASegment) {
  EXPECT_EQ(cut_at("/a.s.zip/b.s.zip", "s", "zip")->suffix, "/b.s.zip");
  EXPECT_EQ(cut_at("/a.s.zipper.s.zip", "s", "zip")->path, "/a.s.zipper");
  EXPECT_EQ(cut_at("/a/.s.zip/b.s.zip", "s", "zip")->path, "/a/.s.zip/b");
  for (auto text :
       {"", "/", "/a.zip", "/a.s.zip.x", "/a.s.x.zip", "/as.zip", ".s.zip", "a.s.zip", "/a/.s.zip", "/a.s/.zip"}) {
    EXPECT_EQ(cut_at(text, "s", "zip"), std::nullopt) << text;
  }
}

TEST(JcrNames, HaveTwoSpellings) {
  struct Row {
    const char* sent;
    const char* meant;
  };
  for (auto [sent, meant] : std::initializer_list<Row>{
           {"/a/_jcr_content/renditions/original", "/a/jcr:content/renditions/original"},
           {"/a/jcr:content.1.json", "/a/jcr:content.1.json"},
           {"/_jcr_a/_jcr_b", "/jcr:a/jcr:b"},
           {"/a/__jcr_content", "/a/_jcr_content"},
           {"/a/___jcr_content", "/a/___jcr_content"},
           {"/a/x_jcr_content", "/a/x_jcr_content"},
           {"/a/_dam_x/_jcr/", "/a/_dam_x/_jcr/"},
           {"", ""},
       }) {
    EXPECT_EQ(normalize_jcr(sent), meant);
  }
}

TEST(PathParameter, IsTriedAsItIsAndThenDecoded) {
  EXPECT_EQ(path_candidates("/a/b+c.jpg"), (Selectors{"/a/b+c.jpg"}));
  EXPECT_EQ(path_candidates("/a/b%20c"), (Selectors{"/a/b%20c", "/a/b c"}));
  EXPECT_EQ(path_candidates("%2Fa%2Ff%C3%BCr"), (Selectors{"%2Fa%2Ff%C3%BCr", "/a/f\xC3\xBCr"}));
  EXPECT_EQ(path_candidates("/%2520"), (Selectors{"/%2520", "/%20"}));  // once
  for (auto value : {"", "/100%", "/%zz", "/%FF", "/a%00"}) EXPECT_EQ(path_candidates(value), Selectors{value});
}

}  // namespace
}  // namespace dray::sling
