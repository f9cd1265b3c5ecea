#include "host/bench/training_speed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "host/bench/stopwatch.hpp"
#include "kernels/random/draws.hpp"

namespace vnsweep::bench {
namespace {

constexpr int kSections = 5;

/// Steps of one network before the next one, at the least, as in a sweep, where the networks are
/// many and each stays in a cache meanwhile.
constexpr std::int64_t kStepsInARow = 16;

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

/// As many networks as a batch of a sweep has, if kStepsInARow steps of all of them take no longer
/// than a section, at about the speed that engines of a kind have.
SweepSize sweep_size(const std::string& kind, int width, double section_seconds) {
  constexpr double kMiB = 1024.0 * 1024.0;
  constexpr int kNarrow = 32;  // up to this width an engine may train several networks at once
  const double seconds = section_seconds / static_cast<double>(kStepsInARow);
  if (kind == "cuda") return {1, 1024, 4096.0 * kMiB, 2e12 * seconds};
  if (kind == "reference") return {1, 32, 256.0 * kMiB, 5e8 * seconds};
  return {width <= kNarrow ? 16 : 1, 32, 256.0 * kMiB, 5e10 * seconds};
}

/// Updates and seconds of one engine in one section.
struct Section {
  std::int64_t steps = 0;
  double cpu = 0.0;
  double wall = 0.0;
};

/// Trains for about so many seconds, `chunk` steps at a time.
Section train_section(Engine& engine, std::int64_t chunk, double seconds) {
  Section section;
  const Stopwatch watch;
  do {
    engine.train(StepCount(chunk));
    engine.finished();  // waits for a GPU
    section.steps += chunk;
    section.wall = watch.wall();
    section.cpu = watch.cpu();
  } while (section.wall < seconds);
  return section;
}

/// Steps at a time, so that a section has two or three calls: also the warm-up.
std::int64_t find_chunk(Engine& engine, int networks, double section_seconds) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  train_section(engine, 1, 0.0);  // what is done once: allocations, pages, recorded graphs
  std::int64_t chunk = networks == 1 ? 1 : kStepsInARow;
  while (chunk < kMost && train_section(engine, chunk, 0.0).wall < section_seconds / 4.0)
    chunk *= 2;
  return chunk;
}

void require_room(const Engine& engine, const NetworkBatch& batch) {
  const std::size_t needed = engine.memory_needed(batch);
  const std::size_t limit = engine.memory_limit();
  if (needed > limit) {
    throw NotMeasured(
        fmt::format("needs {} MiB (the engine's limit is {} MiB)", needed >> 20, limit >> 20));
  }
}

void require_all_training(Engine& engine) {
  const std::size_t stopped = engine.finished().size();
  if (stopped > 0) throw NotMeasured(fmt::format("{} networks stopped training", stopped));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

/// Gives every engine the batch and trains it for a while. @returns steps that suit all of them
std::int64_t prepare(std::span<NamedEngine> engines, const NetworkBatch& batch, Crew& crew,
                     double section_seconds) {
  std::vector<std::int64_t> chunks(engines.size());
  crew.run([&](unsigned k) {
    require_room(*engines[k].engine, batch);
    engines[k].engine->initialize(batch);
    chunks[k] =
        find_chunk(*engines[k].engine, static_cast<int>(batch.networks.size()), section_seconds);
  });
  return *std::min_element(chunks.begin(), chunks.end());
}

/// Trains all engines side by side for one section and adds its steps and seconds to `speed`.
/// @returns parameter updates per second
double add_section(TrainingSpeed& speed, std::span<NamedEngine> engines, Crew& crew,
                   std::int64_t chunk, double seconds) {
  std::vector<Section> parts(engines.size());
  crew.run([&](unsigned k) { parts[k] = train_section(*engines[k].engine, chunk, seconds); });
  const double updates_of_step =
      static_cast<double>(parameters_of(speed.shape)) * static_cast<double>(speed.networks);
  const bool waits_for_gpu = engines.front().kind == "cuda";
  double rate = 0.0;
  for (const Section& part : parts) {
    rate +=
        updates_of_step * static_cast<double>(part.steps) / (waits_for_gpu ? part.wall : part.cpu);
    speed.cpu_seconds += part.cpu;
    speed.wall_seconds += part.wall;
  }
  speed.steps += parts.front().steps;
  return rate;
}

/// Keeps the best of what the meter measures.
void raise(std::optional<Ceilings>& ceilings, PeakMeter& meter) {
  if (!ceilings) return;
  ceilings->flop_rate = std::max(ceilings->flop_rate, meter.multiply_adds());
  ceilings->byte_rate =
      std::max(ceilings->byte_rate, meter.bandwidth(ceilings->level.measured_bytes));
}

}  // namespace

std::optional<double> TrainingSpeed::share_of_flop_rate() const {
  if (!ceilings) return std::nullopt;
  return flop_rate() / ceilings->flop_rate;
}

std::optional<double> TrainingSpeed::share_of_byte_rate() const {
  if (!ceilings) return std::nullopt;
  return byte_rate() / ceilings->byte_rate;
}

NetworkBatch training_batch(const TrainingCase& shape, int networks) {
  NetworkBatch batch;
  batch.width = shape.width;
  batch.activation = shape.activation;
  batch.optimizer = shape.optimizer;
  batch.budget = StepCount(std::int64_t{1} << 40);
  batch.success.every = batch.budget;  // no evaluations but those that are asked for
  batch.stopping = Stopping::at_budget;
  batch.probe_samples = 1;  // none is made
  batch.data = random_data(shape.samples);
  for (int k = 0; k < networks; ++k) {
    batch.networks.push_back({.run_key = static_cast<std::uint64_t>(k) + 1,
                              .depth = shape.depth,
                              .learning_rate = 1e-4});
  }
  return batch;
}

TrainingSpeed measure_training(const TrainingCase& shape, const Effort& effort,
                               std::span<NamedEngine> engines, const Machine& machine, Crew& crew,
                               PeakMeter& meter) {
  const double section_seconds = effort.seconds / kSections;
  const std::string& kind = engines.front().kind;
  TrainingSpeed speed{.shape = shape, .networks = effort.networks};
  if (speed.networks == 0)
    speed.networks = networks_within(sweep_size(kind, shape.width, section_seconds), shape);
  const NetworkBatch batch = training_batch(shape, speed.networks);
  if (kind == "cpu") {
    const auto levels = memory_levels(machine, shape.threads);
    speed.ceilings = Ceilings{.level = level_that_holds(levels, working_set_bytes(shape))};
  }

  const std::int64_t chunk = prepare(engines, batch, crew, section_seconds);
  std::vector<double> rates;
  raise(speed.ceilings, meter);
  for (int k = 0; k < kSections; ++k) {
    rates.push_back(add_section(speed, engines, crew, chunk, section_seconds));
    raise(speed.ceilings, meter);
  }
  crew.run([&](unsigned k) { require_all_training(*engines[k].engine); });
  speed.update_rate = *std::max_element(rates.begin(), rates.end());
  speed.median_update_rate = median(rates);
  return speed;
}

}  // namespace vnsweep::bench
