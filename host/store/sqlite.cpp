#include "host/store/sqlite.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <limits>
#include <system_error>

#include "host/store/directory_error.hpp"
#include "host/store/row_checksum.hpp"

namespace vnsweep {
namespace {

/// A reader waits this long for the writer's commit.
constexpr int kReaderPatienceMilliseconds = 30'000;
/// The writer waits longer: a reader may be looking through a large file, and a sweep must not end
/// because somebody looks at it.
constexpr int kWriterPatienceMilliseconds = 300'000;

/// SQLite's name for a database without a file.
constexpr const char* kInMemory = ":memory:";

int open_flags(Database::Mode mode) {
  switch (mode) {
    case Database::Mode::read_only:
      return SQLITE_OPEN_READONLY;
    case Database::Mode::read_write:
      return SQLITE_OPEN_READWRITE;
    case Database::Mode::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return SQLITE_OPEN_READONLY;
}

/// @param is_open  then what cannot be opened is the journal beside the file
[[noreturn]] void throw_error(const std::filesystem::path& file, bool is_open, int code,
                              const char* message) {
  const std::string name = file.string();
  if (is_open && (code & 0xff) == SQLITE_CANTOPEN) code = SQLITE_IOERR;
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw DamagedStore(file, message);
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
      throw StoreWriteError(
          fmt::format("cannot write {} ({}); every run committed so far is safe: "
                      "make room or mend the file system and run the same command "
                      "again",
                      name, message));
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      throw StoreError(
          fmt::format("cannot open {} ({}); check that the directory exists and is "
                      "writable",
                      name, message));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw StoreWriteError(fmt::format(
          "{} is locked by another process ({}); run the same command again when it has ended",
          name, message));
    default:
      throw StoreError(fmt::format("{}: {}", name, message));
  }
}

/// Makes the file that SQLite is to open, whose message would not tell a full disk from a directory
/// that is not there.
void create_file(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) throw_cannot_write(file, errno);
  ::close(descriptor);
}

}  // namespace

DamagedStore::DamagedStore(const std::filesystem::path& file, const std::string& damage)
    : StoreError(
          fmt::format("{} is corrupt ({}); it was left untouched: move it away and run the sweep's "
                      "command again to make its runs anew, or restore a copy",
                      file.string(), damage)) {}

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file) {
  std::error_code ignored;
  // SQLite would wait for whoever writes into a pipe.
  if (std::filesystem::exists(file, ignored) && !std::filesystem::is_regular_file(file, ignored)) {
    throw StoreError(
        fmt::format("{} is not a file; move it away or choose another directory", file.string()));
  }
  if (mode == Mode::create && file != kInMemory && !std::filesystem::exists(file, ignored)) {
    create_file(file);
  }
  sqlite3* handle = nullptr;
  // What begins with "file:" would be taken for a URI with options of its own.
  const std::filesystem::path name = file == kInMemory ? file : std::filesystem::path(".") / file;
  const int code = sqlite3_open_v2(name.c_str(), &handle, open_flags(mode), nullptr);
  handle_.reset(handle);
  check(code);
  check(sqlite3_extended_result_codes(handle, 1));
  check(sqlite3_busy_timeout(
      handle, mode == Mode::create ? kWriterPatienceMilliseconds : kReaderPatienceMilliseconds));
  check(add_row_checksum(handle));
  // The file may be anyone's.
  check(sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr));
  check(sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr));
  identity_ = identity_of(file);
}

std::optional<Database::Identity> Database::identity_of(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino};
}

void Database::check_in_place() const {
  if (identity_ == identity_of(file_)) return;
  throw StoreWriteError(
      fmt::format("{} was moved, removed or replaced while it was written (the latest results may "
                  "be lost); put it back, or not, and run the same command again",
                  file_.string()));
}

void Database::check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  if (identity_) check_in_place();  // if it is not, that is why
  throw_error(file_, identity_.has_value(), code,
              handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code));
}

void Database::execute(const std::string& sql) {
  check(sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

Statement Database::prepare(std::string_view sql) {
  return {*this, sql};
}

std::int64_t Database::query_integer(std::string_view sql) {
  Statement statement = prepare(sql);
  if (!statement.step()) throw StoreError(fmt::format("{}: no row for '{}'", file_.string(), sql));
  return statement.integer(0);
}

std::string Database::query_text(std::string_view sql) {
  Statement statement = prepare(sql);
  if (!statement.step()) throw StoreError(fmt::format("{}: no row for '{}'", file_.string(), sql));
  return statement.text(0);
}

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* handle = nullptr;
  database.check(sqlite3_prepare_v2(database.handle_.get(), sql.data(),
                                    static_cast<int>(sql.size()), &handle, nullptr));
  handle_.reset(handle);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  database_->check(sqlite3_bind_int64(handle_.get(), parameter + 1, value));
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  database_->check(sqlite3_bind_double(handle_.get(), parameter + 1, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view value) {
  database_->check(sqlite3_bind_text(handle_.get(), parameter + 1, value.data(),
                                     static_cast<int>(value.size()), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  database_->check(sqlite3_bind_null(handle_.get(), parameter + 1));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::span<const std::byte> value) {
  // A null pointer would store null instead of an empty blob.
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  database_->check(
      sqlite3_bind_blob64(handle_.get(), parameter + 1, data, value.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_column(int parameter, const Statement& row, int column) {
  database_->check(sqlite3_bind_value(handle_.get(), parameter + 1,
                                      sqlite3_column_value(row.handle_.get(), column)));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  database_->check(code);
  return code == SQLITE_ROW;
}

void Statement::reset() {
  database_->check(sqlite3_reset(handle_.get()));
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double Statement::real(int column) const {
  if (is_null(column)) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(handle_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* data = sqlite3_column_text(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {data, static_cast<std::size_t>(size)};
}

bool Statement::equals(int column, const Statement& other, int other_column) const {
  const int type = sqlite3_column_type(handle_.get(), column);
  if (type != sqlite3_column_type(other.handle_.get(), other_column)) return false;
  switch (type) {
    case SQLITE_INTEGER:
      return integer(column) == other.integer(other_column);
    case SQLITE_FLOAT:
      return std::bit_cast<std::uint64_t>(real(column)) ==
             std::bit_cast<std::uint64_t>(other.real(other_column));
    case SQLITE_NULL:
      return true;
    default: {
      const auto own = blob(column);
      const auto theirs = other.blob(other_column);
      return std::equal(own.begin(), own.end(), theirs.begin(), theirs.end());
    }
  }
}

std::string Statement::shown(int column) const {
  switch (sqlite3_column_type(handle_.get(), column)) {
    case SQLITE_INTEGER:
      return fmt::format("{}", integer(column));
    case SQLITE_FLOAT:
      return fmt::format("{}", real(column));
    case SQLITE_NULL:
      return "null";
    case SQLITE_BLOB:
      return "...";
    default:
      return text(column);
  }
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.check_in_place();
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (committed_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const std::exception& e) {
    // SQLite has rolled back by itself where the failure left it no choice.
    spdlog::debug("rollback: {}", e.what());
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  committed_ = true;
  database_.check_in_place();
}

}  // namespace vnsweep
