#include "adapters/media/tiff_thinning.h"

#include <gtest/gtest.h>

#include <string>

namespace dray::media {
namespace {

std::string little(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i);
  return out;
}

std::string entry(std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::uint32_t value) {
  return little(tag, 2) + little(type, 2) + little(count, 4) + little(value, 4);
}

std::string directory(std::initializer_list<std::string> entries, std::uint32_t next = 0) {
  auto out = little(static_cast<std::uint32_t>(entries.size()), 2);
  for (const auto& each : entries) out += each;
  return out + little(next, 4);
}

std::string tiff(const std::string& rest) { return "II" + little(42, 2) + little(8, 4) + rest; }

std::string thinned(std::string bytes, ThinningBudget budget = {}) {
  thin_tiff(std::as_writable_bytes(std::span(bytes)), budget);
  return bytes;
}

TEST(TiffThinning, LeavesWhatIsSmall) {
  auto file = tiff(directory({entry(256, 4, 1, 4000), entry(0x010E, 2, 20, 100)}));
  EXPECT_EQ(thinned(file), file);
}

TEST(TiffThinning, EmptiesPixelsLayersMakersNotesAndWhatIsLarge) {
  auto file = tiff(directory({entry(256, 4, 1, 4000), entry(0x0111, 4, 2, 50), entry(0x935C, 7, 99, 50),
                              entry(0x927C, 7, 9, 50), entry(40000, 7, 2 << 20, 50), entry(0x02BC, 1, 2 << 20, 50)}));
  EXPECT_EQ(thinned(file),
            tiff(directory({entry(256, 4, 1, 4000), entry(0x0111, 4, 0, 0), entry(0x935C, 7, 0, 0),
                            entry(0x927C, 7, 0, 0), entry(40000, 7, 0, 0), entry(0x02BC, 1, 2 << 20, 50)})));
}

TEST(TiffThinning, TheSameBytesCountEachTime) {
  auto note = entry(40000, 7, 1000, 50);
  auto file = tiff(directory({note, note, note}));
  EXPECT_EQ(thinned(file, {.value_bytes = 2500}), tiff(directory({note, note, entry(40000, 7, 0, 0)})));
}

TEST(TiffThinning, FollowsDirectoriesOnceAndNotWithoutEnd) {
  auto inner = directory({entry(0x9286, 7, 2 << 20, 0)}, 8);  // leads back to the first
  auto outer = directory({entry(0x8769, 4, 1, 26)});
  auto file = tiff(outer + inner);
  ASSERT_EQ(file.find(inner), 26u);
  EXPECT_EQ(thinned(file), tiff(outer + directory({entry(0x9286, 7, 0, 0)}, 8)));
  // Beyond the budget a directory is made an empty one.
  EXPECT_EQ(thinned(file, {.directories = 1}).substr(26, 6), std::string(6, '\0'));
}

TEST(TiffThinning, StaysWithinTheBytes) {
  auto file = tiff(directory({entry(0x8769, 4, 1, 0xFFFFFFFF), entry(0x014A, 4, 0xFFFFFFF, 30)}, 0xFFFFFFF0));
  for (std::size_t length = 0; length <= file.size(); ++length) thinned(file.substr(0, length));
}

TEST(TiffThinning, FindsTheHeaderBehindOthers) {
  auto prefix = std::string("Exif\0\0II", 8);
  auto bytes = prefix + tiff(directory({entry(0x927C, 7, 9, 50)}));
  ThinningBudget budget;
  thin_each_tiff_in(std::as_writable_bytes(std::span(bytes)), budget);
  EXPECT_EQ(bytes, prefix + tiff(directory({entry(0x927C, 7, 0, 0)})));
}

}  // namespace
}  // namespace dray::media
