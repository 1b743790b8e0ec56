#include "service/fetching/tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "service/fetching/testing/temporary_folder.h"

namespace dray::fetching {
namespace {

class TreeTest : public testing::Test {
 protected:
  Tree make(const std::string& name) { return *Tree::make(parent_.get(), name, folder_ / name); }
  void write(Tree& tree, std::string_view path, const std::string& text) {
    auto fd = tree.open(path, O_WRONLY | O_CREAT);
    ASSERT_TRUE(fd) << fd.error().message;
    ASSERT_TRUE(write_at(fd->get(), 0, bytes_of(text), ""));
  }
  void link(const std::string& name, const std::string& to) { std::filesystem::create_symlink(to, folder_ / name); }

  TemporaryFolder folder_;
  UniqueFd parent_ = *open_file(folder_.path(), O_RDONLY | O_DIRECTORY);
};

TEST_F(TreeTest, MakesFoldersOnTheWay) {
  auto tree = make("t");
  write(tree, "a/b/c.txt", "one");
  write(tree, "a/d.txt", "two");
  ASSERT_TRUE(tree.make_folder("e/f/"));
  EXPECT_EQ(*read_file(folder_ / "t/a/b/c.txt", 10), "one");
  EXPECT_EQ(*read_file(folder_ / "t/a/d.txt", 10), "two");
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "t/e/f"));
  EXPECT_TRUE(tree.status("a/b/c.txt"));
  EXPECT_FALSE(tree.status("a/b/no"));
  EXPECT_FALSE(tree.status("no/b"));
}

TEST_F(TreeTest, NeverFollowsALink) {
  std::filesystem::create_directory(folder_ / "outside");
  auto tree = make("t");
  link("t/away", folder_ / "outside");
  link("t/file", folder_ / "outside/file");
  for (auto* path : {"away/x", "away/x/y", "file"}) {
    auto fd = tree.open(path, O_WRONLY | O_CREAT);
    ASSERT_FALSE(fd) << path;
    EXPECT_EQ(fd.error().code, Code::conflict);
  }
  EXPECT_FALSE(tree.make_folder("away/x"));
  EXPECT_FALSE(tree.make_folder("away"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "outside"));
  link("u", folder_ / "outside");
  EXPECT_FALSE(Tree::make(parent_.get(), "u", "u"));
  EXPECT_FALSE(Tree::find(parent_.get(), "u", "u"));
}

TEST_F(TreeTest, OpensOnlyFiles) {
  auto tree = make("t");
  ASSERT_EQ(::mkfifo((folder_ / "t/pipe").c_str(), 0600), 0);
  EXPECT_FALSE(tree.open("pipe", O_RDONLY));
  ASSERT_TRUE(tree.make_folder("d"));
  EXPECT_FALSE(tree.open("d", O_RDONLY));
}

TEST_F(TreeTest, MovesWithoutReplacingUnlessTold) {
  auto from = make("from"), to = make("to");
  write(from, "a/x", "new");
  write(to, "a/x", "old");
  auto moved = from.move("a/x", to, Tree::Replace::no);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, Code::conflict);
  EXPECT_EQ(*read_file(folder_ / "to/a/x", 10), "old");
  ASSERT_TRUE(from.move("a/x", to, Tree::Replace::yes));
  EXPECT_EQ(*read_file(folder_ / "to/a/x", 10), "new");
  write(from, "b/c/y", "y");
  ASSERT_TRUE(from.move("b/c/y", to, Tree::Replace::no));
  EXPECT_EQ(*read_file(folder_ / "to/b/c/y", 10), "y");
}

}  // namespace
}  // namespace dray::fetching
