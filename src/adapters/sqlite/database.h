// A thin layer over SQLite's C interface: WAL, one writer at a time, a pool of readers, statements prepared once.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace dray::sqlite {

// Thrown inside this adapter only; guarded() turns it into an Error.
class Failure : public std::runtime_error {
 public:
  Failure(Code code, const std::string& what) : std::runtime_error(what), code(code) {}
  Code code;
};

template <typename F>
auto guarded(F run) -> decltype(run()) {
  try {
    return run();
  } catch (const Failure& failure) {
    return Error{failure.code, failure.what()};
  }
}

// A prepared statement in use. Parameters and columns are numbered from 0; numbers are 64 bits wide.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(const Statement&) = delete;
  ~Statement();  // resets it for the next use

  template <typename... Values>
  Statement& bind(const Values&... values) {
    int index = 0;
    (bind_one(index++, values), ...);
    return *this;
  }
  bool step();  // whether there is a row
  void run();   // for statements without rows

  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const;
  std::string_view view(int column) const;  // text or bytes, until the next step
  Sha256 digest(int column) const;

 private:
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, std::uint64_t value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, int value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, std::uint32_t value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, bool value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, double value);
  void bind_one(int index, std::string_view text);
  void bind_one(int index, const std::string& text) { bind_one(index, std::string_view(text)); }
  void bind_one(int index, const char* text) { bind_one(index, std::string_view(text)); }
  void bind_one(int index, Bytes bytes);
  void bind_one(int index, const Sha256& digest) { bind_one(index, Bytes(digest.bytes)); }
  template <typename T>
  void bind_one(int index, const std::optional<T>& value) {
    if (value) bind_one(index, *value);
  }
  [[noreturn]] void fail() const;

  sqlite3_stmt* statement_;
};

// One thread at a time.
class Connection {
 public:
  explicit Connection(const std::string& file);
  ~Connection();
  Connection(const Connection&) = delete;

  Statement prepare(const char* sql);  // `sql` must be a literal: its address is the key
  void execute(const std::string& sql);
  std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_); }
  std::int64_t changes() const { return sqlite3_changes64(handle_); }
  const volatile void* wal_index();  // its first 32 KiB, mapped as long as the connection is open

 private:
  sqlite3* handle_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

// Safe for use from any thread.
class Database {
 public:
  explicit Database(const std::string& file) : file_(file), writer_(file) {}

  // A reader of its own for as long as it lives.
  class Reader {
   public:
    Reader(Database& database, std::unique_ptr<Connection> connection)
        : database_(database), connection_(std::move(connection)) {}
    Reader(const Reader&) = delete;
    ~Reader() { database_.give_back(std::move(connection_)); }
    Connection* operator->() { return connection_.get(); }

   private:
    Database& database_;
    std::unique_ptr<Connection> connection_;
  };
  Reader read() { return Reader(*this, take()); }
  std::unique_ptr<Connection> open() { return std::make_unique<Connection>(file_); }  // one more

  // The writer, inside a transaction that is rolled back unless commit() was called. Durable when commit() returns.
  class Transaction {
   public:
    explicit Transaction(Database& database);
    Transaction(const Transaction&) = delete;
    ~Transaction();
    Connection* operator->() { return &connection_; }
    void commit();

   private:
    std::unique_lock<std::mutex> lock_;
    Connection& connection_;
    bool open_ = true;
  };
  Transaction write() { return Transaction(*this); }

 private:
  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection);

  std::string file_;
  std::mutex writer_mutex_;
  Connection writer_;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Connection>> idle_readers_;
};

}  // namespace dray::sqlite
