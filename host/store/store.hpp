#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "host/plan/shard.hpp"
#include "host/schedule/run_result.hpp"
#include "host/store/sqlite.hpp"

namespace vnsweep {

/// One row of the table of runs.
struct StoredRun {
  std::int64_t row = 0;
  std::string run_id;
  std::string config;  ///< canonical JSON of the RunSpec
  RunSpec spec;        ///< parsed from `config`
  RunStatus status = RunStatus::error;
  std::string cause;  ///< empty unless failed
  std::int64_t steps = 0;
  double loss = 0.0;
  double accuracy = 0.0;
  double vni_initial = 0.0;  ///< last hidden layer at step 0; NaN without a live node
  double vni_final = 0.0;    ///< last hidden layer at the end
  double n_eff_final = 0.0;
  double log10_gradient_ratio = 0.0;  ///< log10(g_1 / g_L) at the end
  /// m_1 and local VNI of the last hidden layer at step 0; NaN if they were not measured.
  double m1_initial = std::numeric_limits<double>::quiet_NaN();
  double local_vni_initial = std::numeric_limits<double>::quiet_NaN();
  std::string error;
  std::string engine;
  std::string device;
  double seconds = 0.0;
  std::string finished_at;  ///< UTC, ISO 8601
};

/// One row of the table of probes: arrays over the hidden layers 1..depth.
struct StoredProbe {
  std::int64_t step = 0;
  std::vector<double> vni;  ///< NaN where no node is live
  std::vector<double> live;
  std::vector<double> n_eff;
  std::vector<double> effective_rank;
  std::vector<double> q;
  std::vector<double> gradient_rms;
  std::vector<double> m1;  ///< Jacobian moments; empty if not measured
  std::vector<double> m2;
  std::vector<double> local_vni;
  std::optional<std::vector<std::vector<float>>> spectrum;  ///< per layer; empty if not kept
};

/// Facts of one invocation of `run`.
struct Session {
  std::string started_at;
  std::string ended_at;  ///< empty while it runs, or if it was killed
  std::string host;
  std::string version;
  std::int64_t runs = 0;  ///< committed in this session
};

/// One SQLite file of results. One process writes it; any number read it.
class Store {
 public:
  /// Opens for writing, creating the file if it is not there. Checks an existing file first and
  /// leaves it untouched if it is corrupt, of a newer schema or of other numerics.
  /// @throws StoreError
  static Store open_for_writing(const std::filesystem::path& file);

  /// A store of this process alone, gone with the object.
  static Store in_memory();

  /// Opens for reading. @throws StoreError
  static Store open_for_reading(const std::filesystem::path& file);
  /// The same. @returns nothing if the file has no tables yet, because its writer has just begun
  static std::optional<Store> open_if_filled(const std::filesystem::path& file);

  /// Commits results in one transaction; a run stored before as an error is replaced.
  /// @throws StoreWriteError if the file system refuses; then none of them is stored
  void commit(std::span<const RunResult> results);

  /// What is known of each stored run, by id.
  std::unordered_map<std::string, KnownOutcome> outcomes();
  /// The same one by one, in no memory.
  void visit_outcomes(const std::function<void(const std::string& run, KnownOutcome)>& visit);

  /// Kinds of the engines that made the stored results.
  std::unordered_set<std::string> engines();

  /// Numerics version of the stored results.
  std::string numerics_version();

  /// @throws StoreError, also where a row cannot be what vnsweep wrote
  std::vector<StoredRun> runs();
  /// Probes of one of runs(), by step; every array has run.spec.depth entries.
  /// @throws StoreError, also where a row cannot be what vnsweep wrote
  std::vector<StoredProbe> probes(const StoredRun& run);
  std::vector<Session> sessions();
  /// Runs per second of the session with the newest run; nothing before its second run.
  std::optional<double> latest_rate();

  /// Which part of the sweep its writer makes; nothing if that is the whole sweep.
  void set_shard(const Shard& shard);
  std::optional<Shard> shard();

  void begin_session();
  void end_session();

  /// Lets the file not grow any more: what a full disk does. For tests and quotas.
  void limit_size_to_present();

  const std::filesystem::path& file() const { return database_.file(); }

 private:
  explicit Store(Database database) : database_(std::move(database)) {}
  void insert_run(const RunResult& result);
  void insert_probe(std::int64_t run_row, std::int64_t samples, const Probe& probe,
                    bool with_spectrum);

  Database database_;
  std::int64_t session_ = 0;
  std::chrono::steady_clock::time_point session_start_ = std::chrono::steady_clock::now();
  bool probes_are_checked_ = false;
  friend class StoreMerger;
};

/// RunSpec from its canonical JSON. @throws StoreError if a field is missing or invalid
RunSpec spec_from_text(const std::string& config);

/// Now, UTC, ISO 8601 to the millisecond.
std::string utc_now();

}  // namespace vnsweep
