#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace vnsweep {

/// A failed SQLite call; what() names the file, the problem and what to do.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The disk is full or the file system refuses to write; what was committed is safe.
class StoreWriteError : public StoreError {
 public:
  using StoreError::StoreError;
};

/// A file whose content is damaged; what() says how to go on without it.
class DamagedStore : public StoreError {
 public:
  DamagedStore(const std::filesystem::path& file, const std::string& damage);
};

class Statement;

/// One open database file. Every return value is checked.
class Database {
 public:
  enum class Mode { read_only, read_write, create };

  Database(const std::filesystem::path& file, Mode mode);

  void execute(const std::string& sql);
  Statement prepare(std::string_view sql);
  /// First column of the first row. @throws StoreError if there is no row
  std::int64_t query_integer(std::string_view sql);
  std::string query_text(std::string_view sql);
  std::int64_t last_insert_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
  const std::filesystem::path& file() const { return file_; }

  /// @throws StoreError or StoreWriteError unless `code` means success
  void check(int code) const;

  /// The system goes on writing to a file that was removed, where nobody finds it again.
  /// @throws StoreWriteError if the file's name does not lead to the file that is open
  void check_in_place() const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  /// What distinguishes a file from all others.
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    bool operator==(const Identity&) const = default;
  };
  static std::optional<Identity> identity_of(const std::filesystem::path& file);

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Closer> handle_;
  std::optional<Identity> identity_;  ///< none in memory
  friend class Statement;
};

/// A prepared statement. Parameters and columns are counted from 0.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);  ///< NaN is stored as null
  Statement& bind(int parameter, std::string_view value);
  Statement& bind_null(int parameter);
  Statement& bind_blob(int parameter, std::span<const std::byte> value);
  /// Binds what a column of another statement's row holds, of whatever type.
  Statement& bind_column(int parameter, const Statement& row, int column);

  /// Advances to the next row. @returns false when there are no more
  bool step();
  /// Makes it ready for new parameters.
  void reset();
  /// Runs a statement without rows and makes it ready for new parameters.
  void run();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;  ///< NaN for null
  std::string text(int column) const;
  std::span<const std::byte> blob(int column) const;  ///< valid until the next step
  /// Whether a column of another statement's row holds the same, to the bit.
  bool equals(int column, const Statement& other, int other_column) const;
  /// For messages: a number, a text, "null" or "..." for an array.
  std::string shown(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

/// Rolls back unless committed. @throws StoreWriteError, also if the file is no longer in its place
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool committed_ = false;
};

}  // namespace vnsweep
