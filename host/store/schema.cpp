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
  process INTEGER NOT NULL, version TEXT NOT NULL);
CREATE TABLE runs(
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, config TEXT NOT NULL, status TEXT NOT NULL,
  cause TEXT, steps INTEGER, loss REAL, accuracy REAL, vni_initial REAL, vni_final REAL,
  n_eff_final REAL, log10_gradient_ratio REAL, error TEXT, engine TEXT NOT NULL,
  device TEXT NOT NULL, seconds REAL NOT NULL, finished_at TEXT NOT NULL,
  session INTEGER NOT NULL REFERENCES sessions(id), m1_initial REAL, local_vni_initial REAL);
-- Arrays over the hidden layers, little-endian: float64, spectrum float32. The eigenvalues of all
-- layers stand one after the other; layer l has min(live[l], samples) of them. Jacobian moments are
-- null where they were not asked for.
CREATE TABLE probes(
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(id), step INTEGER NOT NULL,
  samples INTEGER NOT NULL, vni BLOB NOT NULL, live BLOB NOT NULL, n_eff BLOB NOT NULL,
  effective_rank BLOB NOT NULL, q BLOB NOT NULL, gradient_rms BLOB NOT NULL, spectrum BLOB,
  m1 BLOB, m2 BLOB, local_vni BLOB, UNIQUE(run, step));
)sql";

/// From schema 1, which had no Jacobian moments.
constexpr const char* kUpgradeFrom1 = R"sql(
ALTER TABLE runs ADD COLUMN m1_initial REAL;
ALTER TABLE runs ADD COLUMN local_vni_initial REAL;
ALTER TABLE probes ADD COLUMN m1 BLOB;
ALTER TABLE probes ADD COLUMN m2 BLOB;
ALTER TABLE probes ADD COLUMN local_vni BLOB;
)sql";

}  // namespace

void check_file(Database& database) {
  const std::string verdict = database.query_text("PRAGMA quick_check(1)");
  if (verdict != "ok") {
    throw StoreError(
        fmt::format("{} is corrupt ({}); it was left untouched: move it away to start "
                    "over, or restore a copy",
                    database.file().string(), verdict));
  }
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
  if (database.query_integer("PRAGMA user_version") == kSchemaVersion) return;
  Transaction transaction(database);
  database.execute(kUpgradeFrom1);
  database.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  transaction.commit();
}

std::string jacobian_columns(Database& database, std::vector<std::string> names) {
  if (database.query_integer("PRAGMA user_version") < 2) {
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
