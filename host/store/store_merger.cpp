#include "host/store/store_merger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <unordered_map>

#include "host/store/schema.hpp"

namespace vnsweep {
namespace {

/// Columns of the table of runs, the outcome first: what makes two rows the same result.
constexpr const char* kOutcome[] = {"status",
                                    "cause",
                                    "steps",
                                    "loss",
                                    "accuracy",
                                    "vni_initial",
                                    "vni_final",
                                    "n_eff_final",
                                    "log10_gradient_ratio",
                                    "m1_initial",
                                    "local_vni_initial"};
constexpr int kOutcomeColumns = static_cast<int>(std::size(kOutcome));
constexpr const char* kRest[] = {"run_id",  "config",      "error",    "engine", "device",
                                 "seconds", "finished_at", "checksum", "session"};
constexpr int kRunColumns = kOutcomeColumns + static_cast<int>(std::size(kRest));
constexpr int kRunId = kOutcomeColumns;
constexpr int kEngine = kOutcomeColumns + 3;
constexpr int kSession = kRunColumns - 1;
constexpr int kRow = kRunColumns;  // selected after the others

constexpr const char* kProbe[] = {
    "step",         "samples",  "vni", "live", "n_eff",     "effective_rank", "q",
    "gradient_rms", "spectrum", "m1",  "m2",   "local_vni", "checksum"};
constexpr int kProbeColumns = static_cast<int>(std::size(kProbe));
constexpr int kComparedProbeColumns = kProbeColumns - 1;  // older files have no checksums

/// The columns as this file's schema has them.
std::string column_list(Database& database, std::span<const char* const> names) {
  std::vector<std::string> columns;
  for (const char* name : names) {
    const std::string_view view(name);
    const bool is_moment = view.starts_with("m1") || view == "m2" || view.starts_with("local_vni");
    columns.push_back(is_moment            ? jacobian_columns(database, {name})
                      : view == "checksum" ? checksum_column(database)
                                           : name);
  }
  return fmt::format("{}", fmt::join(columns, ", "));
}

std::string run_columns(Database& database) {
  return column_list(database, kOutcome) + ", " + column_list(database, kRest) + ", id";
}

Statement select_probes(Database& database) {
  return database.prepare(fmt::format("SELECT {} FROM probes WHERE run = ? ORDER BY step",
                                      column_list(database, kProbe)));
}

bool is_error(const Statement& row) {
  return row.text(0) == to_string(RunStatus::error);
}

/// Where the run that a row is about may be found in another store.
Statement select_run(Database& database) {
  return database.prepare(
      fmt::format("SELECT {} FROM runs WHERE run_id = ?", run_columns(database)));
}

std::string insert_text(const char* table, std::span<const char* const> columns, int parameters) {
  std::string marks = "?";
  for (int k = 1; k < parameters; ++k)
    marks += ", ?";
  return fmt::format("INSERT INTO {}({}) VALUES({})", table, fmt::join(columns, ", "), marks);
}

Statement prepare_insert_run(Database& database) {
  std::vector<const char*> columns(std::begin(kOutcome), std::end(kOutcome));
  columns.insert(columns.end(), std::begin(kRest), std::end(kRest));
  columns.push_back("id");
  return database.prepare(insert_text("runs", columns, kRunColumns + 1));
}

Statement prepare_insert_probe(Database& database) {
  std::vector<const char*> columns(std::begin(kProbe), std::end(kProbe));
  columns.push_back("run");
  return database.prepare(insert_text("probes", columns, kProbeColumns + 1));
}

/// "loss 0.25 (cpu) and 0.26 (cuda)" for every column that differs.
std::string outcome_difference(const Statement& own, const Statement& row) {
  std::vector<std::string> differences;
  for (int column = 0; column < kOutcomeColumns; ++column) {
    if (own.equals(column, row, column)) continue;
    differences.push_back(fmt::format("{} {} ({}) and {} ({})", kOutcome[column], own.shown(column),
                                      own.text(kEngine), row.shown(column), row.text(kEngine)));
  }
  return fmt::format("{}", fmt::join(differences, "; "));
}

}  // namespace

/// A store that is being read.
struct StoreMerger::Source {
  explicit Source(Store& source)
      : store(source), database(source.database_), probes(select_probes(source.database_)) {}

