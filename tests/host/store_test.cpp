#include "host/store/store.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>

#include "host/plan/run_identity.hpp"
#include "host/store/result_writer.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class StoreTest : public ::testing::Test {
 protected:
  std::filesystem::path file() const { return directory_.path() / "runs-0.db"; }

  void fill(const std::vector<RunResult>& results) const {
    Store store = Store::open_for_writing(file());
    store.begin_session();
    store.commit(results);
    store.end_session();
  }

  std::string open_error() const {
    try {
      Store::open_for_writing(file());
    } catch (const StoreError& e) {
      return e.what();
    }
    return "no error";
  }

  std::string bytes() const {
    std::ifstream stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  void execute(const char* sql) const { Database(file(), Database::Mode::read_write).execute(sql); }

  testing::TemporaryDirectory directory_;
  std::vector<RunSpec> specs_ = testing::runs_of("{depth: 3, width: 2, seed: {count: 5}}");
};

TEST_F(StoreTest, AResultReadsBackAsItWasWritten) {
  const RunResult written = testing::result_of(specs_[1], RunStatus::failed);
  fill({written});

  Store store = Store::open_for_reading(file());
  const std::vector<StoredRun> runs = store.runs();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].run_id, run_id(written.spec));
  EXPECT_EQ(runs[0].spec, written.spec);
  EXPECT_EQ(runs[0].status, RunStatus::failed);
  EXPECT_EQ(runs[0].cause, "walking_dead");
  EXPECT_EQ(runs[0].steps, 50);
  EXPECT_EQ(runs[0].loss, 0.25);
  EXPECT_EQ(runs[0].vni_initial, 0.5);
  EXPECT_EQ(runs[0].vni_final, 0.75);
  EXPECT_EQ(runs[0].log10_gradient_ratio, -2.0);

  const std::vector<StoredProbe> probes = store.probes(runs[0]);
  ASSERT_EQ(probes.size(), 2U);
  EXPECT_EQ(probes[1].step, 50);
  EXPECT_THAT(probes[1].vni, ElementsAre(0.75, 0.75, 0.75));
  EXPECT_THAT(probes[1].gradient_rms, ElementsAre(10.0, 100.0, 1000.0));
  ASSERT_TRUE(probes[1].spectrum);
  EXPECT_THAT((*probes[1].spectrum)[2], ElementsAre(1.75F, 0.25F));
}

TEST_F(StoreTest, MissingIndicatorsStayMissing) {
  RunResult result = testing::result_of(specs_[0], RunStatus::failed);
  result.probes.back().layers.back() = LayerProbe{};
  fill({result});

  Store store = Store::open_for_reading(file());
  const StoredRun run = store.runs()[0];

  EXPECT_TRUE(std::isnan(run.vni_final));
  EXPECT_EQ(run.n_eff_final, 0.0);
  const StoredProbe probe = store.probes(run)[1];
  EXPECT_TRUE(std::isnan(probe.vni[2]));
  EXPECT_TRUE((*probe.spectrum)[2].empty());
}

TEST_F(StoreTest, SpectraAreKeptAsTheManifestAsks) {
  for (const auto& [storage, first, middle] : {std::tuple{SpectrumStorage::all, true, true},
                                               std::tuple{SpectrumStorage::ends, true, false},
                                               std::tuple{SpectrumStorage::none, false, false}}) {
    std::filesystem::remove(file());
    RunResult result = testing::result_of(specs_[0], RunStatus::succeeded);
    result.spec.spectrum = storage;
    result.probes.insert(result.probes.begin() + 1, result.probes[0]);
    result.probes[1].step = StepCount(10);
    fill({result});

    Store store = Store::open_for_reading(file());
    const auto probes = store.probes(store.runs()[0]);

    EXPECT_EQ(probes[0].spectrum.has_value(), first);
    EXPECT_EQ(probes[1].spectrum.has_value(), middle);
    EXPECT_EQ(probes[2].spectrum.has_value(), first);
  }
}

