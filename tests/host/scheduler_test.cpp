#include "host/schedule/scheduler.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>

#include "host/plan/run_identity.hpp"
#include "host/task/data_error.hpp"
#include "host/task/task.hpp"
#include "tests/host/fake_worker.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using testing::complete_all;
using testing::FakeWorker;

class SchedulerTest : public ::testing::Test {
 protected:
  BatchPlan batches(std::size_t runs_per_batch) const {
    return BatchPlan(RunTable(runs_), {.max_cost = 1e300, .max_runs = runs_per_batch});
  }

  void add_worker(const std::string& name, FakeWorker::Behaviour behaviour,
                  FakeWorker::Takes takes = nullptr) {
    workers_.push_back(std::make_shared<FakeWorker>(name, std::move(behaviour), std::move(takes)));
  }

  ScheduleOutcome run(BatchPlan planned) {
    return run_schedule(
        std::move(planned), workers_,
        [this](RunResult result) {
          const std::scoped_lock lock(mutex_);
          results_.push_back(std::move(result));
        },
        stop_.get_token());
  }

  std::multiset<std::string> reported() const {
    std::multiset<std::string> ids;
    for (const RunResult& result : results_)
      ids.insert(run_id(result.spec));
    return ids;
  }

  std::multiset<std::string> expected() const {
    std::multiset<std::string> ids;
    for (const RunSpec& spec : runs_)
      ids.insert(run_id(spec));
    return ids;
  }

  std::vector<RunSpec> runs_ = testing::runs_of("{depth: [1, 2, 3], width: 2, seed: {count: 10}}");
  std::vector<std::shared_ptr<Worker>> workers_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::vector<RunResult> results_;
};

TEST_F(SchedulerTest, EveryRunIsReportedOnceByAnyNumberOfWorkers) {
  for (int k = 0; k < 4; ++k)
    add_worker("w", complete_all);

  const ScheduleOutcome outcome = run(batches(4));

  EXPECT_EQ(reported(), expected());
  EXPECT_FALSE(outcome.interrupted);
  EXPECT_EQ(outcome.unfinished_runs, 0U);
}

TEST_F(SchedulerTest, ABatchThatDoesNotFitIsSplitUntilItDoes) {
  std::atomic<int> refused{0};
  add_worker("small",
             [&](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
               if (batch.runs.size() > 2) {
                 ++refused;
                 throw DeviceOutOfMemory("too large");
               }
               return complete_all(batch, sink, stop);
             });

  run(batches(30));

  EXPECT_GT(refused, 0);
  EXPECT_EQ(reported(), expected());
  for (const RunResult& result : results_)
    EXPECT_EQ(result.status, RunStatus::succeeded);
}

TEST_F(SchedulerTest, AWorkerIsGivenAsMuchOfABatchAsItTakesAndTheRestIsNotCutUp) {
  std::vector<std::size_t> sizes;
  const auto record = [&sizes](const PlannedBatch& batch, const ResultSink& sink,
                               const std::stop_token& stop) {
    sizes.push_back(batch.runs.size());
    return complete_all(batch, sink, stop);
  };
  std::size_t room = 8;
  add_worker("gpu", record, [&room](const PlannedBatch& batch) {
    const bool fits = batch.runs.size() <= room;
    if (fits) room = 100;  // somebody else gave up memory
    return fits;
  });

  run(batches(30));

  EXPECT_EQ(reported(), expected());
  EXPECT_THAT(sizes, ElementsAre(8, 22));
}

TEST_F(SchedulerTest, SlowWorkersTakeLittleOfWhatWasCutForFastOnes) {
  std::latch slow_has_one{1};
  std::atomic<std::size_t> most{0};
  add_worker(
      "cpu",
      [&](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
        most = std::max(most.load(), batch.runs.size());
        if (!slow_has_one.try_wait()) slow_has_one.count_down();
        return complete_all(batch, sink, stop);
      },
      [](const PlannedBatch& batch) { return batch.runs.size() <= 2; });
  add_worker("gpu",
             [&](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
               slow_has_one.wait();  // there is another batch for it
               return complete_all(batch, sink, stop);
             });

  run(batches(15));

  EXPECT_EQ(reported(), expected());
  EXPECT_EQ(most, 2U);
}

TEST_F(SchedulerTest, ADeviceThatIsLostWhenAskedForRoomGivesItsBatchBack) {
  add_worker("broken", complete_all, [](const PlannedBatch&) -> bool { throw DeviceLost("gone"); });

  const ScheduleOutcome outcome = run(batches(30));

  EXPECT_TRUE(results_.empty());
  EXPECT_EQ(outcome.unfinished_runs, runs_.size());
  EXPECT_THAT(outcome.lost_devices, ElementsAre(LostDevice{"broken", "gone"}));
}

TEST_F(SchedulerTest, ASingleRunIsTriedEvenIfItWouldNotFit) {
  add_worker(
      "full",
      [](const PlannedBatch&, const ResultSink&, const std::stop_token&) -> BatchStatus {
        throw DeviceOutOfMemory("no room at all");
      },
      [](const PlannedBatch&) { return false; });

  run(batches(30));

  EXPECT_EQ(reported(), expected());
  for (const RunResult& result : results_)
    EXPECT_EQ(result.error, "no room at all");
}

