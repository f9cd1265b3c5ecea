// Devices that are lost, throw or hang, from the worker to the exit code. The sound device beside
// them is a real one.
#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "host/cli/run_rounds.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "host/report/export.hpp"
#include "host/schedule/devices.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "tests/faults/fault_fixture.hpp"
#include "tests/host/fake_worker.hpp"

namespace vnsweep {
namespace {

using testing::FakeWorker;
using testing::FaultTest;
using ::testing::HasSubstr;
using testing::Output;

// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): a fixture, never deleted by name
class DeviceTest : public FaultTest {
 protected:
  DeviceTest()
      : manifest_(testing::manifest_with_grid("{depth: 2, width: 3, seed: {count: 20}}")) {}

  ~DeviceTest() override {
    may_go_on_ = true;
    may_go_on_.notify_all();
    while (any_thread_hangs())
      std::this_thread::yield();
  }

  void add_sound_device() {
    workers_.push_back(
        std::make_shared<EngineWorker>(std::make_unique<CpuEngine>(), "cpu", "cpu:0", 1e300));
  }

  /// A processor that leaves something for the faulty device.
  void add_sound_device_beside() {
    workers_.push_back(std::make_shared<FakeWorker>(
        "cpu:0",
        [this](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
          fault_begins_.wait(false);
          EngineWorker worker(std::make_unique<CpuEngine>(), "cpu", "cpu:0", 1e300);
          return worker.run(batch, sink, stop, nullptr);
        }));
  }

  /// A GPU that makes the first run of its first batch and then does what the function says.
  void add_faulty_device(std::function<void()> fault) {
    workers_.push_back(std::make_shared<FakeWorker>(
        "cuda:0",
        [this, fault = std::move(fault)](const PlannedBatch& batch, const ResultSink& sink,
                                         const std::stop_token& stop) {
          CpuEngine engine;
          run_batch(engine, split_batch(batch, 1).first, sink, stop);
          fault_begins_ = true;
          fault_begins_.notify_all();
          fault();
          return BatchStatus::interrupted;
        }));
  }

  ExitCode run_sweep(Store& store) {
    SweepProgress sweep(manifest_, expand_grid(manifest_));
    auto outcomes = store.outcomes();
    std::erase_if(outcomes, [](const auto& run) { return run.second == KnownOutcome::error; });
    sweep.learn(outcomes);
    return run_rounds(sweep, store, std::move(workers_),
                      {.directory = path("d"),
                       .devices = {.cpu_workers = 1, .gpus = {DeviceId(0)}},
                       .watch = {.patience = std::chrono::seconds(2)}});
  }

  static std::string exported_from(Store store) {
    std::ostringstream text;
    std::vector<Store> stores;
    stores.push_back(std::move(store));
    export_runs(stores, ExportFormat::csv, ExportDetail::reproducible, text);
    export_probes(stores, ExportFormat::csv, text);
    return text.str();
  }

  std::string undisturbed() {
    Store store = Store::in_memory();
    std::vector<std::shared_ptr<Worker>> kept = std::move(workers_);
    workers_.clear();
    add_sound_device();
    EXPECT_EQ(run_sweep(store), ExitCode::complete);
    workers_ = std::move(kept);
    return exported_from(std::move(store));
  }

  void expect_that_the_others_make_all() {
    add_sound_device_beside();
    const std::string expected = undisturbed();
    Store store = Store::open_for_writing(path("runs-0.db"));

    EXPECT_EQ(run_sweep(store), ExitCode::complete);

    EXPECT_TRUE(fault_begins_);
    EXPECT_TRUE(exported_from(std::move(store)) == expected);
  }

  void hang() { may_go_on_.wait(false); }

  Manifest manifest_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::atomic<bool> fault_begins_{false};

 private:
  std::atomic<bool> may_go_on_{false};
};

TEST_F(DeviceTest, ALostGpuLeavesItsRunsToTheOthers) {
  add_faulty_device([] { throw DeviceLost("unspecified launch failure"); });

  expect_that_the_others_make_all();
}

TEST_F(DeviceTest, AGpuThatHangsLeavesItsRunsToTheOthers) {
  add_faulty_device([this] { hang(); });

  expect_that_the_others_make_all();
}

TEST_F(DeviceTest, WhatTheOnlyGpuHadMadeIsKeptWhenItIsLost) {
  add_faulty_device([] { throw DeviceLost("fallen off the bus"); });
  Store store = Store::open_for_writing(path("runs-0.db"));

  EXPECT_EQ(run_sweep(store), ExitCode::runs_errored);
  const std::size_t kept = store.runs().size();
  add_sound_device();
  EXPECT_EQ(run_sweep(store), ExitCode::complete);

  EXPECT_EQ(kept, 1U);
  EXPECT_TRUE(exported_from(std::move(store)) == undisturbed());
}

TEST_F(DeviceTest, WhateverADeviceThrowsIsTriedAgainByTheNextCommand) {
  const std::string culprit = run_id(expand_grid(manifest_)[5]);
  workers_.push_back(std::make_shared<FakeWorker>(
      "cuda:0",
      [&](const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop) {
        for (const RunSpec& spec : batch.runs) {
          if (run_id(spec) == culprit) throw "no std::exception";
        }
        CpuEngine engine;
        return run_batch(engine, batch, sink, stop);
      }));
  Store store = Store::open_for_writing(path("runs-0.db"));

  EXPECT_EQ(run_sweep(store), ExitCode::runs_errored);
  EXPECT_EQ(store.outcomes().at(culprit), KnownOutcome::error);
  EXPECT_EQ(store.runs().size(), 20U);
  add_sound_device();
  EXPECT_EQ(run_sweep(store), ExitCode::complete);

  EXPECT_TRUE(exported_from(std::move(store)) == undisturbed());
}

TEST_F(DeviceTest, TheProgramEndsAlthoughItsThreadsNeverComeBack) {
  std::filesystem::create_directory(path("data"));
  write_manifest("data/t.csv", "y,a,b\n1,1,0\n2,0,1\n3,1,1\n5,2,1\n8,3,5\n");
  const std::string manifest =
      write_manifest("m.yaml",
                     "name: table\ntask: {name: csv, file: data/t.csv, target: y, kind: values}\n"
                     "grid: {depth: [1, 2], width: 2, seed: {count: 4}}\n"
                     "train: {lr: 0.1, steps: 20}\nsuccess: {loss: 0.0}\n");
  const std::vector<std::string> command = {"run", manifest, "-o", "d", "--device-timeout", "1"};

  const Output stuck = run_with({.kind = "hang", .folder = "data"}, command);
  const Output again = run(command);

  EXPECT_EQ(stuck.exit_code, 3);
  EXPECT_THAT(stuck.err, HasSubstr("it hangs (nothing came of it for 1 s"));
  EXPECT_THAT(stuck.err, HasSubstr("8 runs were not made because every device was lost"));
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(found_by(again).to_make, 8U);
}

}  // namespace
}  // namespace vnsweep
