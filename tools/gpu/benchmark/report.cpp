#include "tools/gpu/benchmark/report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <optional>
#include <vector>

#include "tools/gpu/benchmark/cost.hpp"
#include "tools/gpu/benchmark/plan.hpp"

namespace vnsweep::benchmark {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Spread& spread) {
  return {{"min", spread.minimum},
          {"median", spread.median},
          {"max", spread.maximum},
          {"repetitions", spread.repetitions}};
}

Json json_of(const std::optional<Spread>& spread) {
  return spread ? json_of(*spread) : Json(nullptr);
}

Json json_of(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json json_of(const TrainingCase& shape) {
  return {{"width", shape.width},
          {"samples", shape.samples},
          {"networks", shape.networks},
          {"depth", shape.depth},
          {"optimizer", words(shape.optimizer)},
          {"path", words(shape.path)}};
}

Json json_of(const TrainingResult& result, const Measurements& measurements) {
  const Ceilings& ceilings = measurements.ceilings;
  Json row = json_of(result.shape);
  row["parameters"] = result.parameters;
  row["memory_bytes"] = result.memory_needed;
  row["initialize_seconds"] = result.initialize_seconds;
  row["steps_per_repetition"] = result.steps_timed;
  row["step_seconds"] = json_of(result.step_seconds);
  row["times_layer_by_layer"] = json_of(speed_up(result, measurements.training));
  row["updates_per_second"] = json_of(updates_per_second(result));
  row["flop_per_second"] = json_of(flop_rate(result));
  row["share_of_fma_fp32"] = json_of(share_of(flop_rate(result), ceilings.fma_fp32));
  row["least_bytes_per_second"] = json_of(byte_rate(result));
  row["share_of_copy"] = json_of(share_of(byte_rate(result), ceilings.copy));
  return row;
}

Json json_of(const EigenvalueResult& result) {
  return {{"n", result.n},
          {"matrices", result.matrices},
          {"workspace_bytes", result.workspace_bytes},
          {"failed_matrices", result.failed_matrices},
          {"worst_trace_error", result.worst_trace_error},
          {"call_seconds", json_of(result.call_seconds)},
          {"matrices_per_second", json_of(rate(result.matrices, result.call_seconds))}};
}

double probe_in_steps(const ProbeResult& result) {
  return result.probe_seconds.median / result.step_seconds.median;
}

Json json_of(const ProbeResult& result) {
  Json row = json_of(result.shape);
  row["probe_samples"] = result.probe_samples;
  row["probe_seconds"] = json_of(result.probe_seconds);
  row["step_seconds"] = json_of(result.step_seconds);
  row["probe_in_steps"] = probe_in_steps(result);
  return row;
}

/// "1.2 (1.1 to 1.4)", each value times `factor`.
std::string text_of(const Spread& spread, double factor) {
  return fmt::format("{:.4g} ({:.4g} to {:.4g})", factor * spread.median, factor * spread.minimum,
                     factor * spread.maximum);
}

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f} %", 100.0 * *share) : "";
}

std::string row_of(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells)
    row += " " + cell + " |";
  return row + "\n";
}

std::string table_head(const std::vector<std::string>& titles) {
  std::string rule = "|";
  for (std::size_t k = 0; k < titles.size(); ++k)
    rule += "---|";
  return row_of(titles) + rule + "\n";
}

/// Text in a line of its own: what comes from libraries may hold line breaks.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

std::string ceilings_table(const Ceilings& ceilings) {
  constexpr double kTera = 1e-12;
  std::string text = "## Ceilings\n\n" + table_head({"what", "median (min to max)", "unit"});
  const auto add = [&](const std::string& what, const std::optional<Spread>& spread,
                       const std::string& unit) {
    text += row_of({what, spread ? text_of(*spread, kTera) : "not measured", unit});
  };
  add("copy on the device, read + written", ceilings.copy, "TB/s");
  add("FP32 multiply-adds", ceilings.fma_fp32, "TFLOP/s");
  add("FP64 multiply-adds", ceilings.fma_fp64, "TFLOP/s");
  return text;
}

std::string training_table(const Measurements& measurements) {
  std::string text = "## Training\n\n" +
                     table_head({"width", "B", "networks", "depth", "optimizer", "path",
                                 "ms per step (min to max)", "times layer by layer", "updates/s",
                                 "TFLOP/s", "of FMA peak", "TB/s at least", "of copy"});
  for (const TrainingResult& result : measurements.training) {
    const TrainingCase& shape = result.shape;
    const auto faster = speed_up(result, measurements.training);
    const auto bytes = byte_rate(result);
    text += row_of({fmt::to_string(shape.width), fmt::to_string(shape.samples),
                    fmt::to_string(shape.networks), fmt::to_string(shape.depth),
                    words(shape.optimizer), words(shape.path), text_of(result.step_seconds, 1e3),
                    faster ? fmt::format("{:.3g}", *faster) : "",
                    fmt::format("{:.3g}", updates_per_second(result).median),
                    fmt::format("{:.3g}", 1e-12 * flop_rate(result).median),
                    percent(share_of(flop_rate(result), measurements.ceilings.fma_fp32)),
                    bytes ? fmt::format("{:.3g}", 1e-12 * bytes->median) : "",
                    percent(share_of(bytes, measurements.ceilings.copy))});
  }
  return text;
}

