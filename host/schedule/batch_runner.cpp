#include "host/schedule/batch_runner.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "host/task/task.hpp"

namespace vnsweep {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Chooses how many steps to take between two looks at the stop flag. Never changes a result.
class ChunkLength {
 public:
  std::int64_t next(std::int64_t until_next_probe) const {
    return std::clamp<std::int64_t>(steps_, 1, until_next_probe);
  }

  void record(std::int64_t steps, double seconds) {
    constexpr double kTargetSeconds = 0.2;
    const double per_step = std::max(seconds, 1e-9) / static_cast<double>(steps);
    steps_ = static_cast<std::int64_t>(std::min(kTargetSeconds / per_step, 1e9));
  }

 private:
  std::int64_t steps_ = 1;  // the first chunk measures the speed
};

void forget_spectra(Probe& probe) {
  for (LayerProbe& layer : probe.layers)
    layer.spectrum = {};
}

class Runner {
 public:
  Runner(Engine& engine, const PlannedBatch& batch, const ResultSink& sink, const PhaseStart& phase)
      : engine_(engine),
        batch_(batch),
        sink_(sink),
        phase_(phase),
        probes_(batch.runs.size()),
        seconds_(batch.runs.size(), 0.0) {
    for (std::size_t n = 0; n < batch.runs.size(); ++n) {
      live_.emplace_back(static_cast<std::uint32_t>(n));
    }
  }

  /// @param networks  those of the batch, with all their data
  BatchStatus run(const NetworkBatch& networks, const std::stop_token& stop) {
    auto start = Clock::now();
    begin_phase(live_, step_operations);  // to draw weights is no more work than a step
    engine_.initialize(networks);
    std::int64_t step = 0;
    ChunkLength chunk;
    while (!live_.empty()) {
      if (stop.stop_requested()) {
        report(engine_.finished());
        return live_.empty() ? BatchStatus::complete : BatchStatus::interrupted;
      }
      if (is_probe_step(step)) {
        if (step > 0) report(engine_.finished());
        probe(live_);
      }
      const std::int64_t steps = chunk.next(steps_to_next_probe(step));
      begin_phase(live_, step_operations, steps);
      const auto train_start = Clock::now();
      engine_.train(StepCount(steps));
      const std::vector<Evaluation> finished = engine_.finished();
      chunk.record(steps, seconds_since(train_start));  // devices are known to be done only now
      step += steps;
      charge(seconds_since(std::exchange(start, Clock::now())));
      if (is_worth_reporting(finished)) report(finished);
    }
    return BatchStatus::complete;
  }

 private:
  /// All runs of a batch share the probe schedule and the budget.
  const RunSpec& shared() const { return batch_.runs.front(); }

  bool is_probe_step(std::int64_t step) const {
    return step == 0 || (shared().probe_every && step % *shared().probe_every == 0);
  }

  std::int64_t steps_to_next_probe(std::int64_t step) const {
    const std::int64_t left = shared().steps - step;
    if (!shared().probe_every) return left;
    return std::min(left, *shared().probe_every - step % *shared().probe_every);
  }

  void begin_phase(const std::vector<NetworkIndex>& networks, double (*operations)(const RunSpec&),
                   std::int64_t times = 1) {
    if (!phase_) return;
    double total = 0.0;
    for (const NetworkIndex n : networks)
      total += operations(batch_.runs[n.value()]);
    phase_(total * static_cast<double>(times));
  }

  void probe(const std::vector<NetworkIndex>& networks) {
    begin_phase(networks, probe_operations);
    for (Probe& result : engine_.probe(probe_spec(shared()), networks)) {
      std::vector<Probe>& earlier = probes_[result.network.value()];
      // A network that is done does not change, and may wait to be reported.
      if (!earlier.empty() && earlier.back().step == result.step) continue;
      // What the store will not keep must not pile up either.
      if (shared().spectrum == SpectrumStorage::none) forget_spectra(result);
      if (shared().spectrum == SpectrumStorage::ends && earlier.size() > 1) {
        forget_spectra(earlier.back());
      }
      earlier.push_back(std::move(result));
    }
  }

  /// To measure a few networks costs a GPU as much as to measure many, so those that are done wait
  /// until reporting takes no more than a tenth of the time. They do not change meanwhile.
  bool is_worth_reporting(const std::vector<Evaluation>& finished) const {
    constexpr double kReportingShare = 0.1;
    if (finished.empty()) return false;
    return finished.size() == live_.size() ||
           last_report_seconds_ <= kReportingShare * seconds_since(last_report_);
  }

  void probe_unless_probed(const std::vector<Evaluation>& finished) {
    std::vector<NetworkIndex> due;
    for (const Evaluation& e : finished) {
      if (probes_[e.network.value()].back().step != e.step) due.push_back(e.network);
    }
    if (!due.empty()) probe(due);
  }

  void charge(double seconds) {
    for (const NetworkIndex n : live_) {
      seconds_[n.value()] += seconds / static_cast<double>(live_.size());
    }
  }

  void report(const std::vector<Evaluation>& finished) {
    if (finished.empty()) return;
    const auto start = Clock::now();
    probe_unless_probed(finished);
    std::vector<NetworkIndex> retired;
    for (const Evaluation& e : finished) {
      const std::size_t n = e.network.value();
      RunResult result;
      result.spec = batch_.runs[n];
      result.steps = e.step;
      result.loss = e.loss;
      result.accuracy = e.accuracy;
      result.probes = std::move(probes_[n]);
      result.seconds = seconds_[n];
      if (e.status == TrainingStatus::succeeded) {
        result.status = RunStatus::succeeded;
      } else {
        result.status = RunStatus::failed;
        result.cause = diagnose(result.spec, e, result.probes.back());
      }
      retired.push_back(e.network);
      sink_(std::move(result));
    }
    engine_.retire(retired);
    std::erase_if(live_, [&](NetworkIndex n) {
      return std::find(retired.begin(), retired.end(), n) != retired.end();
    });
    last_report_ = Clock::now();
    last_report_seconds_ = seconds_since(start);
  }

  Engine& engine_;
  const PlannedBatch& batch_;
  const ResultSink& sink_;
  const PhaseStart& phase_;
  std::vector<NetworkIndex> live_;
  std::vector<std::vector<Probe>> probes_;
  std::vector<double> seconds_;
  Clock::time_point last_report_ = Clock::now();
  double last_report_seconds_ = 0.0;
};

NetworkBatch with_data(const PlannedBatch& batch) {
  NetworkBatch networks = batch.networks;
  networks.data = make_training_data(batch.runs.front());
  return networks;
}

}  // namespace

BatchStatus run_batch(Engine& engine, const PlannedBatch& batch, const ResultSink& sink,
                      const std::stop_token& stop, const PhaseStart& phase) {
  Runner runner(engine, batch, sink, phase);
  const bool has_data = !batch.networks.data->input.empty();
  return has_data ? runner.run(batch.networks, stop) : runner.run(with_data(batch), stop);
}

}  // namespace vnsweep