TEST_F(SchedulerTest, ASingleRunThatDoesNotFitIsAnErrorOfThatRunAlone) {
  const std::string culprit = run_id(runs_[7]);
  add_worker("small",
             [&](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
               for (const RunSpec& spec : batch.runs) {
                 if (run_id(spec) == culprit) throw DeviceOutOfMemory("needs 900 GiB");
               }
               return complete_all(batch, sink, stop);
             });

  const ScheduleOutcome outcome = run(batches(30));

  EXPECT_EQ(reported(), expected());
  EXPECT_EQ(outcome.unfinished_runs, 0U);
  for (const RunResult& result : results_) {
    if (run_id(result.spec) == culprit) {
      EXPECT_EQ(result.status, RunStatus::error);
      EXPECT_THAT(result.error, HasSubstr("needs 900 GiB"));
    } else {
      EXPECT_EQ(result.status, RunStatus::succeeded);
    }
  }
}

TEST_F(SchedulerTest, RunsReportedBeforeAFailureAreNotRunAgain) {
  std::atomic<bool> failed{false};
  add_worker("w",
             [&](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
               if (!failed.exchange(true)) {
                 sink(testing::result_of(batch.runs[0], RunStatus::succeeded));
                 sink(testing::result_of(batch.runs[5], RunStatus::failed));
                 throw std::runtime_error("later");
               }
               return complete_all(batch, sink, stop);
             });

  run(batches(30));

  EXPECT_EQ(reported(), expected());
}

TEST_F(SchedulerTest, ALostDeviceGivesItsBatchToTheOthers) {
  std::latch broken{1};
  add_worker("broken",
             [&](const PlannedBatch& batch, const ResultSink& sink,
                 const std::stop_token& /*stop*/) -> BatchStatus {
               sink(testing::result_of(batch.runs[0], RunStatus::succeeded));
               broken.count_down();
               throw DeviceLost("unspecified launch failure");
             });
  add_worker("sound",
             [&](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
               broken.wait();
               return complete_all(batch, sink, stop);
             });

  const ScheduleOutcome outcome = run(batches(5));

  EXPECT_EQ(reported(), expected());
  EXPECT_THAT(outcome.lost_devices,
              ElementsAre(LostDevice{"broken", "unspecified launch failure"}));
  EXPECT_EQ(outcome.unfinished_runs, 0U);
}

TEST_F(SchedulerTest, WithEveryDeviceLostTheRestIsUnfinished) {
  add_worker("broken",
             [](const PlannedBatch&, const ResultSink&, const std::stop_token&) -> BatchStatus {
               throw DeviceLost("gone");
             });

  const ScheduleOutcome outcome = run(batches(5));

  EXPECT_TRUE(results_.empty());
  EXPECT_EQ(outcome.unfinished_runs, runs_.size());
  EXPECT_THAT(outcome.lost_devices, ElementsAre(LostDevice{"broken", "gone"}));
  EXPECT_FALSE(outcome.interrupted);
}

TEST_F(SchedulerTest, WhateverAWorkerThrowsIsAnErrorOfTheRunAtFaultAlone) {
  const std::string culprit = run_id(runs_[7]);
  add_worker("odd",
             [&](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
               for (const RunSpec& spec : batch.runs) {
                 if (run_id(spec) == culprit) throw 42;  // no std::exception
               }
               return complete_all(batch, sink, stop);
             });

  run(batches(30));

  EXPECT_EQ(reported(), expected());
  for (const RunResult& result : results_) {
    EXPECT_EQ(result.status == RunStatus::error, run_id(result.spec) == culprit);
    EXPECT_EQ(result.error.empty(), run_id(result.spec) != culprit);
  }
}

TEST_F(SchedulerTest, AStopEndsBatchesInFlightAndLeavesTheQueue) {
  add_worker(
      "w", [&](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
        sink(testing::result_of(batch.runs[0], RunStatus::succeeded));
        stop_.request_stop();
        return stop.stop_requested() ? BatchStatus::interrupted : complete_all(batch, sink, stop);
      });

  const ScheduleOutcome outcome = run(batches(5));

  EXPECT_TRUE(outcome.interrupted);
  EXPECT_EQ(results_.size(), 1U);
  EXPECT_EQ(outcome.unfinished_runs, runs_.size() - 1);
}

TEST_F(SchedulerTest, DataThatCannotBeReadEndTheScheduleAndAreNoErrorOfARun) {
  const auto fail = [](const PlannedBatch&, const ResultSink&,
                       const std::stop_token&) -> BatchStatus {
    throw DataError("t.csv: no such file");
  };
  add_worker("a", fail);
  add_worker("b", fail);

  EXPECT_THROW(run(batches(5)), DataError);

  EXPECT_TRUE(results_.empty());
}

TEST_F(SchedulerTest, WhatTheSinkThrowsEndsTheScheduleAndComesBack) {
  add_worker("a", complete_all);
  add_worker("b", complete_all);

  EXPECT_THROW(
      run_schedule(
          batches(5), workers_, [](const RunResult&) { throw std::runtime_error("disk full"); },
          stop_.get_token()),
      std::runtime_error);
}

}  // namespace
}  // namespace vnsweep
