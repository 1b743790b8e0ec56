#include "adapters/media/tiff_thinning.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace dray::media {
namespace {

// TIFF 6.0, section 2:
//   header    = ("II" | "MM") magic:2 first_directory:4
//   directory = count:2 entry:12* next_directory:4
//   entry     = tag:2 type:2 count:4 (value | offset):4
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kEntryBytes = 12;
constexpr unsigned kMaxEntries = 256;  // exiv2 reads no directory with more

constexpr ByteCount kMaxValue = 1 << 20;
constexpr ByteCount kMaxPacket = 4 << 20;
constexpr ByteCount kMaxPreview = 16 << 20;

// 42 is TIFF's own; the others are those of Olympus (two) and Panasonic, whose directories are the same.
constexpr std::uint16_t kMagics[] = {0x002A, 0x4F52, 0x5352, 0x0055};

// Directories that entries point to: SubIFDs, EXIF, GPS, interoperability.
constexpr std::uint16_t kPointers[] = {0x014A, 0x8769, 0x8825, 0xA005};
// Packets that may be large: XMP, IPTC, Photoshop's resources.
constexpr std::uint16_t kPackets[] = {0x02BC, 0x83BB, 0x8649};
constexpr std::uint16_t kPanasonicPreview = 0x002E;  // holds the EXIF of the raw
// Strips, tiles, previews (offset and length each), Photoshop's layers, maker's notes, DNG's private data.
constexpr std::uint16_t kUnneeded[] = {0x0111, 0x0117, 0x0144, 0x0145, 0x0201, 0x0202, 0x935C, 0x927C, 0xC634};

template <typename List>
bool contains(const List& list, std::uint16_t tag) {
  return std::ranges::find(list, tag) != std::end(list);
}

unsigned bytes_of_type(std::uint16_t type) {
  switch (type) {
    case 3:
    case 8:
      return 2;
    case 4:
    case 9:
    case 11:
    case 13:
      return 4;
    case 5:
    case 10:
    case 12:
      return 8;
    default:
      return 1;  // as exiv2 counts types that it does not know
  }
}

class Thinner {
 public:
  Thinner(MutableBytes tiff, ThinningBudget& budget, const Unlock& unlock)
      : tiff_(tiff), budget_(budget), unlock_(unlock) {}

  void run() {
    if (!read_header()) return;
    to_visit_.push_back(read32(4));
    while (!to_visit_.empty() && budget_.directories > 0) {
      auto at = to_visit_.back();
      to_visit_.pop_back();
      if (contains_visited(at)) continue;
      visited_.push_back(at);
      --budget_.directories;
      thin_directory(at);
    }
    for (auto at : to_visit_) cut_off(at);
  }

 private:
  bool read_header() {
    if (tiff_.size() < kHeaderBytes) return false;
    auto order = text_of(tiff_.first(2));
    if (order != "II" && order != "MM") return false;
    big_endian_ = order == "MM";
    return contains(kMagics, read16(2));
  }

  bool contains_visited(ByteCount at) const { return std::ranges::find(visited_, at) != visited_.end(); }
  bool fits(ByteCount at, ByteCount length) const { return at <= tiff_.size() && length <= tiff_.size() - at; }
  std::uint32_t byte(ByteCount at) const { return std::to_integer<std::uint32_t>(tiff_[at]); }
  std::uint16_t read16(ByteCount at) const {
    auto a = byte(at), b = byte(at + 1);
    return static_cast<std::uint16_t>(big_endian_ ? a << 8 | b : b << 8 | a);
  }
  std::uint32_t read32(ByteCount at) const {
    std::uint32_t a = read16(at), b = read16(at + 2);
    return big_endian_ ? a << 16 | b : b << 16 | a;
  }

  // A directory of no entries and no successor.
  void cut_off(ByteCount at) {
    if (fits(at, 6)) clear(at, 6);
  }

  void thin_directory(ByteCount at) {
    if (!fits(at, 2)) return;
    auto count = read16(at);
    if (count > kMaxEntries) return;
    auto entry = at + 2;
    for (unsigned i = 0; i < count && fits(entry, kEntryBytes); ++i, entry += kEntryBytes) thin_entry(entry);
    if (fits(entry, 4) && read32(entry) != 0) to_visit_.push_back(read32(entry));
  }

  void thin_entry(ByteCount at) {
    auto tag = read16(at);
    ByteCount length = ByteCount{bytes_of_type(read16(at + 2))} * read32(at + 4);
    auto most = tag == kPanasonicPreview ? kMaxPreview : contains(kPackets, tag) ? kMaxPacket : kMaxValue;
    if (contains(kUnneeded, tag) || length > most || length > budget_.value_bytes) return empty_entry(at);
    budget_.value_bytes -= length;
    if (contains(kPointers, tag)) follow(at);
  }

  void empty_entry(ByteCount at) { clear(at + 4, 8); }  // count and value

  void clear(ByteCount at, ByteCount length) {
    auto part = tiff_.subspan(at, length);
    if (unlock_) unlock_(part);
    std::ranges::fill(part, std::byte{});
  }

  void follow(ByteCount at) {
    auto count = std::min<std::uint32_t>(read32(at + 4), 16);
    ByteCount from = count == 1 ? at + 8 : read32(at + 8);
    for (std::uint32_t i = 0; i < count && fits(from, 4); ++i, from += 4) to_visit_.push_back(read32(from));
  }

  MutableBytes tiff_;
  ThinningBudget& budget_;
  const Unlock& unlock_;
  bool big_endian_ = false;
  std::vector<ByteCount> to_visit_, visited_;
};

}  // namespace

void thin_tiff(MutableBytes tiff, ThinningBudget& budget, const Unlock& unlock) { Thinner(tiff, budget, unlock).run(); }

void thin_each_tiff_in(MutableBytes bytes, ThinningBudget& budget) {
  auto text = text_of(bytes);
  for (std::string_view order : {"II", "MM"}) {
    for (auto at = text.find(order); at != std::string_view::npos; at = text.find(order, at + 1)) {
      thin_tiff(bytes.subspan(at), budget);
    }
  }
}

}  // namespace dray::media
