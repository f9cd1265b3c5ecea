#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iostream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "host/cli/commands.hpp"
#include "host/cli/output.hpp"
#include "host/manifest/diagnostics.hpp"
#include "host/plan/grid.hpp"
#include "host/report/theory_table.hpp"
#include "host/theory/critical_scale.hpp"

namespace vnsweep {
namespace {

/// A quick grid is for reading; longer lists belong into a manifest.
constexpr std::size_t kMaxCells = 100'000;

/// 60, 0.1, tanh, critical. Text that is no number stays text.
Value parse_value(const std::string& text) {
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto [at, error] = std::from_chars(text.data(), end, whole);
      error == std::errc() && at == end) {
    return whole;
  }
  double number = 0.0;
  if (const auto [at, error] = std::from_chars(text.data(), end, number);
      error == std::errc() && at == end) {
    return number;
  }
  return text;
}

/// The values of one option, checked as those of a manifest are.
std::vector<Value> parse_list(const char* option, const Field& field, const std::string& list) {
  std::vector<Value> values;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) {
    Value value = parse_value(word);
    const std::string problem = check_value(field, value);
    if (!problem.empty()) {
      const bool is_word = std::holds_alternative<std::string>(value);
      throw std::runtime_error(
          fmt::format("{}: {}{}", option, problem, is_word ? did_you_mean(word, field.words) : ""));
    }
    values.push_back(std::move(value));
  }
  if (values.empty()) {
    throw std::runtime_error(fmt::format("{}: no value; give one or several with commas", option));
  }
  return values;
}

/// The product of the options' lists, the last varying fastest.
std::vector<RunSpec> quick_grid(const TheoryOptions& options) {
  if (options.depth.empty() || options.width.empty()) {
    throw std::runtime_error("theory needs a manifest, or --depth and --width");
  }
  std::vector<RunSpec> specs(1);
  for (const auto& [option, section, name, list] :
       {std::tuple{"--activation", "model", "activation", &options.activation},
        {"--init", "model", "init", &options.init},
        {"--bias-scale", "model", "bias_scale", &options.bias_scale},
        {"--scale", "grid", "scale", &options.scale},
        {"--width", "grid", "width", &options.width},
        {"--depth", "grid", "depth", &options.depth}}) {
    const Field& field = *find_field(section, name);
    const std::vector<Value> values = parse_list(option, field, *list);
    if (specs.size() * values.size() > kMaxCells) {
      throw std::runtime_error(fmt::format(
          "the grid has more than {} cells; shorten a list or write a manifest", kMaxCells));
    }
    std::vector<RunSpec> product;
    for (const RunSpec& spec : specs) {
      for (const Value& value : values) {
        product.push_back(spec);
        field.set(product.back(), value);
      }
    }
    specs = std::move(product);
  }
  for (RunSpec& spec : specs) {
    if (spec.scale_is_critical) spec.scale = critical_scale(spec.activation);
    spec.scale_is_critical = false;
  }
  return specs;
}

InputPrior quick_inputs(const TheoryOptions& options) {
  if (!options.q1) return InputPrior::probes(options.inputs);
  if (!(*options.q1 >= 0.0) || std::isinf(*options.q1)) {
    throw std::runtime_error(
        fmt::format("--q1: q_1 must be at least 0 and finite, not {}", *options.q1));
  }
  return InputPrior::fixed(*options.q1);
}

/// Cells that theory can tell apart, each once, in the order of the grid.
std::vector<TheoryCell> cells_to_predict(const TheoryOptions& options) {
  const bool has_manifest = !options.manifest.empty();
  const std::vector<RunSpec> specs =
      has_manifest ? expand_grid(load_manifest(options.manifest)) : quick_grid(options);
  std::vector<TheoryCell> cells;
  std::set<std::tuple<LayerPrior, Initialization, std::int64_t, std::int64_t, InputPrior>> seen;
  for (const RunSpec& spec : specs) {
    const NetworkPrior network = network_prior(spec);
    const InputPrior inputs = has_manifest ? probe_inputs(spec) : quick_inputs(options);
    const bool is_new =
        seen.insert({network.layer, network.initialization, network.width, network.depth, inputs})
            .second;
    if (is_new) cells.push_back({.spec = spec, .inputs = inputs});
  }
  return cells;
}

/// Rows are kept in memory, where a million take some 200 MB.
void check_layers(const std::vector<TheoryCell>& cells) {
  constexpr std::int64_t kMostLayers = 2'000'000;
  std::int64_t layers = 0;
  for (const TheoryCell& cell : cells)
    layers += cell.spec.depth;
  if (layers > kMostLayers) {
    throw std::invalid_argument(
        fmt::format("--layers would write {} rows (the limit is {}); name fewer or shallower "
                    "networks",
                    layers, kMostLayers));
  }
}

}  // namespace

ExitCode theory_command(const TheoryOptions& options) {
  std::vector<TheoryCell> cells = cells_to_predict(options);
  if (options.layers) check_layers(cells);
  MeanField theory;
  for (TheoryCell& cell : cells) {
    const NetworkPrior network = network_prior(cell.spec);
    cell.theory = theory.predict(network, cell.inputs);
    if (options.layers) cell.layers = theory.layers(network, cell.inputs);
  }
  switch (options.format) {
    case TableFormat::table:
      write_theory_table(cells, std::cout);
      break;
    case TableFormat::csv:
      write_theory_csv(cells, std::cout);
      break;
    case TableFormat::json:
      write_theory_json(cells, std::cout);
      break;
  }
  check_output();
  return ExitCode::complete;
}

}  // namespace vnsweep
