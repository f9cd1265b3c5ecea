// Workers from which nothing comes any more. Time is what the tests say it is.
#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "host/plan/run_identity.hpp"
#include "host/schedule/scheduler.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): a fixture, never deleted by name
class HangTest : public ::testing::Test {
 protected:
  using Behaviour =
      std::function<BatchStatus(const PlannedBatch&, const ResultSink&, const PhaseListener&)>;

  class FakeWorker final : public Worker {
   public:
    FakeWorker(std::string name, Behaviour behaviour)
        : name_(std::move(name)), behaviour_(std::move(behaviour)) {}
    std::string name() const override { return name_; }
    bool takes(const PlannedBatch& /*batch*/) override { return true; }
    BatchStatus run(const PlannedBatch& batch, const ResultSink& sink,
                    const std::stop_token& /*stop*/, const PhaseListener& phase) override {
      return behaviour_(batch, sink, phase);
    }

   private:
    std::string name_;
    Behaviour behaviour_;
  };

  ~HangTest() override { let_go_of_threads(); }

  void add_worker(const std::string& name, Behaviour behaviour) {
    workers_.push_back(std::make_shared<FakeWorker>(name, std::move(behaviour)));
  }

  ScheduleOutcome run(const ResultSink& sink) {
    HangWatch watch{.patience = 30min};
    const auto watcher = std::this_thread::get_id();
    watch.now = [this, watcher] {
      if (std::this_thread::get_id() == watcher) count_look();
      return Pulse::Clock::time_point(std::chrono::hours(hour_));
    };
    return run_schedule(BatchPlan(RunTable(runs_), {.max_cost = 1e300, .max_runs = 5}), workers_,
                        sink, {}, watch);
  }

  ScheduleOutcome run() {
    return run([this](const RunResult& result) {
      const std::scoped_lock lock(mutex_);
      reported_.insert(run_id(result.spec));
    });
  }

  /// Until somebody has looked twice for workers that hang, the second time after this call.
  void wait_for_looks() {
    const int seen = looks_;
    for (int now = seen; now < seen + 2; now = looks_)
      looks_.wait(now);
  }

  /// An hour passes, and no sign of life until the end of the test.
  void hang() {
    ++hour_;
    may_go_on_.wait(false);
  }

  void let_go_of_threads() {
    may_go_on_ = true;
    may_go_on_.notify_all();
    while (any_thread_hangs())
      std::this_thread::yield();
  }

  static BatchStatus complete_all(const PlannedBatch& batch, const ResultSink& sink) {
    for (const RunSpec& spec : batch.runs)
      sink(testing::result_of(spec, RunStatus::succeeded));
    return BatchStatus::complete;
  }

  std::multiset<std::string> expected() const {
    std::multiset<std::string> ids;
    for (const RunSpec& spec : runs_)
      ids.insert(run_id(spec));
    return ids;
  }

  std::vector<RunSpec> runs_ = testing::runs_of("{depth: 2, width: 2, seed: {count: 20}}");
  std::vector<std::shared_ptr<Worker>> workers_;
  std::atomic<int> hour_{0};
  std::mutex mutex_;
  std::multiset<std::string> reported_;

 private:
  void count_look() {
    ++looks_;
    looks_.notify_all();
  }

  std::atomic<int> looks_{0};
  std::atomic<bool> may_go_on_{false};
};

TEST_F(HangTest, ADeviceThatHangsGivesItsBatchToTheOthersAndDeliversNothingLater) {
  std::atomic<bool> stuck_has_a_batch{false};
  std::atomic<std::size_t> done{0};
  add_worker("stuck", [&](const PlannedBatch& batch, const ResultSink& sink, const auto&) {
    sink(testing::result_of(batch.runs[0], RunStatus::failed));
    stuck_has_a_batch = true;
    stuck_has_a_batch.notify_all();
    for (std::size_t now = done; now < 15; now = done)
      done.wait(now);
    hang();
    return complete_all(batch, sink);
  });
  add_worker("sound",
             [&](const PlannedBatch& batch, const ResultSink& sink, const PhaseListener& phase) {
               stuck_has_a_batch.wait(false);
               const BatchStatus status = complete_all(batch, sink);
               phase(2h);  // not to be taken for one that hangs, too
               done += batch.runs.size();
               done.notify_all();
               return status;
             });

  const ScheduleOutcome outcome = run();
  const bool left_behind = any_thread_hangs();
  let_go_of_threads();

  EXPECT_TRUE(left_behind);
  EXPECT_EQ(reported_, expected());
  EXPECT_EQ(outcome.unfinished_runs, 0U);
  ASSERT_EQ(outcome.lost_devices.size(), 1U);
  EXPECT_EQ(outcome.lost_devices[0].name, "stuck");
  EXPECT_THAT(outcome.lost_devices[0].problem, HasSubstr("nothing came of it for 1800 s"));
}

TEST_F(HangTest, WhenEveryDeviceHangsTheScheduleEndsWithTheRestUnfinished) {
  for (const char* name : {"a", "b"}) {
    add_worker(name, [&](const PlannedBatch& batch, const ResultSink& sink, const auto&) {
      sink(testing::result_of(batch.runs[0], RunStatus::failed));
      hang();
      return BatchStatus::complete;
    });
  }

  const ScheduleOutcome outcome = run();

  EXPECT_EQ(outcome.lost_devices.size(), 2U);
  EXPECT_EQ(outcome.unfinished_runs + reported_.size(), 20U);
  EXPECT_FALSE(outcome.interrupted);
}

TEST_F(HangTest, AnErrorOfAWorkerThatWasGivenUpIsNobodysError) {
  add_worker("stuck", [&](const PlannedBatch&, const ResultSink&, const auto&) -> BatchStatus {
    hang();
    throw DeviceLost("reset at last");
  });

  const ScheduleOutcome outcome = run();
  let_go_of_threads();

  EXPECT_EQ(outcome.lost_devices.size(), 1U);
  EXPECT_EQ(outcome.unfinished_runs, 20U);
  EXPECT_TRUE(reported_.empty());
}

TEST_F(HangTest, APhaseThatWasSaidToTakeLongMay) {
  add_worker("slow",
             [&](const PlannedBatch& batch, const ResultSink& sink, const PhaseListener& phase) {
               phase(1h);
               ++hour_;
               wait_for_looks();
               return complete_all(batch, sink);
             });

  const ScheduleOutcome outcome = run();

  EXPECT_TRUE(outcome.lost_devices.empty());
  EXPECT_EQ(reported_, expected());
}

TEST_F(HangTest, ASlowDiskIsNoHangingDevice) {
  add_worker("sound", [&](const PlannedBatch& batch, const ResultSink& sink, const auto&) {
    return complete_all(batch, sink);
  });
  std::size_t stored = 0;

  const ScheduleOutcome outcome = run([&](const RunResult&) {
    if (++stored > 2) return;
    ++hour_;
    wait_for_looks();
  });

  EXPECT_TRUE(outcome.lost_devices.empty());
  EXPECT_EQ(stored, 20U);
}

}  // namespace
}  // namespace vnsweep
