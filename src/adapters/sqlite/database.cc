#include "adapters/sqlite/database.h"

#include <cstring>

namespace dray::sqlite {
namespace {

[[noreturn]] void fail(sqlite3* handle) {
  int code = sqlite3_errcode(handle);
  std::string text = sqlite3_errmsg(handle);
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Failure(Code::busy, "the catalog is busy: " + text);
    case SQLITE_FULL:
      throw Failure(Code::full, "the catalog cannot grow: the disk is full");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw Failure(Code::corrupt, "the catalog is damaged: " + text);
    case SQLITE_CONSTRAINT:
      throw Failure(Code::conflict, "the catalog refuses the change: " + text);
    default:
      throw Failure(Code::unavailable, "the catalog failed: " + text);
  }
}

constexpr int kBusyMilliseconds = 15'000;
constexpr std::size_t kIdleReaders = 16;

}  // namespace

Statement::~Statement() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Statement::fail() const { sqlite::fail(sqlite3_db_handle(statement_)); }

bool Statement::step() {
  int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  fail();
}

void Statement::run() {
  while (step()) {
  }
}

std::string_view Statement::view(int column) const {
  auto data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return data ? std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : "";
}

std::string Statement::text(int column) const { return std::string(view(column)); }

Sha256 Statement::digest(int column) const {
  Sha256 digest;
  auto bytes = view(column);
  if (bytes.size() != digest.bytes.size())
    throw Failure(Code::corrupt, "the catalog holds a digest of the wrong length");
  std::memcpy(digest.bytes.data(), bytes.data(), bytes.size());
  return digest;
}

void Statement::bind_one(int index, std::int64_t value) {
  if (sqlite3_bind_int64(statement_, index + 1, value) != SQLITE_OK) fail();
}

void Statement::bind_one(int index, double value) {
  if (sqlite3_bind_double(statement_, index + 1, value) != SQLITE_OK) fail();
}

void Statement::bind_one(int index, std::string_view text) {
  if (sqlite3_bind_text64(statement_, index + 1, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8) != SQLITE_OK) {
    fail();
  }
}

void Statement::bind_one(int index, Bytes bytes) {
  if (sqlite3_bind_blob64(statement_, index + 1, bytes.data(), bytes.size(), SQLITE_TRANSIENT) != SQLITE_OK) fail();
}

Connection::Connection(const std::string& file) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
    std::string text = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
    sqlite3_close(handle_);
    throw Failure(Code::unavailable, "cannot open the catalog " + file + ": " + text);
  }
  try {
    sqlite3_busy_timeout(handle_, kBusyMilliseconds);
    execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
        "PRAGMA cache_size=-16384; PRAGMA mmap_size=0;");
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Connection::~Connection() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Statement Connection::prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement && sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    fail(handle_);
  }
  return Statement(statement);
}

void Connection::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle_);
}

const volatile void* Connection::wal_index() {
  constexpr int kIndexPart = 32 * 1024;  // SQLite's own size of one
  sqlite3_file* file = nullptr;
  volatile void* index = nullptr;
  int found = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (found == SQLITE_OK && file->pMethods->iVersion >= 2) file->pMethods->xShmMap(file, 0, kIndexPart, 0, &index);
  if (!index) throw Failure(Code::unavailable, "the catalog's write-ahead log has no index");
  return index;
}

std::unique_ptr<Connection> Database::take() {
  {
    std::lock_guard lock(readers_mutex_);
    if (!idle_readers_.empty()) {
      auto connection = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return connection;
    }
  }
  return open();
}

void Database::give_back(std::unique_ptr<Connection> connection) {
  std::lock_guard lock(readers_mutex_);
  if (idle_readers_.size() < kIdleReaders) idle_readers_.push_back(std::move(connection));
}

// IMMEDIATE: a deferred transaction that has read first is refused as busy whatever the time-out.
Database::Transaction::Transaction(Database& database) : lock_(database.writer_mutex_), connection_(database.writer_) {
  connection_.execute("BEGIN IMMEDIATE");
}

Database::Transaction::~Transaction() {
  if (!open_) return;
  try {
    connection_.execute("ROLLBACK");
  } catch (const Failure&) {  // SQLite has rolled back by itself, as it does when the disk is full
  }
}

void Database::Transaction::commit() {
  connection_.execute("COMMIT");
  open_ = false;
}

}  // namespace dray::sqlite
