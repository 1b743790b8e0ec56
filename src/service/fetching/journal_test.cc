#include "service/fetching/journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "service/fetching/testing/temporary_folder.h"

namespace dray::fetching {
namespace {

const Identity kFile{"\"abc\"", 100'000};
constexpr ByteCount kChunk = 10'000;

class JournalTest : public testing::Test {
 protected:
  Result<OpenedJournal> reopen(const Identity& identity = kFile, Restart restart = Restart::no,
                               ByteCount chunk = kChunk) {
    return open_journal(
        path_, "file", identity, chunk, [](const ChunkGrid& grid) { return grid.count(); }, restart);
  }
  void mark(std::vector<std::uint64_t> marks) {
    auto opened = reopen();
    ASSERT_TRUE(opened);
    ASSERT_TRUE(opened->journal.mark(marks));
  }
  void cut_to(off_t size) { ASSERT_EQ(::truncate(path_.c_str(), size), 0); }
  void flip_byte(ByteCount offset) {
    auto fd = open_file(path_, O_RDWR);
    std::byte byte{};
    ASSERT_TRUE(read_at(fd->get(), offset, {&byte, 1}, ""));
    byte ^= std::byte{1};
    ASSERT_TRUE(write_at(fd->get(), offset, {&byte, 1}, ""));
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "x.part.state";
};

TEST_F(JournalTest, RemembersMarks) {
  EXPECT_FALSE(reopen()->goes_on);
  mark({0, 7, 9});
  auto opened = reopen();
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->goes_on);
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(opened->journal.is_marked(i), i == 0 || i == 7 || i == 9);
  ASSERT_TRUE(opened->journal.unmark(std::vector<std::uint64_t>{7}));
  EXPECT_FALSE(opened->journal.is_marked(7));
}

TEST_F(JournalTest, KeepsItsChunkSizeWhateverIsWished) {
  mark({1});
  auto opened = reopen(kFile, Restart::no, 20'000);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->grid.chunk_size(), kChunk);
  EXPECT_TRUE(opened->journal.is_marked(1));
}

TEST_F(JournalTest, RefusesAnotherVersionUntilToldToStartAnew) {
  mark({1});
  for (const auto& other : {Identity{"\"other\"", 100'000}, Identity{"\"abc\"", 100'001}}) {
    auto opened = reopen(other);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::conflict);
  }
  EXPECT_TRUE(reopen()->journal.is_marked(1));
  auto anew = reopen({"\"other\"", 100'000}, Restart::yes);
  ASSERT_TRUE(anew);
  EXPECT_FALSE(anew->goes_on);
  EXPECT_FALSE(anew->journal.is_marked(1));
}

TEST_F(JournalTest, IsForOneProcessAtATime) {
  auto first = reopen();
  ASSERT_TRUE(first);
  auto second = reopen();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::conflict);
}

TEST_F(JournalTest, BeginsAnewWhenItsHeaderWasNotWritten) {
  mark({1});
  cut_to(100);
  EXPECT_FALSE(reopen()->goes_on);
  mark({1});
  flip_byte(40);
  EXPECT_FALSE(reopen()->goes_on);
  EXPECT_FALSE(reopen()->journal.is_marked(1));
}

TEST_F(JournalTest, LosesMarksThatWereCutOffAndNoMore) {
  mark({1, 8});
  cut_to(static_cast<off_t>(Journal::kHeaderSize + 5));
  auto opened = reopen();
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->goes_on);
  EXPECT_TRUE(opened->journal.is_marked(1));
  EXPECT_FALSE(opened->journal.is_marked(8));
}

TEST_F(JournalTest, MarksOnlyWhatWasSynced) {
  auto opened = reopen();
  int synced = 0;
  bool fails = false;
  auto sync = [&]() -> Result<void> {
    ++synced;
    return fails ? Result<void>(Error{Code::unavailable, "the disk is gone"}) : ok();
  };
  Checkpoint checkpoint(opened->journal, sync, {25'000, std::chrono::hours(1)});
  ASSERT_TRUE(checkpoint.add(0, kChunk));
  ASSERT_TRUE(checkpoint.add(1, kChunk));
  EXPECT_FALSE(opened->journal.is_marked(0));
  ASSERT_TRUE(checkpoint.add(2, kChunk));
  EXPECT_TRUE(opened->journal.is_marked(0) && opened->journal.is_marked(1) && opened->journal.is_marked(2));
  EXPECT_EQ(synced, 1);
  fails = true;
  ASSERT_TRUE(checkpoint.add(3, kChunk));
  EXPECT_FALSE(checkpoint.flush());
  EXPECT_FALSE(opened->journal.is_marked(3));
}

}  // namespace
}  // namespace dray::fetching
