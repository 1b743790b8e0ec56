#include "service/fetching/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace dray::fetching {
namespace {

constexpr std::string_view kMagic = "dray get 1 ";
constexpr std::uint64_t kMostMarks = 100'000'000;

std::string format_header(const JournalHeader& header) {
  json::object object{{"form", header.form},
                      {"etag", header.artifact.etag},
                      {"size", header.artifact.size},
                      {"chunkSize", header.chunk_size},
                      {"marks", header.marks}};
  auto text = json::serialize(object) + "\n";
  auto line = fmt::format("{}{:08x}\n{}", kMagic, crc32_of(bytes_of(text)), text);
  assert(line.size() <= Journal::kHeaderSize);
  line.resize(Journal::kHeaderSize, ' ');
  return line;
}

std::optional<JournalHeader> header_of(const json::value& value) {
  if (!value.is_object()) return std::nullopt;
  const auto& object = value.get_object();
  JournalHeader header;
  auto text = [&](const char* name, std::string& into) {
    const auto* member = object.if_contains(name);
    if (!member || !member->is_string()) return false;
    into = std::string(member->get_string());
    return true;
  };
  auto number = [&](const char* name, std::uint64_t& into) {
    const auto* member = object.if_contains(name);
    boost::system::error_code ec;
    if (!member) return false;
    into = member->to_number<std::uint64_t>(ec);
    return !ec;
  };
  bool complete = text("form", header.form) && text("etag", header.artifact.etag) &&
                  number("size", header.artifact.size) && number("chunkSize", header.chunk_size) &&
                  number("marks", header.marks);
  if (!complete || header.chunk_size < kSmallestChunk || header.marks > kMostMarks) return std::nullopt;
  return header;
}

// dray get 1 CRC32 LF {JSON} LF blanks
std::optional<JournalHeader> parse_header(std::string_view block) {
  auto first = block.find('\n');
  if (!block.starts_with(kMagic) || first == std::string_view::npos) return std::nullopt;
  auto rest = block.substr(first + 1);
  auto second = rest.find('\n');
  if (second == std::string_view::npos) return std::nullopt;
  auto text = rest.substr(0, second + 1);
  if (block.substr(kMagic.size(), first - kMagic.size()) != fmt::format("{:08x}", crc32_of(bytes_of(text))))
    return std::nullopt;
  auto value = parse_json(text);
  return value ? header_of(*value) : std::nullopt;
}

bool is_same_file(int fd, const std::string& path) {
  struct stat open, named;
  return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

}  // namespace

Result<Journal> Journal::open(const std::string& path) {
  for (;;) {
    ASSIGN_OR_RETURN(auto fd, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0666));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
      if (errno != EWOULDBLOCK) return system_error("cannot lock " + path, errno);
      return Error{Code::conflict, fmt::format("another dray get is at work here ({} is locked)", path)};
    }
    // Another process may have finished and removed the file between our opening and locking it.
    if (!is_same_file(fd.get(), path)) continue;
    Journal journal(path, std::move(fd));
    RETURN_IF_ERROR(journal.load());
    return journal;
  }
}

Result<void> Journal::load() {
  std::string block(kHeaderSize, '\0');
  ASSIGN_OR_RETURN(auto got, read_at(fd_.get(), 0, std::as_writable_bytes(std::span(block)), path_));
  if (got < kHeaderSize) return ok();
  auto header = parse_header(block);
  if (!header) return ok();
  std::string marks(header->marks, kUnmarked);
  RETURN_IF_ERROR(read_at(fd_.get(), kHeaderSize, std::as_writable_bytes(std::span(marks)), path_));
  kept_ = std::move(header);
  marks_ = std::move(marks);
  return ok();
}

Result<void> Journal::begin(JournalHeader header) {
  kept_.reset();
  if (::ftruncate(fd_.get(), 0) < 0) return system_error("cannot write " + path_, errno);
  marks_.assign(header.marks, kUnmarked);
  RETURN_IF_ERROR(write_at(fd_.get(), kHeaderSize, bytes_of(marks_), path_));
  RETURN_IF_ERROR(write_at(fd_.get(), 0, bytes_of(format_header(header)), path_));
  return sync_data(fd_.get(), path_);
}

Result<void> Journal::write_marks(std::span<const std::uint64_t> marks, char value) {
  for (auto mark : marks) {
    marks_[mark] = value;
    RETURN_IF_ERROR(write_at(fd_.get(), kHeaderSize + mark, bytes_of({&value, 1}), path_));
  }
  return ok();
}

Result<void> Journal::remove() {
  if (::unlink(path_.c_str()) < 0 && errno != ENOENT) return system_error("cannot remove " + path_, errno);
  return ok();
}

Result<OpenedJournal> open_journal(const std::string& path, const std::string& form, const Identity& identity,
                                   ByteCount chunk_size, const std::function<std::uint64_t(const ChunkGrid&)>& marks_of,
                                   Restart restart) {
  ASSIGN_OR_RETURN(auto journal, Journal::open(path));
  if (journal.kept() && restart == Restart::no) {
    const auto& kept = *journal.kept();
    ChunkGrid grid(identity.size, kept.chunk_size);
    if (kept == JournalHeader{form, identity, kept.chunk_size, marks_of(grid)})
      return OpenedJournal{std::move(journal), grid, true};
    return Error{
        Code::conflict,
        fmt::format("{} is of another version than the server has now; run with --restart to start anew", path)};
  }
  auto grid = ChunkGrid::cut(identity.size, chunk_size);
  RETURN_IF_ERROR(journal.begin({form, identity, grid.chunk_size(), marks_of(grid)}));
  return OpenedJournal{std::move(journal), grid, false};
}

Result<void> Checkpoint::add(std::uint64_t mark, ByteCount bytes) {
  std::vector<std::uint64_t> due;
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(mark);
    waiting_bytes_ += bytes;
    auto now = std::chrono::steady_clock::now();
    if (waiting_bytes_ < limits_.bytes && now - last_ < limits_.time) return ok();
    due.swap(waiting_);
    waiting_bytes_ = 0;
    last_ = now;
  }
  return write_out(std::move(due));
}

Result<void> Checkpoint::flush() {
  std::vector<std::uint64_t> due;
  {
    std::lock_guard lock(mutex_);
    due.swap(waiting_);
    waiting_bytes_ = 0;
  }
  return write_out(std::move(due));
}

Result<void> Checkpoint::write_out(std::vector<std::uint64_t> marks) {
  if (marks.empty()) return ok();
  std::lock_guard lock(write_mutex_);
  RETURN_IF_ERROR(sync_());
  return journal_.mark(marks);
}

}  // namespace dray::fetching
