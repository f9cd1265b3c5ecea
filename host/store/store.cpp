#include "host/store/store.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <functional>

#include "build_info.hpp"
#include "host/plan/run_identity.hpp"
#include "host/store/schema.hpp"
#include "host/store/stored_rows.hpp"

namespace vnsweep {
namespace {

static_assert(std::endian::native == std::endian::little, "blobs are stored little-endian");

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

template <class ValueOf>
std::vector<double> per_layer(const Probe& probe, ValueOf value_of) {
  std::vector<double> values;
  values.reserve(probe.layers.size());
  for (const LayerProbe& layer : probe.layers)
    values.push_back(std::invoke(value_of, layer));
  return values;
}

/// One moment of the Jacobians of all layers, which were measured.
std::vector<double> per_layer(const Probe& probe, double JacobianMoments::*moment) {
  return per_layer(probe, [=](const LayerProbe& layer) { return *layer.jacobian.*moment; });
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

}  // namespace

std::string utc_now() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto whole = std::chrono::floor<std::chrono::seconds>(now);
  const std::tm calendar = fmt::gmtime(std::chrono::system_clock::to_time_t(whole));
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", calendar, (now - whole).count());
}

Store Store::open_for_writing(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_symlink(file, ignored)) {
    throw StoreError(
        fmt::format("{} is a symbolic link, and what is written there would land elsewhere; put "
                    "the file in its place or choose another directory with -o",
                    file.string()));
  }
  const bool exists =
      std::filesystem::exists(file, ignored) && std::filesystem::file_size(file, ignored) > 0;
  const bool interrupted_commit = std::filesystem::exists(file.string() + "-journal", ignored);
  // An interrupted commit has to be rolled back before the file can be judged.
  if (exists && !interrupted_commit) {
    Database untouched(file, Database::Mode::read_only);
    check_version(untouched);
    check_file(untouched);
    check_numerics(untouched);
  }
  Store store{Database(file, Database::Mode::create)};
  Database& database = store.database_;
  // A rollback journal works on network file systems, where a write-ahead log does not.
  database.query_text("PRAGMA journal_mode = DELETE");
  database.execute("PRAGMA synchronous = FULL");
  database.execute("PRAGMA foreign_keys = ON");
  const bool empty = database.query_integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (empty) {
    create_schema(database);
  } else {
    check_version(database);
    if (interrupted_commit) check_file(database);
    check_numerics(database);
    upgrade_schema(database);
  }
  return store;
}

Store Store::in_memory() {
  Store store{Database(":memory:", Database::Mode::create)};
  create_schema(store.database_);
  store.begin_session();
  return store;
}

std::optional<Store> Store::open_if_filled(const std::filesystem::path& file) {
  // Rolling back an interrupted commit takes write access; without it a clean file still reads.
  const bool writable = access(file.c_str(), W_OK) == 0;
  Store store{Database(file, writable ? Database::Mode::read_write : Database::Mode::read_only)};
  store.database_.execute("PRAGMA query_only = ON");
  if (store.database_.query_integer("SELECT count(*) FROM sqlite_schema") == 0) return std::nullopt;
  check_version(store.database_);
  for (const char* table : {"meta", "sessions", "runs"})
    check_table(store.database_, table);
  return store;
}

Store Store::open_for_reading(const std::filesystem::path& file) {
  std::optional<Store> store = open_if_filled(file);
  if (!store) {
    throw StoreError(
        fmt::format("{} holds no results yet; run the sweep's command again", file.string()));
  }
  return std::move(*store);
}

void Store::set_shard(const Shard& shard) {
  database_.prepare("INSERT OR REPLACE INTO meta VALUES('shard', ?)")
      .bind(0, to_string(shard))
      .run();
}

std::optional<Shard> Store::shard() {
  Statement select = database_.prepare("SELECT value FROM meta WHERE key = 'shard'");
  return select.step() ? parse_shard(select.text(0)) : std::nullopt;
}

