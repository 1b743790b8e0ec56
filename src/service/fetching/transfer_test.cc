#include "service/fetching/transfer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "base/text.h"

namespace dray::fetching {
namespace {

constexpr ByteCount kChunk = 10'000;

// A server in memory that breaks off, refuses or lies as told, once for each item of `faults`.
struct FakeServer {
  enum class Fault { cut, refuse, wrong_range, other_file };
  std::string content;
  Identity identity;
  std::vector<Fault> faults;
  std::mutex mutex;
  ByteCount sent = 0;

  std::optional<Fault> next_fault() {
    std::lock_guard lock(mutex);
    if (faults.empty()) return std::nullopt;
    auto fault = faults.back();
    faults.pop_back();
    return fault;
  }
};

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(FakeServer& server) : server_(server) {}

  std::optional<Trouble> exchange(const Request& request, Receiver& receiver) override {
    EXPECT_EQ(request.fields.at(1), "If-Match: " + server_.identity.etag);
    auto range = split(std::string_view(request.fields.at(0)).substr(13), '-');
    auto first = *parse_unsigned(range[0]), last = *parse_unsigned(range[1]);
    auto fault = server_.next_fault();
    if (fault == FakeServer::Fault::refuse) return trouble_of_status({503, {}}, "", Seconds{});
    auto told = fault == FakeServer::Fault::wrong_range ? first + 1 : first;
    auto tag = fault == FakeServer::Fault::other_file ? "\"other\"" : server_.identity.etag;
    AnswerHead head{
        206, {{"ETag", tag}, {"Content-Range", fmt::format("bytes {}-{}/{}", told, last, server_.content.size())}}};
    if (auto trouble = receiver.head(head)) return trouble;
    auto end = fault == FakeServer::Fault::cut ? first + (last - first) / 2 : last + 1;
    for (auto at = first; at < end; at += 777) {
      auto piece = std::string_view(server_.content).substr(at, std::min<ByteCount>(777, end - at));
      {
        std::lock_guard lock(server_.mutex);
        server_.sent += piece.size();
      }
      if (auto trouble = receiver.body(bytes_of(piece))) return trouble;
    }
    if (end <= last) return Trouble{{Code::unavailable, "cut"}, Outlook::may_pass, {}};
    return std::nullopt;
  }

 private:
  FakeServer& server_;
};

// Files the bytes in memory, and checks the promises a ChunkWriter gets.
struct Disk {
  std::string content;
  std::map<std::uint64_t, int> finished;
  std::mutex mutex;
};
class DiskWriter final : public ChunkWriter {
 public:
  explicit DiskWriter(Disk& disk) : disk_(disk) {}
  Result<void> write(ByteCount offset, Bytes bytes) override {
    EXPECT_EQ(offset / kChunk, (offset + bytes.size() - 1) / kChunk) << "a write stays within its chunk";
    std::copy_n(text_of(bytes).data(), bytes.size(), disk_.content.data() + offset);
    return ok();
  }
  Result<void> finish_chunk(std::uint64_t chunk) override {
    std::lock_guard lock(disk_.mutex);
    ++disk_.finished[chunk];
    return ok();
  }

 private:
  Disk& disk_;
};

class TransferTest : public testing::Test {
 protected:
  TransferTest() {
    for (int i = 0; i < 123'456; ++i) server_.content += static_cast<char>(i * 31 >> 3);
    server_.identity = {"\"abc\"", server_.content.size()};
    disk_.content.resize(server_.content.size());
  }
  Result<void> run() {
    ChunkGrid grid(server_.identity.size, kChunk);
    ChunkQueue queue(grid, std::vector<bool>(grid.count(), true), means_.connections);
    Meter meter(std::make_unique<SilentProgress>(), {});
    auto open_writer = [&]() -> Result<std::unique_ptr<ChunkWriter>> {
      return std::unique_ptr<ChunkWriter>(std::make_unique<DiskWriter>(disk_));
    };
    return transfer({*parse_url("http://server/x"), server_.identity}, grid, queue, open_writer, meter, means_,
                    [&] { return std::make_unique<FakeConnection>(server_); });
  }

  FakeServer server_;
  Disk disk_;
  StopSignal stop_;
  SystemRandom random_;
  Means means_{.client = {},
               .retry = {.retries = 3, .first = std::chrono::milliseconds(0), .longest = std::chrono::milliseconds(0)},
               .stop = stop_,
               .random = random_,
               .open_progress = {},
               .notice = [](const std::string&) {}};
};

TEST_F(TransferTest, BringsEveryByteAndFinishesEveryChunkOnce) {
  ASSERT_TRUE(run());
  EXPECT_EQ(disk_.content, server_.content);
  EXPECT_EQ(disk_.finished.size(), 13u);
  for (auto [chunk, times] : disk_.finished) EXPECT_EQ(times, 1) << chunk;
}

TEST_F(TransferTest, GoesOnAtTheByteWhereItBroke) {
  using enum FakeServer::Fault;
  server_.faults = {cut, cut, refuse, cut, wrong_range, cut, cut, refuse};
  ASSERT_TRUE(run());
  EXPECT_EQ(disk_.content, server_.content);
  EXPECT_EQ(server_.sent, server_.content.size());
  for (auto [chunk, times] : disk_.finished) EXPECT_EQ(times, 1) << chunk;
}

TEST_F(TransferTest, GivesUpAfterSoManyFailuresInARow) {
  means_.connections = 1;
  server_.faults.assign(4, FakeServer::Fault::refuse);
  auto result = run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::busy);
}

TEST_F(TransferTest, AnotherFileEndsItAtOnce) {
  server_.faults = {FakeServer::Fault::other_file};
  auto result = run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::conflict);
}

TEST_F(TransferTest, StopsWhenAsked) {
  stop_.request();
  server_.faults.assign(100, FakeServer::Fault::refuse);
  auto result = run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), stopped());
}

TEST(BackOff, DoublesUpToALimitWithJitter) {
  RetryPolicy policy;
  EXPECT_EQ(back_off(policy, 1, 1).count(), 200);
  EXPECT_EQ(back_off(policy, 1, 0).count(), 100);
  EXPECT_EQ(back_off(policy, 4, 1).count(), 1600);
  EXPECT_EQ(back_off(policy, 1000, 1).count(), 30'000);
}

}  // namespace
}  // namespace dray::fetching
