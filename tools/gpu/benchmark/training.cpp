#include "tools/gpu/benchmark/training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "kernels/random/draws.hpp"
#include "tools/gpu/benchmark/cost.hpp"
#include "tools/gpu/benchmark/plan.hpp"

namespace vnsweep::benchmark {
namespace {

constexpr int kMostRepetitions = 9;

/// Normal inputs, random labels.
std::shared_ptr<const TrainingData> random_data(int samples) {
  auto data = std::make_shared<TrainingData>();
  data->samples = samples;
  data->inputs = kInputs;
  data->outputs = kOutputs;
  data->input = draw_normals({0, 0, Stream::generated_data}, std::int64_t{1} * samples * kInputs);
  data->target = draw_normals({0, 1, Stream::generated_data}, std::int64_t{1} * samples * kOutputs);
  for (float& label : data->target)
    label = label > 0.0F ? 1.0F : 0.0F;
  return data;
}

/// Seconds of `steps` steps and of the evaluation that waits for them.
double section_seconds(Engine& engine, std::int64_t steps) {
  return seconds_of([&] {
    engine.train(StepCount(steps));
    engine.evaluate();
  });
}

void require_all_training(Engine& engine) {
  const std::vector<Evaluation> evaluations = engine.evaluate();
  const auto stopped =
      std::count_if(evaluations.begin(), evaluations.end(),
                    [](const Evaluation& e) { return e.status != TrainingStatus::training; });
  if (stopped > 0) {
    throw NotMeasured(
        fmt::format("{} of {} networks stopped training", stopped, evaluations.size()));
  }
}

double initialize(Engine& engine, const NetworkBatch& batch) {
  const std::size_t needed = engine.memory_needed(batch);
  const std::size_t limit = engine.memory_limit();
  if (needed > limit) {
    constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
    throw NotMeasured(fmt::format("needs {:.1f} GiB of the {:.1f} GiB that are free",
                                  static_cast<double>(needed) / kGiB,
                                  static_cast<double>(limit) / kGiB));
  }
  return seconds_of([&] {
    engine.initialize(batch);
    engine.evaluate();
  });
}

}  // namespace

NetworkBatch training_batch(const TrainingCase& shape) {
  NetworkBatch batch;
  batch.width = shape.width;
  batch.activation = Activation::tanh;
  batch.optimizer = shape.optimizer;
  batch.budget = StepCount(std::int64_t{1} << 40);
  batch.success.every = batch.budget;  // no evaluations but those that are asked for
  batch.stopping = Stopping::at_budget;
  batch.data = random_data(shape.samples);
  for (int k = 0; k < shape.networks; ++k) {
    batch.networks.push_back({.run_key = static_cast<std::uint64_t>(k) + 1,
                              .depth = shape.depth,
                              .learning_rate = 1e-4});
  }
  return batch;
}

StepTime measure_step(Engine& engine, const Deadline& deadline) {
  constexpr double kSectionSeconds = 0.25;
  constexpr double kMostSteps = 1000.0;
  // Layer by layer the first step runs as it is, the second records it, the third replays it.
  const double first = section_seconds(engine, 3);
  if (first > deadline.remaining()) {
    throw NotMeasured(fmt::format("3 steps took {:.2f} s, which leaves no time for more", first));
  }
  const double estimate = section_seconds(engine, 2) / 2.0;
  const double section = std::min(kSectionSeconds, deadline.remaining() / (1.2 * kMostRepetitions));
  const auto steps =
      static_cast<std::int64_t>(std::clamp(section / std::max(estimate, 1e-9), 1.0, kMostSteps));

  // The difference of a long section and a short one: what both begin and end with cancels out.
  std::vector<double> seconds;
  do {
    const double short_section = section_seconds(engine, 1);
    const double long_section = section_seconds(engine, 1 + steps);
    seconds.push_back((long_section - short_section) / static_cast<double>(steps));
  } while (static_cast<int>(seconds.size()) < kMostRepetitions && deadline.remaining() > 0.0);
  require_all_training(engine);
  if (*std::min_element(seconds.begin(), seconds.end()) <= 0.0) {
    throw NotMeasured("the time of a step is lost in the noise of the clock");
  }
  return {.steps = steps, .seconds = spread_of(seconds)};
}

TrainingResult measure_training(Engine& engine, const TrainingCase& shape,
                                const Deadline& deadline) {
  const NetworkBatch batch = training_batch(shape);
  TrainingResult result{.shape = shape,
                        .parameters = parameters_of(shape),
                        .memory_needed = engine.memory_needed(batch)};
  result.initialize_seconds = initialize(engine, batch);
  const StepTime step = measure_step(engine, deadline);
  result.steps_timed = step.steps;
  result.step_seconds = step.seconds;
  return result;
}

ProbeResult measure_probe(Engine& engine, const TrainingCase& shape, int probe_samples,
                          const Deadline& deadline) {
  NetworkBatch batch = training_batch(shape);
  batch.probe_samples = probe_samples;
  initialize(engine, batch);
  ProbeResult result{.shape = shape, .probe_samples = probe_samples};
  result.step_seconds = measure_step(engine, deadline.within(deadline.remaining() / 3.0)).seconds;

  std::vector<NetworkIndex> all;
  for (std::size_t n = 0; n < batch.networks.size(); ++n)
    all.emplace_back(static_cast<std::uint32_t>(n));
  const auto probe = [&] {
    return seconds_of([&] { engine.probe({.samples = probe_samples}, all); });
  };
  probe();  // loads what it needs
  const double once = probe();
  std::vector<double> seconds;
  const int repetitions = repetitions_within(once, deadline.remaining(), kMostRepetitions);
  for (int k = 0; k < repetitions; ++k)
    seconds.push_back(probe());
  result.probe_seconds = spread_of(seconds);
  return result;
}

}  // namespace vnsweep::benchmark
