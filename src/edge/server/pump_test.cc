#include "edge/server/pump.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <set>
#include <thread>

#include "base/scope_exit.h"
#include "base/unique_fd.h"

namespace {

// Disks here are at times so fast that what was not in the page cache is there before the kernel answers that it is
// not. So a page is what the pump is told: missing when it is asked about for the first time.
struct ColdPages {
  bool pretends = false;
  std::set<std::pair<int, off_t>> asked;
} cold_pages;

}  // namespace

extern "C" ssize_t preadv2(int fd, const iovec* vectors, int count, off_t offset, int flags) {
  struct stat status;
  bool is_there = ::fstat(fd, &status) == 0 && offset < status.st_size;
  if (cold_pages.pretends && is_there && cold_pages.asked.emplace(fd, offset / 4096).second) {
    errno = EAGAIN;
    return -1;
  }
  return ::syscall(SYS_preadv2, fd, vectors, count, offset, 0, flags);
}

namespace dray::server {
namespace {

// A source of pieces given beforehand: literals, and regions of one temporary file.
class PieceSource final : public ByteSource, public std::enable_shared_from_this<PieceSource> {
 public:
  explicit PieceSource(bool mapped = false) {
    auto pattern = testing::TempDir() + "dray-pump-XXXXXX";
    fd_ = std::make_shared<UniqueFd>(::mkostemp(pattern.data(), O_CLOEXEC));
    ::unlink(pattern.c_str());
    if (mapped) mapping_ = ::mmap(nullptr, kMapped, PROT_READ, MAP_SHARED, fd_->get(), 0);
  }
  ~PieceSource() override {
    if (mapping_) ::munmap(mapping_, kMapped);
  }
  void add_literal(std::string text) {
    whole_ += text;
    pieces_.push_back({whole_.size() - text.size(), text.size(), false, 0});
  }
  void add_region(const std::string& text, ByteCount gap = 0) {
    file_end_ += gap;
    EXPECT_EQ(::pwrite(fd_->get(), text.data(), text.size(), static_cast<off_t>(file_end_)),
              static_cast<ssize_t>(text.size()));
    pieces_.push_back({whole_.size(), text.size(), true, file_end_});
    file_end_ += text.size();
    whole_ += text;
  }
  void add_region_at(ByteCount offset, const std::string& text) {
    file_end_ = offset;
    add_region(text);
  }
  void truncate(ByteCount size) { EXPECT_EQ(::ftruncate(fd_->get(), static_cast<off_t>(size)), 0); }
  const std::string& whole() const { return whole_; }
  ByteCount size() const override { return whole_.size(); }
  std::unique_ptr<ByteCursor> open_cursor(ByteCount offset) const override;

  struct Place {
    ByteCount start, length;
    bool in_file;
    ByteCount offset;
  };
  const std::vector<Place>& pieces() const { return pieces_; }
  FileRegion region(ByteCount offset, ByteCount length) const {
    const auto* mapped = mapping_ ? static_cast<const std::byte*>(mapping_) + offset : nullptr;
    return {fd_->get(), offset, length, fd_, mapped};
  }

 private:
  static constexpr std::size_t kMapped = 64 * 1024 * 1024;

  std::shared_ptr<UniqueFd> fd_;
  void* mapping_ = nullptr;
  std::string whole_;
  std::vector<Place> pieces_;
  ByteCount file_end_ = 0;
};

class PieceCursor final : public ByteCursor {
 public:
  PieceCursor(std::shared_ptr<const PieceSource> source, ByteCount offset)
      : source_(std::move(source)), position_(offset) {}
  Result<Piece> next() override {
    for (const auto& place : source_->pieces()) {
      if (position_ < place.start || position_ >= place.start + place.length) continue;
      auto done = position_ - place.start;
      position_ = place.start + place.length;
      if (place.in_file) return Piece{{}, source_->region(place.offset + done, place.length - done)};
      text_ = source_->whole().substr(place.start + done, place.length - done);
      return Piece{text_, {}};
    }
    return Piece{};
  }
  void seek(ByteCount offset) override { position_ = offset; }
  void rest() override { text_.clear(); }

