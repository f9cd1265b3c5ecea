#include "host/store/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "kernels/numerics_version.hpp"

namespace vnsweep {
namespace {

/// "vnsw": marks the file as ours.
constexpr std::int64_t kApplicationId = 0x766e7377;

constexpr const char* kSchema = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sessions(
  id INTEGER PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT, host TEXT NOT NULL,
  process INTEGER NOT NULL, version TEXT NOT NULL,
  seconds REAL);  -- to the last commit, whatever the time of day says
CREATE TABLE runs(
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, config TEXT NOT NULL, status TEXT NOT NULL,
  cause TEXT, steps INTEGER, loss REAL, accuracy REAL, vni_initial REAL, vni_final REAL,
  n_eff_final REAL, log10_gradient_ratio REAL, error TEXT, engine TEXT NOT NULL,
  device TEXT NOT NULL, seconds REAL NOT NULL, finished_at TEXT NOT NULL,
  session INTEGER NOT NULL REFERENCES sessions(id), m1_initial REAL, local_vni_initial REAL,
  checksum INTEGER);
-- Arrays over the hidden layers, little-endian: float64, spectrum float32. The eigenvalues of all
-- layers stand one after the other; layer l has min(live[l], samples) of them. Jacobian moments are
-- null where they were not asked for.
CREATE TABLE probes(
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(id), step INTEGER NOT NULL,
  samples INTEGER NOT NULL, vni BLOB NOT NULL, live BLOB NOT NULL, n_eff BLOB NOT NULL,
  effective_rank BLOB NOT NULL, q BLOB NOT NULL, gradient_rms BLOB NOT NULL, spectrum BLOB,
  m1 BLOB, m2 BLOB, local_vni BLOB, checksum INTEGER, UNIQUE(run, step));
)sql";

/// From schema 1, which had no Jacobian moments.
constexpr const char* kUpgradeFrom1 = R"sql(
ALTER TABLE runs ADD COLUMN m1_initial REAL;
ALTER TABLE runs ADD COLUMN local_vni_initial REAL;
ALTER TABLE probes ADD COLUMN m1 BLOB;
ALTER TABLE probes ADD COLUMN m2 BLOB;
ALTER TABLE probes ADD COLUMN local_vni BLOB;
)sql";

/// From schema 2, which had no checksums and no duration of sessions.
constexpr const char* kUpgradeFrom2 = R"sql(
ALTER TABLE runs ADD COLUMN checksum INTEGER;
ALTER TABLE probes ADD COLUMN checksum INTEGER;
ALTER TABLE sessions ADD COLUMN seconds REAL;
)sql";

std::int64_t schema_of(Database& database) {
  return database.query_integer("PRAGMA user_version");
}

/// Refuses what SQLite's check finds damaged.
void check_sound(Database& database, const std::string& check) {
  const std::string verdict = database.query_text(check);
  if (verdict != "ok") throw DamagedStore(database.file(), verdict);
}

}  // namespace

void check_file(Database& database) {
  check_sound(database, "PRAGMA quick_check(1)");
  check_table(database, "runs");
}

void check_table(Database& database, const std::string& table) {
  check_sound(database, fmt::format("PRAGMA integrity_check({})", table));
}

void check_version(Database& database) {
  const std::string name = database.file().string();
  if (database.query_integer("PRAGMA application_id") != kApplicationId) {
    throw StoreError(fmt::format("{} is not a vnsweep database; choose another directory", name));
  }
  // They would be run by whatever reads or writes the tables, without end if that is their intent.
  const bool has_programs =
      database.query_integer(
          "SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index') OR "
          "sql LIKE 'CREATE VIRTUAL%'") > 0 ||
      database.query_integer(
          "SELECT count(*) FROM sqlite_schema AS made, pragma_table_xinfo(made.name) "
          "WHERE hidden <> 0") > 0;
  if (has_programs) {
    throw StoreError(
        fmt::format("{} holds views, triggers or computed columns, which vnsweep never makes; "
                    "choose another directory",
                    name));
  }
  const std::int64_t schema = database.query_integer("PRAGMA user_version");
  if (schema < 1 || schema > kSchemaVersion) {
    throw StoreError(
        fmt::format("{} has schema {}, this vnsweep reads schemas up to {}; use the vnsweep "
                    "version that wrote it, or a newer one",
                    name, schema, kSchemaVersion));
  }
}

void upgrade_schema(Database& database) {
  const std::int64_t schema = schema_of(database);
  if (schema == kSchemaVersion) return;
  Transaction transaction(database);
  if (schema < 2) database.execute(kUpgradeFrom1);
  database.execute(kUpgradeFrom2);
  database.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  transaction.commit();
}

const char* const kRunContent =
    "run_id, config, status, cause, steps, loss, accuracy, vni_initial, vni_final, n_eff_final, "
    "log10_gradient_ratio, error, engine, device, seconds, finished_at, m1_initial, "
    "local_vni_initial";
const char* const kProbeContent =
    "step, samples, vni, live, n_eff, effective_rank, q, gradient_rms, spectrum, m1, m2, local_vni";

std::string checksum_test(Database& database, const char* content) {
  if (schema_of(database) < 3) return "1";
  return fmt::format("(checksum IS NULL OR checksum = row_checksum({}))", content);
}

std::string checksum_column(Database& database) {
  return schema_of(database) < 3 ? "NULL" : "checksum";
}

std::string session_seconds(Database& database) {
  const std::string by_time_of_day =
      "86400.0 * (julianday(max(finished_at)) - julianday(started_at))";
  if (schema_of(database) < 3) return by_time_of_day;
  return fmt::format("coalesce(sessions.seconds, {})", by_time_of_day);
}

void check_row(const Database& database, bool has_passed, const std::string& row) {
  if (!has_passed) throw DamagedStore(database.file(), row + " is not what was written");
}

std::string jacobian_columns(Database& database, std::vector<std::string> names) {
  if (schema_of(database) < 2) {
    std::fill(names.begin(), names.end(), "NULL");
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string read_numerics(Database& database) {
  return database.query_text("SELECT value FROM meta WHERE key = 'numerics_version'");
}

void check_numerics(Database& database) {
  const std::string numerics = read_numerics(database);
  if (numerics != std::to_string(kNumericsVersion)) {
    throw StoreError(
        fmt::format("{} holds results of numerics version {}, this vnsweep makes "
                    "version {} (they do not mix); choose another directory",
                    database.file().string(), numerics, kNumericsVersion));
  }
}

void create_schema(Database& database) {
  Transaction transaction(database);
  database.execute(kSchema);
  database.prepare("INSERT INTO meta VALUES('numerics_version', ?)")
      .bind(0, std::to_string(kNumericsVersion))
      .run();
  database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
  database.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  transaction.commit();
}

}  // namespace vnsweep
