// What is already on the disk of a download that is under way, so that it goes on after any kind of end.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "service/fetching/answers.h"
#include "service/fetching/chunks.h"

namespace dray::fetching {

// Which download a journal belongs to, and how it is cut. A mark says that one piece is done; what the pieces are is
// the owner's affair.
struct JournalHeader {
  std::string form;  // "file" or "folder"
  Identity artifact;
  ByteCount chunk_size = 0;
  std::uint64_t marks = 0;

  bool operator==(const JournalHeader&) const = default;
};

// The file NAME.part.state: a line with the CRC-32 of the header, the header as JSON padded to kHeaderSize, then one
// byte a mark. It is made at its full size, so that a full disk does not stop a mark. The header is durable before the
// first mark is written, and a mark is written only once what it stands for is durable (by whoever calls mark()): after
// a power cut marks may be missing, but none is wrong. One process at a time has it, by flock. One thread at a time.
class Journal {
 public:
  static constexpr std::size_t kHeaderSize = 4096;

  // Opens and locks `path`, which is created if missing. Code::conflict: another process has it.
  static Result<Journal> open(const std::string& path);

  // The header of an earlier run; nullopt: there was none, or it was not completely written.
  const std::optional<JournalHeader>& kept() const { return kept_; }
  // Forgets what was there and begins with no mark.
  Result<void> begin(JournalHeader header);

  bool is_marked(std::uint64_t mark) const { return marks_[mark] == kMarked; }
  Result<void> mark(std::span<const std::uint64_t> marks) { return write_marks(marks, kMarked); }
  Result<void> unmark(std::span<const std::uint64_t> marks) { return write_marks(marks, kUnmarked); }

  Result<void> remove();  // the file; the lock ends with this object

 private:
  static constexpr char kMarked = '1', kUnmarked = '0';

  Journal(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Result<void> load();
  Result<void> write_marks(std::span<const std::uint64_t> marks, char value);

  std::string path_;
  UniqueFd fd_;
  std::optional<JournalHeader> kept_;
  std::string marks_;
};

enum class Restart { no, yes };

struct OpenedJournal {
  Journal journal;
  ChunkGrid grid;
  bool goes_on = false;  // an earlier run's marks are there
};
// The journal of `path`, begun anew where it holds nothing or when told so. An earlier run's chunk size counts more
// than the wished one. `marks_of` says how many marks a grid needs. Code::conflict: it is of another version, or
// another process has it.
Result<OpenedJournal> open_journal(const std::string& path, const std::string& form, const Identity& identity,
                                   ByteCount chunk_size, const std::function<std::uint64_t(const ChunkGrid&)>& marks_of,
                                   Restart restart);

// Collects marks and writes them in batches, since making bytes durable takes its time. From any thread.
class Checkpoint {
 public:
  struct Limits {
    ByteCount bytes = 64 * 1024 * 1024;
    std::chrono::milliseconds time{1000};
  };
  // `sync` makes everything durable that was written before it is called.
  Checkpoint(Journal& journal, std::function<Result<void>()> sync, Limits limits)
      : journal_(journal), sync_(std::move(sync)), limits_(limits) {}

  // The piece `mark` is written (not yet durable) and had so many bytes. Writes the batch out when it is due.
  Result<void> add(std::uint64_t mark, ByteCount bytes);
  Result<void> flush();

 private:
  Result<void> write_out(std::vector<std::uint64_t> marks);

  Journal& journal_;
  const std::function<Result<void>()> sync_;
  const Limits limits_;
  std::mutex mutex_;  // guards what follows
  std::vector<std::uint64_t> waiting_;
  ByteCount waiting_bytes_ = 0;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::mutex write_mutex_;  // guards journal_; held while syncing
};

}  // namespace dray::fetching