  Store& store;
  Database& database;
  Statement probes;
  std::unordered_map<std::int64_t, std::int64_t>
      sessions;  ///< of the target, by that of the source
  bool is_preferred = false;
};

StoreMerger::StoreMerger(Store& target)
    : target_(target),
      transaction_(target.database_),
      find_(select_run(target.database_)),
      own_probes_(select_probes(target.database_)),
      insert_run_(prepare_insert_run(target.database_)),
      insert_probe_(prepare_insert_probe(target.database_)),
      next_row_(1 + target.database_.query_integer("SELECT coalesce(max(id), 0) FROM runs")),
      origins_{{0, target.file()}} {}

void StoreMerger::prefer(Store& source) {
  preferred_.push_back(&source);
  if (&source != &target_) add(source);
}

void StoreMerger::add(Store& source) {
  const std::string numerics = source.numerics_version();
  if (numerics != target_.numerics_version()) {
    throw StoreError(fmt::format(
        "{} holds results of numerics version {}, {} of version {} (they do not mix); leave one "
        "out",
        source.file().string(), numerics, target_.file().string(), target_.numerics_version()));
  }
  refuse_to_mix_precisions(source);
  origins_.emplace_back(next_row_, source.file());
  Source reading(source);
  reading.is_preferred =
      std::find(preferred_.begin(), preferred_.end(), &source) != preferred_.end();

  // While a statement reads, the writer of the source cannot commit.
  constexpr std::int64_t kRunsAtOnce = 512;
  Statement select = reading.database.prepare(fmt::format(
      "SELECT {} FROM runs WHERE id > ? ORDER BY id LIMIT ?", run_columns(reading.database)));
  std::int64_t last = -1;
  std::int64_t read = kRunsAtOnce;
  while (read == kRunsAtOnce) {
    select.bind(0, last).bind(1, kRunsAtOnce);
    for (read = 0; select.step(); ++read) {
      last = select.integer(kRow);
      add_run(reading, select);
    }
    select.reset();
  }
  // Those that committed nothing are history all the same.
  Statement sessions = reading.database.prepare("SELECT id FROM sessions");
  while (sessions.step())
    session_of(reading, sessions.integer(0));
}

void StoreMerger::refuse_to_mix_precisions(Store& source) {
  for (const std::string& theirs : source.engines()) {
    for (const std::string& own : target_.engines()) {
      if ((theirs == "reference") == (own == "reference")) continue;
      throw StoreError(fmt::format(
          "{} holds results of the engine {}, {} of {} (double and single precision do not mix); "
          "leave one out",
          source.file().string(), theirs, target_.file().string(), own));
    }
  }
}

void StoreMerger::add_run(Source& source, const Statement& row) {
  find_.bind(0, row.text(kRunId));
  if (!find_.step()) {
    insert(source, row);
    ++counts_.added;
  } else if (is_error(row)) {
    ++counts_.present;
  } else if (is_error(find_)) {
    erase(find_.integer(kRow));
    insert(source, row);
    ++counts_.mended;
  } else {
    compare(source, row, find_);
  }
  find_.reset();
}

void StoreMerger::insert(Source& source, const Statement& row) {
  for (int column = 0; column < kSession; ++column)
    insert_run_.bind_column(column, row, column);
  insert_run_.bind(kSession, session_of(source, row.integer(kSession))).bind(kRow, next_row_).run();
  source.probes.bind(0, row.integer(kRow));
  while (source.probes.step()) {
    for (int column = 0; column < kProbeColumns; ++column)
      insert_probe_.bind_column(column, source.probes, column);
    insert_probe_.bind(kProbeColumns, next_row_).run();
  }
  source.probes.reset();
  ++next_row_;
}

void StoreMerger::erase(std::int64_t row) {
  target_.database_.prepare("DELETE FROM probes WHERE run = ?").bind(0, row).run();
  target_.database_.prepare("DELETE FROM runs WHERE id = ?").bind(0, row).run();
}

void StoreMerger::compare(Source& source, const Statement& row, const Statement& own) {
  std::string difference = outcome_difference(own, row);
  if (difference.empty()) difference = probe_difference(source, row, own);
  const bool stays = !source.is_preferred && is_preferred(own, source.store);
  if (difference.empty() || stays) {
    ++counts_.present;
  } else if (source.is_preferred && !is_preferred(own, source.store)) {
    erase(own.integer(kRow));
    insert(source, row);
    ++counts_.replaced;
  } else {
    constexpr std::size_t kMostNamed = 10;
    if (++conflict_count_ > kMostNamed) return;
    conflicts_.push_back({.run_id = own.text(kRunId),
                          .first = origin(own.integer(kRow)),
                          .second = source.store.file(),
                          .difference = std::move(difference)});
  }
}

std::string StoreMerger::probe_difference(Source& source, const Statement& row,
                                          const Statement& own) {
  own_probes_.bind(0, own.integer(kRow));
  source.probes.bind(0, row.integer(kRow));
  std::string difference;
  while (difference.empty()) {
    const bool has_own = own_probes_.step();
    const bool has_theirs = source.probes.step();
    if (has_own != has_theirs) difference = "the number of probes";
    if (!has_own || !has_theirs) break;
    for (int column = 0; column < kComparedProbeColumns && difference.empty(); ++column) {
      if (own_probes_.equals(column, source.probes, column)) continue;
      difference = fmt::format("{} of the probe at step {} ({} and {})", kProbe[column],
                               own_probes_.shown(0), own.text(kEngine), row.text(kEngine));
    }
  }
  own_probes_.reset();
  source.probes.reset();
  return difference;
}

/// Whether what the target holds is what another store, a preferred one, holds: preferred stores
/// come first, and have won.
bool StoreMerger::is_preferred(const Statement& own, const Store& other_than) const {
  const auto holds = [&](Store* store) {
    if (store == &other_than) return false;
    if (store == &target_) return origin(own.integer(kRow)) == target_.file();
    Statement find =
        store->database_.prepare("SELECT 1 FROM runs WHERE run_id = ? AND status <> ?");
    return find.bind(0, own.text(kRunId)).bind(1, to_string(RunStatus::error)).step();
  };
  return std::any_of(preferred_.begin(), preferred_.end(), holds);
}

/// The target's session for one of the source, which it may have already.
std::int64_t StoreMerger::session_of(Source& source, std::int64_t id) {
  const auto known = source.sessions.find(id);
  if (known != source.sessions.end()) return known->second;
  Statement theirs = source.database.prepare(
      "SELECT started_at, host, process, version, ended_at FROM sessions WHERE id = ?");
  theirs.bind(0, id);
  if (!theirs.step()) {
    throw StoreError(fmt::format("{} is damaged (a run belongs to no session); restore a copy",
                                 source.store.file().string()));
  }
  Database& target = target_.database_;
  Statement find = target.prepare(
      "SELECT id FROM sessions WHERE started_at = ? AND host = ? AND process = ? AND version = ?");
  Statement insert = target.prepare(
      "INSERT INTO sessions(started_at, host, process, version, ended_at) VALUES(?, ?, ?, ?, ?)");
  Statement end = target.prepare("UPDATE sessions SET ended_at = ? WHERE id = ?");
  for (int column = 0; column < 4; ++column) {
    find.bind_column(column, theirs, column);
    insert.bind_column(column, theirs, column);
  }
  std::int64_t own = 0;
  if (find.step()) {
    own = find.integer(0);
    find.reset();
    if (!theirs.is_null(4)) end.bind_column(0, theirs, 4).bind(1, own).run();
  } else {
    insert.bind_column(4, theirs, 4).run();
    own = target.last_insert_id();
  }
  source.sessions.emplace(id, own);
  return own;
}

const std::filesystem::path& StoreMerger::origin(std::int64_t row) const {
  const auto after = std::find_if(origins_.rbegin(), origins_.rend(),
                                  [&](const auto& entry) { return entry.first <= row; });
  return after->second;
}

void StoreMerger::commit() {
  transaction_.commit();
}

}  // namespace vnsweep