 private:
  std::shared_ptr<const PieceSource> source_;
  ByteCount position_;
  std::string text_;
};

std::unique_ptr<ByteCursor> PieceSource::open_cursor(ByteCount offset) const {
  return std::make_unique<PieceCursor>(shared_from_this(), offset);
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(generator());
  return text;
}

std::shared_ptr<PieceSource> mixed_source(bool mapped) {
  auto source = std::make_shared<PieceSource>(mapped);
  for (unsigned i = 0; i < 300; ++i) {
    source->add_literal("header " + std::to_string(i));
    auto size = i % 50 == 7 ? 400'000u : i % 10 == 3 ? 20'000u : 1 + i * 13 % 5000;
    source->add_region(noise(size, i), i % 4 == 0 ? 100 : 0);
  }
  return source;
}

struct Pair {
  UniqueFd server, client;
  Pair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    server.reset(fds[0]);
    client.reset(fds[1]);
    ::fcntl(fds[0], F_SETFL, O_NONBLOCK);
    ::fcntl(fds[1], F_SETFL, O_NONBLOCK);
    int small = 50'000;
    ::setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  }
  std::string drain() const {
    std::string text(1'000'000, '\0');
    auto count = ::read(client.get(), text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
};

// Runs the pump to its end; `between` is called whenever it waits.
std::string run(
    Pump& pump, const Pair& pair, const std::function<void()>& between = [] {}) {
  std::string out;
  for (;;) {
    auto step = pump.step(pair.server.get());
    if (step == Pump::Step::want_read) pump.warm_up();
    if (step == Pump::Step::want_write) {
      between();
      out += pair.drain();
    }
    if (step == Pump::Step::failed) return out + "FAILED";
    if (step == Pump::Step::done) break;
  }
  for (auto rest = pair.drain(); !rest.empty(); rest = pair.drain()) out += rest;
  return out;
}

class PumpTest : public testing::TestWithParam<bool> {};  // whether the file is mapped

INSTANTIATE_TEST_SUITE_P(Files, PumpTest, testing::Bool(),
                         [](const auto& info) { return std::string(info.param ? "Mapped" : "NotMapped"); });

TEST_P(PumpTest, SendsHeadAndEveryPieceInOrder) {
  auto source = mixed_source(GetParam());
  Pair pair;
  Pump pump("HEAD", {source, {{"", {0, source->size()}}}, ""});
  EXPECT_TRUE(run(pump, pair) == "HEAD" + source->whole());
  EXPECT_EQ(pump.sent(), pump.total());
}

TEST_P(PumpTest, SendsAnyRangesWithTextBetween) {
  auto source = mixed_source(GetParam());
  std::mt19937 generator(1);
  for (int i = 0; i < 40; ++i) {
    std::string expected = "HEAD";
    RangeBody body{source, {}, "END"};
    for (int k = 0; k < 3; ++k) {
      auto offset = generator() % source->size();
      auto length = 1 + generator() % std::min<ByteCount>(source->size() - offset, i % 2 ? 300 : 900'000);
      body.parts.push_back({"part" + std::to_string(k), {offset, length}});
      expected += body.parts.back().before + source->whole().substr(offset, length);
    }
    Pair pair;
    Pump pump("HEAD", std::move(body));
    ASSERT_TRUE(run(pump, pair) == expected + "END") << "round " << i;
  }
}

TEST_P(PumpTest, GoesOnAfterARestWhereItWas) {
  auto source = mixed_source(GetParam());
  Pair pair;
  Pump pump("HEAD", {source, {{"", {0, source->size()}}}, ""});
  EXPECT_TRUE(run(pump, pair, [&] { pump.rest(); }) == "HEAD" + source->whole());
}

TEST_P(PumpTest, GoesOnWhenManyOthersKeepTheBuffers) {
  auto source = mixed_source(GetParam());
  std::vector<std::unique_ptr<Pair>> pairs;
  std::vector<std::unique_ptr<Pump>> pumps;
  std::vector<std::string> outs(100);
  for (int i = 0; i < 100; ++i) {
    pairs.push_back(std::make_unique<Pair>());
    pumps.push_back(std::make_unique<Pump>("HEAD", RangeBody{source, {{"", {0, source->size()}}}, ""}));
    while (pumps[static_cast<std::size_t>(i)]->step(pairs.back()->server.get()) != Pump::Step::want_write) {
      pumps[static_cast<std::size_t>(i)]->warm_up();
    }
  }
  for (std::size_t i = 0; i < 100; ++i) {
    auto before = pairs[i]->drain();
    ASSERT_TRUE(before + run(*pumps[i], *pairs[i]) == "HEAD" + source->whole()) << i;
  }
}

TEST_P(PumpTest, FailsRatherThanPadACutBlob) {
  for (std::size_t size : {100, 3000, 10'000, 100'000}) {
    auto source = std::make_shared<PieceSource>(GetParam());
    for (unsigned i = 0; i < 50; ++i) {
      source->add_literal("header " + std::to_string(i));
      source->add_region(noise(size, i));
    }
    source->truncate(25 * size + size / 2);  // in the middle of a page, and of a piece
    Pair pair;
    Pump pump("HEAD", {source, {{"", {0, source->size()}}}, ""});
    auto out = run(pump, pair);
    ASSERT_TRUE(out.ends_with("FAILED"));
    EXPECT_NE(pump.error().find("cut short"), std::string::npos) << pump.error();
    out.resize(out.size() - 6);
    EXPECT_TRUE(("HEAD" + source->whole()).starts_with(out)) << size;
  }
}

// How often the disk was waited for until all of `source` was sent.
int send_and_count_waits(const std::shared_ptr<PieceSource>& source) {
  cold_pages = {true, {}};
  ScopeExit stop_pretending([] { cold_pages = {}; });
  Pair pair;
  Pump pump("HEAD", {source, {{"", {0, source->size()}}}, ""});
  int waits = 0;
  std::string out;
  for (auto step = Pump::Step::yield; step != Pump::Step::done; out += pair.drain()) {
    step = pump.step(pair.server.get());
    if (step == Pump::Step::failed) {
      ADD_FAILURE() << pump.error();
      return -1;
    }
    if (step != Pump::Step::want_read) continue;
    ++waits;
    pump.warm_up();
  }
  EXPECT_TRUE(out == "HEAD" + source->whole());
  return waits;
}

// The number of a file that was closed is given to the next: what was found out about the one says nothing of the
// other.
TEST(Pump, AsksOfEveryRegionWhetherItIsInThePageCache) {
  auto source = std::make_shared<PieceSource>();
  source->add_region_at(20'000'000, noise(100'000, 1));
  source->add_region_at(10'000'000, noise(100'000, 2));
  source->add_region_at(0, noise(100'000, 3));
  EXPECT_EQ(send_and_count_waits(source), 3);
}

TEST_P(PumpTest, FailsWhenTheClientIsGone) {
  auto source = mixed_source(GetParam());
  Pair pair;
  pair.client.reset();
  Pump pump("HEAD", {source, {{"", {0, source->size()}}}, ""});
  EXPECT_EQ(run(pump, pair), "FAILED");
}

// Small pieces that follow each other in a file are not asked about one by one; those it must wait for come as they
// are.
TEST_P(PumpTest, ReadsAheadOfSmallPieces) {
  auto source = std::make_shared<PieceSource>(GetParam());
  for (unsigned i = 0; i < 1000; ++i) {
    source->add_literal("header " + std::to_string(i));
    source->add_region(noise(4096, i));
  }
  auto cold = send_and_count_waits(source);
  EXPECT_GE(cold, 1);
  EXPECT_LT(cold, 50);
}

TEST(Pump, SendsTextAlone) {
  Pair pair;
  Pump pump("HEAD", {nullptr, {}, "body"});
  EXPECT_EQ(run(pump, pair), "HEADbody");
}

}  // namespace
}  // namespace dray::server
