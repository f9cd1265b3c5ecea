#include "host/bench/bench_report.hpp"

#include <fmt/format.h>

#include <optional>

#include "build_info.hpp"
#include "host/manifest/field.hpp"
#include "host/report/text.hpp"
#include "kernels/cuda/device_query.hpp"
#include "kernels/linear_algebra.hpp"
#include "kernels/numerics_version.hpp"

namespace vnsweep::bench {
namespace {

using Json = nlohmann::ordered_json;

/// The manifest's words for them.
std::string word(Optimizer optimizer) {
  RunSpec spec;
  spec.optimizer = optimizer;
  return to_string(find_field("train", "optimizer")->get(spec));
}

std::string word(Activation activation) {
  RunSpec spec;
  spec.activation = activation;
  return to_string(find_field("model", "activation")->get(spec));
}

Json json_of(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json program_json() {
  const std::string cuda = cuda_version_text();
  return {{"version", build::kVersion},
          {"commit", build::kCommit},
          {"compiler", build::kCompiler},
          {"build_type", build::kBuildType},
          {"numerics_version", kNumericsVersion},
          {"highway", build::kHighwayVersion},
          {"linear_algebra", linear_algebra_description()},
          {"cuda", cuda.empty() ? Json(nullptr) : Json(cuda)}};
}

Json json_of(const Machine& machine) {
  Json caches = Json::array();
  for (const Cache& cache : machine.caches) {
    caches.push_back(
        {{"level", cache.level}, {"bytes", cache.bytes}, {"shared_by", cache.shared_by}});
  }
  return {{"cpu", machine.cpu},
          {"processors", machine.processors},
          {"instruction_set", machine.instruction_set},
          {"caches", caches}};
}

Json json_of(const MachineLimits& limits) {
  Json levels = Json::array();
  for (std::size_t k = 0; k < limits.levels.size(); ++k) {
    levels.push_back({{"level", limits.levels[k].name},
                      {"measured_bytes_per_thread", limits.levels[k].measured_bytes},
                      {"bytes_per_second", limits.byte_rates[k]}});
  }
  return {{"threads", limits.threads},
          {"fma_peak_flop_per_second", limits.flop_rate},
          {"bandwidth", levels}};
}

Json json_of(const TrainingCase& shape) {
  return {{"width", shape.width},
          {"depth", shape.depth},
          {"batch", shape.samples},
          {"optimizer", word(shape.optimizer)},
          {"activation", word(shape.activation)},
          {"threads", shape.threads}};
}

Json json_of(const TrainingSpeed& point) {
  Json row = json_of(point.shape);
  const auto& ceilings = point.ceilings;
  row["networks_per_engine"] = point.networks;
  row["parameters_per_network"] = parameters_of(point.shape);
  row["steps"] = point.steps;
  row["cpu_seconds"] = point.cpu_seconds;
  row["wall_seconds"] = point.wall_seconds;
  row["updates_per_second"] = point.update_rate;
  row["updates_per_second_median"] = point.median_update_rate;
  row["flop_per_second"] = point.flop_rate();
  row["fma_peak_flop_per_second"] = ceilings ? Json(ceilings->flop_rate) : Json(nullptr);
  row["share_of_fma_peak"] = json_of(point.share_of_flop_rate());
  row["working_set_bytes"] = working_set_bytes(point.shape);
  row["parameter_bytes_per_second"] = point.byte_rate();
  row["memory_level"] = ceilings ? Json(ceilings->level.name) : Json(nullptr);
  row["bandwidth_bytes_per_second"] = ceilings ? Json(ceilings->byte_rate) : Json(nullptr);
  row["share_of_bandwidth"] = json_of(point.share_of_byte_rate());
  return row;
}

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f} %", 100.0 * *share) : "-";
}

std::string giga(double value) {
  return fmt::format("{:.4g}", 1e-9 * value);
}

std::string heading(const BenchResult& result) {
  const Machine& machine = result.machine;
  std::string text = fmt::format("{}, {} processors, {}; vnsweep {} (commit {}), {}\n", machine.cpu,
                                 machine.processors, machine.instruction_set, build::kVersion,
                                 build::kCommit, build::kCompiler);
  text += fmt::format("device {}: {}\n", result.device, result.device_description);
  for (const MachineLimits& limits : result.limits) {
    text += fmt::format("{} thread{}: {} GFLOP/s of FMA; GB/s read and written:", limits.threads,
                        limits.threads == 1 ? "" : "s", giga(limits.flop_rate));
    for (std::size_t k = 0; k < limits.levels.size(); ++k)
      text += fmt::format(" {} {}", limits.levels[k].name, giga(limits.byte_rates[k]));
    text += '\n';
  }
  return text;
}

std::vector<std::string> table_row(const TrainingSpeed& point) {
  const TrainingCase& shape = point.shape;
  return {fmt::to_string(shape.threads),
          word(shape.optimizer),
          fmt::to_string(shape.samples),
          fmt::to_string(shape.depth),
          fmt::to_string(shape.width),
          fmt::to_string(point.networks),
          giga(point.update_rate),
          giga(point.flop_rate()),
          percent(point.share_of_flop_rate()),
          giga(point.byte_rate()),
          point.ceilings ? point.ceilings->level.name : "-",
          percent(point.share_of_byte_rate())};
}

}  // namespace

std::string words(const TrainingCase& shape) {
  return fmt::format("width {}, depth {}, B {}, {}, {}, {} thread{}", shape.width, shape.depth,
                     shape.samples, word(shape.optimizer), word(shape.activation), shape.threads,
                     shape.threads == 1 ? "" : "s");
}

Json to_json(const BenchResult& result) {
  Json json = {{"program", program_json()},
               {"machine", json_of(result.machine)},
               {"device", result.device},
               {"device_description", result.device_description},
               {"seconds_per_point", result.seconds}};
  json["limits"] = Json::array();
  for (const MachineLimits& limits : result.limits)
    json["limits"].push_back(json_of(limits));
  json["points"] = Json::array();
  for (const TrainingSpeed& point : result.points)
    json["points"].push_back(json_of(point));
  json["left_out"] = Json::array();
  for (const LeftOut& entry : result.left_out) {
    json["left_out"].push_back(json_of(entry.shape));
    json["left_out"].back()["reason"] = entry.reason;
  }
  return json;
}

std::string to_table(const BenchResult& result) {
  std::vector<std::vector<std::string>> rows = {
      {"threads", "optimizer", "B", "depth", "width", "networks", "G updates/s", "GFLOP/s",
       "of FMA peak", "GB/s", "level", "of its bandwidth"}};
  for (const TrainingSpeed& point : result.points)
    rows.push_back(table_row(point));
  std::string text = heading(result) + '\n' + aligned_table(rows);
  if (!result.left_out.empty()) text += "\nleft out\n";
  for (const LeftOut& entry : result.left_out)
    text += words(entry.shape) + ": " + entry.reason + '\n';
  return text;
}

}  // namespace vnsweep::bench
