#include "service/fetching/transfer.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/fetching/parallel.h"

namespace dray::fetching {
namespace {

Trouble local(Error error) { return {std::move(error), Outlook::final, {}}; }

// Takes the bytes of one run, however many answers that needs.
class RunReceiver final : public Receiver {
 public:
  RunReceiver(const RemoteFile& file, const ChunkGrid& grid, const ChunkQueue& queue, ByteRange run,
              ChunkWriter& writer, Meter& meter)
      : file_(file), grid_(grid), queue_(queue), rest_(run), writer_(writer), meter_(meter) {}

  ByteRange rest() const { return rest_; }

  std::optional<Trouble> head(const AnswerHead& head) override { return check_partial(head, rest_, file_.identity); }

  std::optional<Trouble> body(Bytes bytes) override {
    if (queue_.is_closed()) return local(stopped());  // another connection met an error, which counts
    if (bytes.size() > rest_.length)
      return Trouble{{Code::corrupt, "the server sends more bytes than it says"}, Outlook::may_pass, {}};
    while (!bytes.empty()) {
      auto chunk = grid_.chunk_at(rest_.offset);
      auto left = grid_.range_of(chunk).end() - rest_.offset;
      auto part = bytes.first(std::min<ByteCount>(bytes.size(), left));
      if (auto done = writer_.write(rest_.offset, part); !done) return local(done.error());
      rest_ = {rest_.offset + part.size(), rest_.length - part.size()};
      meter_.add(part.size(), 0);
      if (part.size() == left) {
        if (auto done = writer_.finish_chunk(chunk); !done) return local(done.error());
      }
      bytes = bytes.subspan(part.size());
    }
    return std::nullopt;
  }

 private:
  const RemoteFile& file_;
  const ChunkGrid& grid_;
  const ChunkQueue& queue_;
  ByteRange rest_;
  ChunkWriter& writer_;
  Meter& meter_;
};

Request request_for(const RemoteFile& file, ByteRange range, const Means& means) {
  Request request;
  request.url = file.url;
  request.fields = {fmt::format("Range: bytes={}-{}", range.offset, range.end() - 1),
                    "If-Match: " + file.identity.etag};
  request.silence = means.client.silence;
  return request;
}

Result<void> fetch_run(Connection& connection, const RemoteFile& file, RunReceiver& receiver, const Means& means) {
  auto retrier = means.make_retrier();
  while (receiver.rest().length > 0) {
    auto before = receiver.rest();
    auto trouble = connection.exchange(request_for(file, before, means), receiver);
    if (receiver.rest().length < before.length) retrier.progressed();
    if (receiver.rest().length == 0) return ok();
    if (!trouble) trouble = Trouble{{Code::unavailable, "the server sent less than asked for"}, Outlook::may_pass, {}};
    RETURN_IF_ERROR(retrier.wait_after(*trouble));
  }
  return ok();
}

}  // namespace

Result<void> transfer(const RemoteFile& file, const ChunkGrid& grid, ChunkQueue& queue, const OpenWriter& open_writer,
                      Meter& meter, const Means& means, const OpenConnection& open) {
  return run_parallel(means.connections, [&]() -> Result<void> {
    auto work = [&]() -> Result<void> {
      ASSIGN_OR_RETURN(auto writer, open_writer());
      std::unique_ptr<Connection> connection;
      while (auto run = queue.take()) {
        if (!connection) connection = open();
        RunReceiver receiver(file, grid, queue, *run, *writer, meter);
        RETURN_IF_ERROR(fetch_run(*connection, file, receiver, means));
      }
      return ok();
    };
    auto result = work();
    if (!result) queue.close();
    return result;
  });
}

Result<void> transfer(const RemoteFile& file, const ChunkGrid& grid, ChunkQueue& queue, const OpenWriter& open_writer,
                      Meter& meter, const Means& means) {
  return transfer(file, grid, queue, open_writer, meter, means,
                  [&] { return open_connection(means.client, means.stop); });
}

}  // namespace dray::fetching
