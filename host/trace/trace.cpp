#include "host/trace/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "build_info.hpp"
#include "host/manifest/field.hpp"
#include "host/plan/batch.hpp"
#include "host/plan/run_identity.hpp"
#include "host/task/task.hpp"
#include "host/trace/safetensors.hpp"
#include "kernels/numerics_version.hpp"
#include "kernels/random/draws.hpp"

namespace vnsweep {
namespace {

using Type = SafetensorsWriter::Type;

void add_weights(SafetensorsWriter& writer, const std::string& when, Type type,
                 const NetworkBatch& batch, const NetworkWeights& weights) {
  const int depth = batch.networks[0].depth;
  for (int l = 1; l <= depth + 1; ++l) {
    const LayerShape shape = layer_shape(batch, depth, LayerIndex(l));
    writer.add(fmt::format("{}.W.{}", when, l), {shape.outputs, shape.inputs}, type,
               weights.weights[l - 1]);
    writer.add(fmt::format("{}.b.{}", when, l), {shape.outputs}, type, weights.biases[l - 1]);
  }
}

void add_probe(SafetensorsWriter& writer, const std::string& when, const Probe& probe) {
  const auto depth = static_cast<std::int64_t>(probe.layers.size());
  const auto add = [&](const char* name, auto value_of) {
    std::vector<double> values;
    for (const LayerProbe& layer : probe.layers)
      values.push_back(std::invoke(value_of, layer));
    writer.add(fmt::format("{}.{}", when, name), {depth}, Type::f64, values);
  };
  add("vni", &LayerProbe::vni);
  add("live", &LayerProbe::live);
  add("n_eff", &LayerProbe::n_eff);
  add("effective_rank", &LayerProbe::effective_rank);
  add("q", &LayerProbe::q);
  add("gradient_rms", &LayerProbe::gradient_rms);
  if (probe.layers.front().jacobian) {
    add("m1", [](const LayerProbe& layer) { return layer.jacobian->m1; });
    add("m2", [](const LayerProbe& layer) { return layer.jacobian->m2; });
    add("local_vni", [](const LayerProbe& layer) { return layer.jacobian->local_vni; });
  }
  for (std::int64_t l = 1; l <= depth; ++l) {
    const std::vector<double>& spectrum = probe.layers[static_cast<std::size_t>(l - 1)].spectrum;
    writer.add(fmt::format("{}.spectrum.{}", when, l), {static_cast<std::int64_t>(spectrum.size())},
               Type::f64, spectrum);
  }
}

void add_data(SafetensorsWriter& writer, Type type, const TrainingData& data) {
  writer.add("input", {data.samples, data.inputs}, type,
             std::vector<double>(data.input.begin(), data.input.end()));
  std::vector<std::int64_t> target_shape = {data.samples};
  if (data.outputs > 1) target_shape.push_back(data.outputs);
  writer.add("target", target_shape, type,
             std::vector<double>(data.target.begin(), data.target.end()));
}

void add_minibatches(SafetensorsWriter& writer, const RunSpec& spec) {
  const int size = static_cast<int>(*spec.minibatch);
  MinibatchSequence sequence(run_key(spec), task_samples(spec), size);
  std::vector<std::int32_t> indices;
  for (std::int64_t step = 0; step < spec.steps; ++step) {
    const std::int32_t* batch = sequence.indices(step);
    indices.insert(indices.end(), batch, batch + size);
  }
  writer.add("batch_index", {spec.steps, size}, indices);
}

}  // namespace

void write_trace(const RunSpec& spec, Engine& engine, const std::string& engine_name,
                 const std::filesystem::path& file) {
  NetworkBatch batch = make_batch({spec}, make_training_data(spec)).networks;
  batch.stopping = Stopping::at_budget;
  batch.record_losses = true;
  const NetworkIndex network(0);
  const std::array<NetworkIndex, 1> networks = {network};
  const ProbeSpec probe = probe_spec(spec);
  const Type type = engine_name == "reference" ? Type::f64 : Type::f32;

  SafetensorsWriter writer;
  add_data(writer, type, *batch.data);
  const std::vector<float> probe_inputs =
      draw_probe_inputs(run_key(spec), probe.samples, batch.data->inputs);
  writer.add("probe.input", {probe.samples, batch.data->inputs}, type,
             std::vector<double>(probe_inputs.begin(), probe_inputs.end()));

  engine.initialize(batch);
  add_weights(writer, "initial", type, batch, engine.download_weights(network));
  add_probe(writer, "initial", engine.probe(probe, networks).front());
  engine.train(StepCount(spec.steps));
  add_weights(writer, "final", type, batch, engine.download_weights(network));
  add_probe(writer, "final", engine.probe(probe, networks).front());
  writer.add("loss", {spec.steps}, Type::f64, engine.losses(network));
  if (spec.minibatch) add_minibatches(writer, spec);

  writer.set_metadata("config", spec_to_json(spec).dump());
  writer.set_metadata("run_id", run_id(spec));
  writer.set_metadata("run_key", fmt::format("{:016x}", run_key(spec)));
  writer.set_metadata("engine", engine_name);
  writer.set_metadata("numerics_version", std::to_string(kNumericsVersion));
  writer.set_metadata("vnsweep", fmt::format("{} ({})", build::kVersion, build::kCommit));
  writer.write(file);
}

}  // namespace vnsweep