TEST_F(StoreTest, ErrorsAreTriedAgainAndReplacedByResults) {
  fill({testing::result_of(specs_[0], RunStatus::error),
        testing::result_of(specs_[1], RunStatus::failed)});
  {
    Store store = Store::open_for_reading(file());
    EXPECT_THAT(store.outcomes(),
                UnorderedElementsAre(Pair(run_id(specs_[0]), KnownOutcome::error),
                                     Pair(run_id(specs_[1]), KnownOutcome::failed)));
  }

  fill({testing::result_of(specs_[0], RunStatus::succeeded)});

  Store store = Store::open_for_reading(file());
  EXPECT_THAT(store.outcomes(), Contains(Pair(run_id(specs_[0]), KnownOutcome::succeeded)));
  EXPECT_EQ(store.runs().size(), 2U);
}

TEST_F(StoreTest, ACommitIsAllOrNothing) {
  fill({testing::result_of(specs_[0], RunStatus::succeeded)});
  Store store = Store::open_for_writing(file());
  store.begin_session();

  // The second result repeats a stored run, which the database refuses.
  EXPECT_THROW(store.commit(std::vector{testing::result_of(specs_[1], RunStatus::succeeded),
                                        testing::result_of(specs_[0], RunStatus::succeeded)}),
               StoreError);

  EXPECT_EQ(store.runs().size(), 1U);
}

TEST_F(StoreTest, CorruptFilesAreNamedAndLeftUntouched) {
  std::ofstream(file(), std::ios::binary) << std::string(5000, 'x');
  const std::string before = bytes();

  EXPECT_THAT(open_error(),
              ::testing::AllOf(HasSubstr("runs-0.db is corrupt"), HasSubstr("left untouched")));
  EXPECT_EQ(bytes(), before);
}