std::string eigenvalue_table(const std::vector<EigenvalueResult>& results) {
  std::string text = "## Eigenvalues\n\n" +
                     table_head({"n", "matrices", "ms per call (min to max)", "us per matrix",
                                 "matrices/s", "workspace, MiB", "trace error", "failed"});
  for (const EigenvalueResult& result : results) {
    text += row_of(
        {fmt::to_string(result.n), fmt::to_string(result.matrices),
         text_of(result.call_seconds, 1e3),
         fmt::format("{:.4g}", 1e6 * result.call_seconds.median / result.matrices),
         fmt::format("{:.3g}", rate(result.matrices, result.call_seconds).median),
         fmt::format("{:.1f}", static_cast<double>(result.workspace_bytes) / (1024.0 * 1024.0)),
         fmt::format("{:.1e}", result.worst_trace_error), fmt::to_string(result.failed_matrices)});
  }
  return text;
}

std::string probe_table(const std::optional<ProbeResult>& result) {
  std::string text = "## Probe\n\n" + table_head({"width", "B", "networks", "depth",
                                                  "probe samples", "ms per probe (min to max)",
                                                  "ms per step", "steps that a probe costs"});
  if (result) {
    text += row_of({fmt::to_string(result->shape.width), fmt::to_string(result->shape.samples),
                    fmt::to_string(result->shape.networks), fmt::to_string(result->shape.depth),
                    fmt::to_string(result->probe_samples), text_of(result->probe_seconds, 1e3),
                    fmt::format("{:.4g}", 1e3 * result->step_seconds.median),
                    fmt::format("{:.1f}", probe_in_steps(*result))});
  }
  return text;
}

}  // namespace

Json to_json(const Measurements& measurements) {
  const Ceilings& ceilings = measurements.ceilings;
  Json json = {{"version", measurements.version},
               {"commit", measurements.commit},
               {"cuda", measurements.cuda},
               {"device",
                {{"name", measurements.device.name},
                 {"uuid", measurements.device.uuid},
                 {"compute_capability", measurements.device.compute_capability},
                 {"multiprocessors", measurements.device.multiprocessors},
                 {"memory_bytes", measurements.device.memory_bytes}}},
               {"seconds_allowed", measurements.seconds_allowed},
               {"seconds_used", measurements.seconds_used},
               {"ceilings",
                {{"copied_bytes", ceilings.copied_bytes},
                 {"copy_bytes_per_second", json_of(ceilings.copy)},
                 {"fma_fp32_flop_per_second", json_of(ceilings.fma_fp32)},
                 {"fma_fp64_flop_per_second", json_of(ceilings.fma_fp64)}}}};
  json["training"] = Json::array();
  for (const TrainingResult& result : measurements.training)
    json["training"].push_back(json_of(result, measurements));
  json["eigenvalues"] = Json::array();
  for (const EigenvalueResult& result : measurements.eigenvalues)
    json["eigenvalues"].push_back(json_of(result));
  json["probe"] = measurements.probe ? json_of(*measurements.probe) : Json(nullptr);
  json["left_out"] = Json::array();
  for (const LeftOut& entry : measurements.left_out)
    json["left_out"].push_back({{"what", entry.what}, {"reason", entry.reason}});
  json["problems"] = measurements.problems;
  return json;
}

std::string to_markdown(const Measurements& measurements) {
  std::string text =
      fmt::format("# Benchmark: {}\n\nvnsweep {} (commit {}), CUDA {}; {:.0f} s of {:.0f} s.\n\n",
                  measurements.device.name, measurements.version, measurements.commit,
                  measurements.cuda, measurements.seconds_used, measurements.seconds_allowed);
  text += ceilings_table(measurements.ceilings) + "\n";
  text += training_table(measurements) + "\n";
  text += eigenvalue_table(measurements.eigenvalues) + "\n";
  text += probe_table(measurements.probe);
  const auto add_list = [&text](const std::string& title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    text += "\n## " + title + "\n\n";
    for (const std::string& line : lines)
      text += "- " + one_line(line) + "\n";
  };
  std::vector<std::string> left_out;
  for (const LeftOut& entry : measurements.left_out)
    left_out.push_back(entry.what + ": " + entry.reason);
  add_list("Left out", left_out);
  add_list("Problems", measurements.problems);
  return text;
}

}  // namespace vnsweep::benchmark