void Store::begin_session() {
  Transaction transaction(database_);
  database_.prepare("INSERT INTO sessions(started_at, host, process, version) VALUES(?, ?, ?, ?)")
      .bind(0, utc_now())
      .bind(1, host_name())
      .bind(2, static_cast<std::int64_t>(getpid()))
      .bind(3, fmt::format("{} ({})", build::kVersion, build::kCommit))
      .run();
  session_ = database_.last_insert_id();
  session_start_ = std::chrono::steady_clock::now();
  transaction.commit();
}

void Store::end_session() {
  Transaction transaction(database_);
  database_.prepare("UPDATE sessions SET ended_at = ? WHERE id = ?")
      .bind(0, utc_now())
      .bind(1, session_)
      .run();
  transaction.commit();
}

void Store::commit(std::span<const RunResult> results) {
  Transaction transaction(database_);
  for (const RunResult& result : results)
    insert_run(result);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - session_start_;
  database_.prepare("UPDATE sessions SET seconds = ? WHERE id = ?")
      .bind(0, elapsed.count())
      .bind(1, session_)
      .run();
  transaction.commit();
}

void Store::insert_run(const RunResult& result) {
  const std::string id = run_id(result.spec);
  database_.prepare("DELETE FROM runs WHERE run_id = ? AND status = 'error'").bind(0, id).run();
  Statement insert = database_.prepare(
      "INSERT INTO runs(run_id, config, status, cause, steps, loss, accuracy, vni_initial, "
      "vni_final, n_eff_final, log10_gradient_ratio, error, engine, device, seconds, finished_at, "
      "session, m1_initial, local_vni_initial, checksum) "
      "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,"
      "row_checksum(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?18,?19))");
  insert.bind(0, id).bind(1, spec_text(result.spec)).bind(2, to_string(result.status));
  if (result.cause) insert.bind(3, to_string(*result.cause));
  if (result.status == RunStatus::error) {
    insert.bind(11, result.error);
  } else {
    insert.bind(4, result.steps.value()).bind(5, result.loss).bind(6, result.accuracy);
    const Probe& first = result.probes.front();
    const Probe& last = result.probes.back();
    insert.bind(7, first.layers.back().vni)
        .bind(8, last.layers.back().vni)
        .bind(9, last.layers.back().n_eff)
        .bind(10, log10_gradient_ratio(last));
    if (const auto& jacobian = first.layers.back().jacobian) {
      insert.bind(17, jacobian->m1).bind(18, jacobian->local_vni);
    }
  }
  insert.bind(12, result.engine)
      .bind(13, result.device)
      .bind(14, result.seconds)
      .bind(15, utc_now())
      .bind(16, session_)
      .run();

  const std::int64_t row = database_.last_insert_id();
  for (std::size_t k = 0; k < result.probes.size(); ++k) {
    const bool is_end = k == 0 || k + 1 == result.probes.size();
    const bool keep = result.spec.spectrum == SpectrumStorage::all ||
                      (result.spec.spectrum == SpectrumStorage::ends && is_end);
    insert_probe(row, result.spec.probe_samples, result.probes[k], keep);
  }
}

void Store::insert_probe(std::int64_t run_row, std::int64_t samples, const Probe& probe,
                         bool with_spectrum) {
  Statement insert = database_.prepare(
      "INSERT INTO probes(run, step, samples, vni, live, n_eff, effective_rank, q, gradient_rms, "
      "spectrum, m1, m2, local_vni, checksum) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,"
      "row_checksum(?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13))");
  insert.bind(0, run_row)
      .bind(1, probe.step.value())
      .bind(2, samples)
      .bind_blob(3, bytes_of(per_layer(probe, &LayerProbe::vni)))
      .bind_blob(4, bytes_of(per_layer(probe, &LayerProbe::live)))
      .bind_blob(5, bytes_of(per_layer(probe, &LayerProbe::n_eff)))
      .bind_blob(6, bytes_of(per_layer(probe, &LayerProbe::effective_rank)))
      .bind_blob(7, bytes_of(per_layer(probe, &LayerProbe::q)))
      .bind_blob(8, bytes_of(per_layer(probe, &LayerProbe::gradient_rms)));
  if (with_spectrum) {
    std::vector<float> eigenvalues;
    for (const LayerProbe& layer : probe.layers) {
      eigenvalues.insert(eigenvalues.end(), layer.spectrum.begin(), layer.spectrum.end());
    }
    insert.bind_blob(9, bytes_of(eigenvalues));
  }
  if (probe.layers.front().jacobian) {
    insert.bind_blob(10, bytes_of(per_layer(probe, &JacobianMoments::m1)))
        .bind_blob(11, bytes_of(per_layer(probe, &JacobianMoments::m2)))
        .bind_blob(12, bytes_of(per_layer(probe, &JacobianMoments::local_vni)));
  }
  insert.run();
}