TEST_F(StoreTest, ATornPageIsFoundAndLeftUntouched) {
  std::vector<RunResult> results;
  for (const RunSpec& spec : testing::runs_of("{depth: 30, width: 2, seed: {count: 60}}")) {
    results.push_back(testing::result_of(spec, RunStatus::succeeded));
  }
  fill(results);
  {
    std::fstream stream(file(), std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(4096 * 6);
    stream << std::string(4096, '\x5a');
  }
  const std::string before = bytes();

  EXPECT_THAT(open_error(), HasSubstr("is corrupt"));
  EXPECT_EQ(bytes(), before);
}

TEST_F(StoreTest, NewerSchemasOtherNumericsAndForeignFilesAreRefused) {
  fill({});
  execute("PRAGMA user_version = 99");
  EXPECT_THAT(open_error(), HasSubstr("has schema 99, this vnsweep reads schemas up to 3"));
  EXPECT_THROW(Store::open_for_reading(file()), StoreError);

  execute("PRAGMA user_version = 3");
  execute("UPDATE meta SET value = '77' WHERE key = 'numerics_version'");
  EXPECT_THAT(open_error(), HasSubstr("numerics version 77"));

  execute("PRAGMA application_id = 5");
  EXPECT_THAT(open_error(), HasSubstr("is not a vnsweep database"));
}

TEST_F(StoreTest, JacobianMomentsReadBackWhereTheyWereMeasured) {
  RunResult measured = testing::result_of(specs_[0], RunStatus::failed);
  for (Probe& probe : measured.probes) {
    for (std::size_t l = 0; l < probe.layers.size(); ++l) {
      const double x = probe.step.value() == 0 ? 1.0 : 2.0;
      probe.layers[l].jacobian = {.m1 = x, .m2 = 10.0 * x, .local_vni = 0.25 * x};
    }
    probe.layers.back().jacobian->m1 = std::nan("");
  }
  measured.probes.front().layers.back().jacobian->m1 = 0.75;
  fill({measured, testing::result_of(specs_[1], RunStatus::failed)});

  Store store = Store::open_for_reading(file());
  const std::vector<StoredRun> runs = store.runs();
  const StoredProbe last = store.probes(runs[0]).back();

  EXPECT_EQ(runs[0].m1_initial, 0.75);
  EXPECT_EQ(runs[0].local_vni_initial, 0.25);
  EXPECT_THAT(last.m1, ElementsAre(2.0, 2.0, ::testing::IsNan()));
  EXPECT_THAT(last.m2, ElementsAre(20.0, 20.0, 20.0));
  EXPECT_THAT(last.local_vni, ElementsAre(0.5, 0.5, 0.5));
  EXPECT_TRUE(std::isnan(runs[1].m1_initial));
  EXPECT_TRUE(store.probes(runs[1]).back().m1.empty());
}

TEST_F(StoreTest, AnOlderSchemaIsReadAsItIsAndBroughtUpToDateByAWriter) {
  fill({testing::result_of(specs_[0], RunStatus::failed)});
  for (const char* column : {"m1_initial", "local_vni_initial", "checksum"}) {
    execute(("ALTER TABLE runs DROP COLUMN " + std::string(column)).c_str());
  }
  for (const char* column : {"m1", "m2", "local_vni", "checksum"}) {
    execute(("ALTER TABLE probes DROP COLUMN " + std::string(column)).c_str());
  }
  execute("ALTER TABLE sessions DROP COLUMN seconds");
  execute("PRAGMA user_version = 1");
  const std::string before = bytes();

  {
    Store reader = Store::open_for_reading(file());
    const std::vector<StoredRun> runs = reader.runs();
    EXPECT_TRUE(std::isnan(runs.at(0).m1_initial));
    EXPECT_THAT(reader.probes(runs[0]).back().vni, ElementsAre(0.75, 0.75, 0.75));
  }
  EXPECT_EQ(bytes(), before);
  fill({testing::result_of(specs_[1], RunStatus::failed)});

  EXPECT_EQ(Store::open_for_reading(file()).runs().size(), 2U);
}

TEST_F(StoreTest, WritesToAReaderAreRefused) {
  fill({});
  Store store = Store::open_for_reading(file());

  EXPECT_THROW(store.commit(std::vector{testing::result_of(specs_[0], RunStatus::succeeded)}),
               StoreError);
}

TEST_F(StoreTest, AFullFileSystemFailsTheCommitAndKeepsTheRest) {
  fill({testing::result_of(specs_[0], RunStatus::succeeded)});
  Store store = Store::open_for_writing(file());
  store.begin_session();
  // SQLite reports a file at its page limit as a full disk.
  store.limit_size_to_present();
  std::vector<RunResult> results;
  for (const RunSpec& spec : testing::runs_of("{depth: 90, width: 2, seed: {count: 40}}")) {
    results.push_back(testing::result_of(spec, RunStatus::succeeded));
  }

  EXPECT_THROW(store.commit(results), StoreWriteError);

  EXPECT_EQ(store.runs().size(), 1U);
}

TEST_F(StoreTest, TheWriterCommitsEverythingBeforeItCloses) {
  Store store = Store::open_for_writing(file());
  store.begin_session();
  ResultWriter writer(store);
  for (const RunSpec& spec : specs_)
    writer.put(testing::result_of(spec, RunStatus::succeeded));

  writer.close();

  EXPECT_EQ(store.runs().size(), specs_.size());
}

TEST_F(StoreTest, AFailedCommitReachesWhoeverPutsOrCloses) {
  fill({testing::result_of(specs_[0], RunStatus::succeeded)});
  Store store = Store::open_for_writing(file());
  store.begin_session();
  ResultWriter writer(store);

  writer.put(testing::result_of(specs_[0], RunStatus::succeeded));  // stored already

  EXPECT_THROW(writer.close(), StoreError);
}

}  // namespace
}  // namespace vnsweep