std::unordered_map<std::string, KnownOutcome> Store::outcomes() {
  std::unordered_map<std::string, KnownOutcome> outcomes;
  visit_outcomes(
      [&](const std::string& run, KnownOutcome outcome) { outcomes.emplace(run, outcome); });
  return outcomes;
}

void Store::visit_outcomes(const std::function<void(const std::string&, KnownOutcome)>& visit) {
  Statement select = database_.prepare(
      fmt::format("SELECT run_id, status, {} FROM runs", checksum_test(database_, kRunContent)));
  while (select.step()) {
    check_row(database_, select.integer(2) != 0, "run " + select.text(0));
    visit(select.text(0), known_outcome(status_from_text(select.text(1))));
  }
}

std::unordered_set<std::string> Store::engines() {
  std::unordered_set<std::string> engines;
  Statement select = database_.prepare("SELECT DISTINCT engine FROM runs WHERE status <> 'error'");
  while (select.step())
    engines.insert(select.text(0));
  return engines;
}

std::string Store::numerics_version() {
  return read_numerics(database_);
}

std::vector<StoredRun> Store::runs() {
  std::vector<StoredRun> rows;
  Statement select = database_.prepare(select_runs_text(database_));
  while (select.step()) {
    check_row(database_, select.integer(kRunChecksumColumn) != 0, "run " + select.text(1));
    rows.push_back(read_run(select, file()));
  }
  return rows;
}

std::vector<StoredProbe> Store::probes(const StoredRun& run) {
  // Most of the file, so not before it is needed.
  if (!probes_are_checked_) check_table(database_, "probes");
  probes_are_checked_ = true;
  std::vector<StoredProbe> rows;
  Statement select = database_.prepare(select_probes_text(database_));
  select.bind(0, run.row);
  while (select.step()) {
    check_row(database_, select.integer(kProbeChecksumColumn) != 0,
              fmt::format("the probe at step {} of run {}", select.integer(0), run.run_id));
    rows.push_back(read_probe(select, run.spec, file()));
  }
  return rows;
}

std::vector<Session> Store::sessions() {
  std::vector<Session> rows;
  Statement select = database_.prepare(
      "SELECT started_at, ended_at, host, version, "
      "(SELECT count(*) FROM runs WHERE runs.session = sessions.id) FROM sessions ORDER BY id");
  while (select.step()) {
    rows.push_back({.started_at = select.text(0),
                    .ended_at = select.text(1),
                    .host = select.text(2),
                    .version = select.text(3),
                    .runs = select.integer(4)});
  }
  return rows;
}

void Store::limit_size_to_present() {
  const std::int64_t pages = database_.query_integer("PRAGMA page_count");
  database_.query_integer(fmt::format("PRAGMA max_page_count = {}", pages));
}

std::optional<double> Store::latest_rate() {
  Statement select = database_.prepare(
      fmt::format("SELECT count(*), {} FROM runs JOIN sessions ON sessions.id = runs.session "
                  "WHERE session = (SELECT max(session) FROM runs)",
                  session_seconds(database_)));
  if (!select.step() || select.integer(0) < 2 || !(select.real(1) > 0.0)) return std::nullopt;
  return static_cast<double>(select.integer(0)) / select.real(1);
}

}  // namespace vnsweep
