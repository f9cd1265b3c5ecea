#include "host/manifest/field.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/manifest/field_access.hpp"
#include "host/manifest/task_fields.hpp"
#include "host/manifest/utf8.hpp"
#include "host/task/task.hpp"

namespace vnsweep {
namespace {

constexpr double kMaxDepth = 100'000;
constexpr double kMaxWidth = 65'536;
constexpr double kMaxSteps = 1e9;
constexpr double kMaxProbeSamples = 65'536;
constexpr double kMaxSeed = 9.0e18;
/// Hyperparameters must be finite in the engines' float32.
constexpr double kMaxReal = 3.4e38;

constexpr std::array<std::string_view, 9> kActivations = {
    "linear", "tanh", "relu", "hardtanh", "erf", "sigmoid", "leaky_relu", "gelu", "silu"};
constexpr std::array<std::string_view, 2> kInits = {"gaussian", "orthogonal"};
constexpr std::array<std::string_view, 3> kOptimizers = {"sgd", "adam", "rmsprop"};
constexpr std::array<std::string_view, 2> kObjectives = {"cross_entropy", "squared_error"};
constexpr std::array<std::string_view, 2> kPrecisions = {"fp32", "tf32"};
constexpr std::array<std::string_view, 2> kAccuracies = {"fast", "accurate"};
constexpr std::array<std::string_view, 2> kSeedings = {"independent", "paired"};
constexpr std::array<std::string_view, 3> kSpectra = {"all", "ends", "none"};

std::vector<Field> fields_of_other_sections() {
  return {
      {.section = "grid",
       .name = "depth",
       .minimum = 1,
       .maximum = kMaxDepth,
       .can_be_axis = true,
       .required = true,
       .get = [](const RunSpec& s) { return Value(s.depth); },
       .set = [](RunSpec& s, const Value& v) { s.depth = integer(v); }},
      {.section = "grid",
       .name = "width",
       .minimum = 1,
       .maximum = kMaxWidth,
       .can_be_axis = true,
       .required = true,
       .get = [](const RunSpec& s) { return Value(s.width); },
       .set = [](RunSpec& s, const Value& v) { s.width = integer(v); }},
      {.section = "grid",
       .name = "scale",
       .type = FieldType::real,
       .minimum = 0,
       .maximum = kMaxReal,
       .minimum_allowed = false,
       .words = {"critical"},
       .can_be_axis = true,
       .get = [](const RunSpec& s) { return Value(s.scale); },
       .set =
           [](RunSpec& s, const Value& v) {
             s.scale_is_critical = std::holds_alternative<std::string>(v);
             if (!s.scale_is_critical) s.scale = real(v);
           }},
      {.section = "model",
       .name = "activation",
       .type = FieldType::word,
       .words = list(kActivations),
       .can_be_axis = true,
       .get = [](const RunSpec& s) { return word_of(s.activation, kActivations); },
       .set = [](RunSpec& s,
                 const Value& v) { s.activation = from_word<Activation>(v, kActivations); }},
      {.section = "model",
       .name = "init",
       .type = FieldType::word,
       .words = list(kInits),
       .can_be_axis = true,
       .get = [](const RunSpec& s) { return word_of(s.initialization, kInits); },
       .set = [](RunSpec& s,
                 const Value& v) { s.initialization = from_word<Initialization>(v, kInits); }},
      {.section = "model",
       .name = "bias_scale",
       .type = FieldType::real,
       .minimum = 0,
       .maximum = kMaxReal,
       .can_be_axis = true,
       .get = [](const RunSpec& s) { return Value(s.bias_scale); },
       .set = [](RunSpec& s, const Value& v) { s.bias_scale = real(v); }},
      {.section = "train",
       .name = "optimizer",
       .type = FieldType::word,
       .words = list(kOptimizers),
       .can_be_axis = true,
       .get = [](const RunSpec& s) { return word_of(s.optimizer, kOptimizers); },
       .set = [](RunSpec& s,
                 const Value& v) { s.optimizer = from_word<Optimizer>(v, kOptimizers); }},
      {.section = "train",
       .name = "objective",
       .type = FieldType::word,
       .words = list(kObjectives),
       .can_be_axis = true,
       .get = [](const RunSpec& s) { return word_of(s.objective, kObjectives); },
       .set = [](RunSpec& s,
                 const Value& v) { s.objective = from_word<Objective>(v, kObjectives); }},
      {.section = "train",
       .name = "lr",
       .type = FieldType::real,
       .minimum = 0,
       .maximum = kMaxReal,
       .minimum_allowed = false,
       .can_be_axis = true,
       .required = true,
       .get = [](const RunSpec& s) { return Value(s.learning_rate); },
       .set = [](RunSpec& s, const Value& v) { s.learning_rate = real(v); }},
      {.section = "train",
       .name = "momentum",
       .type = FieldType::real,
       .minimum = 0,
       .maximum = 1,
       .can_be_axis = true,
       .get = [](const RunSpec& s) { return Value(s.momentum); },
       .set = [](RunSpec& s, const Value& v) { s.momentum = real(v); }},
      {.section = "train",
       .name = "steps",
       .minimum = 1,
       .maximum = kMaxSteps,
       .can_be_axis = true,
       .required = true,
       .get = [](const RunSpec& s) { return Value(s.steps); },
       .set = [](RunSpec& s, const Value& v) { s.steps = integer(v); }},
      {.section = "train",
       .name = "batch",
       .minimum = 1,
       .maximum = 1 << 30,
       .words = {"full"},
       .can_be_axis = true,
       .get = [](const RunSpec& s) { return s.minibatch ? Value(*s.minibatch) : Value("full"); },
       .set =
           [](RunSpec& s, const Value& v) {
             s.minibatch.reset();
             if (!std::holds_alternative<std::string>(v)) s.minibatch = integer(v);
           }},
      {.section = "train",
       .name = "precision",
       .type = FieldType::word,
       .words = list(kPrecisions),
       .can_be_axis = true,
       .unspoken = "fp32",
       .get = [](const RunSpec& s) { return word_of(s.precision, kPrecisions); },
       .set = [](RunSpec& s,
                 const Value& v) { s.precision = from_word<Precision>(v, kPrecisions); }},
      {.section = "train",
       .name = "activation_accuracy",
       .type = FieldType::word,
       .words = list(kAccuracies),
       .can_be_axis = true,
       .unspoken = "fast",
       .get = [](const RunSpec& s) { return word_of(s.activation_accuracy, kAccuracies); },
       .set =
           [](RunSpec& s, const Value& v) {
             s.activation_accuracy = from_word<ActivationAccuracy>(v, kAccuracies);
           }},
      {.section = "success",
       .name = "accuracy",
       .type = FieldType::real,
       .minimum = 0,
       .maximum = 1,
       .get = [](const RunSpec& s) { return optional_value(s.success_accuracy); },
       .set = [](RunSpec& s, const Value& v) { s.success_accuracy = real(v); }},
      {.section = "success",
       .name = "loss",
       .type = FieldType::real,
       .minimum = 0,
       .maximum = kMaxReal,
       .get = [](const RunSpec& s) { return optional_value(s.success_loss); },
       .set = [](RunSpec& s, const Value& v) { s.success_loss = real(v); }},
      {.section = "success",
       .name = "every",
       .minimum = 1,
       .maximum = kMaxSteps,
       .get = [](const RunSpec& s) { return optional_value(s.success_every); },
       .set = [](RunSpec& s, const Value& v) { s.success_every = integer(v); }},
      {.section = "probe",
       .name = "every",
       .minimum = 1,
       .maximum = kMaxSteps,
       .get = [](const RunSpec& s) { return optional_value(s.probe_every); },
       .set = [](RunSpec& s, const Value& v) { s.probe_every = integer(v); }},
      {.section = "probe",
       .name = "samples",
       .minimum = 2,
       .maximum = kMaxProbeSamples,
       .get = [](const RunSpec& s) { return Value(s.probe_samples); },
       .set = [](RunSpec& s, const Value& v) { s.probe_samples = integer(v); }},
      {.section = "probe",
       .name = "spectrum",
       .type = FieldType::word,
       .words = list(kSpectra),
       .get = [](const RunSpec& s) { return word_of(s.spectrum, kSpectra); },
       .set = [](RunSpec& s,
                 const Value& v) { s.spectrum = from_word<SpectrumStorage>(v, kSpectra); }},
      {.section = "probe",
       .name = "jacobians",
       .minimum = 0,
       .maximum = kMaxProbeSamples,
       .unspoken = "0",
       .get = [](const RunSpec& s) { return Value(s.probe_jacobians); },
       .set = [](RunSpec& s, const Value& v) { s.probe_jacobians = integer(v); }},
      {.section = "diagnosis",
       .name = "gradient_ratio",
       .type = FieldType::real,
       .minimum = 0,
       .maximum = kMaxReal,
       .get = [](const RunSpec& s) { return Value(s.diagnosis_gradient_ratio); },
       .set = [](RunSpec& s, const Value& v) { s.diagnosis_gradient_ratio = real(v); }},
      {.section = "diagnosis",
       .name = "vni",
       .type = FieldType::real,
       .minimum = 0,
       .maximum = 1,
       .get = [](const RunSpec& s) { return Value(s.diagnosis_vni); },
       .set = [](RunSpec& s, const Value& v) { s.diagnosis_vni = real(v); }},
      {.section = "",
       .name = "seeding",
       .type = FieldType::word,
       .words = list(kSeedings),
       .get = [](const RunSpec& s) { return word_of(s.seeding, kSeedings); },
       .set = [](RunSpec& s, const Value& v) { s.seeding = from_word<Seeding>(v, kSeedings); }},
      {.section = "grid",
       .name = "seed",
       .minimum = 0,
       .maximum = kMaxSeed,
       .can_be_axis = true,
       .get = [](const RunSpec& s) { return Value(s.seed); },
       .set = [](RunSpec& s, const Value& v) { s.seed = integer(v); }},
  };
}

/// The task's fields stand before the model's.
std::vector<Field> make_fields() {
  std::vector<Field> fields = fields_of_other_sections();
  const auto model = std::find_if(fields.begin(), fields.end(),
                                  [](const Field& field) { return field.section == "model"; });
  const std::vector<Field> task = task_fields();
  fields.insert(model, task.begin(), task.end());
  return fields;
}

/// Problem with a text, which ends up in JSON, in messages and in files of one line.
std::string check_text(const Field& field, const std::string& text) {
  constexpr std::size_t kMaxTextLength = 4096;
  if (text.empty()) return fmt::format("{} is empty", field.name);
  if (text.size() > kMaxTextLength) {
    return fmt::format("{} is longer than {} bytes", field.name, kMaxTextLength);
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return fmt::format("{} holds a control character, such as a line end", field.name);
  }
  if (!is_valid_utf8(text)) return fmt::format("{} is not UTF-8", field.name);
  return "";
}

/// "an integer or full", "one of sgd, adam, rmsprop"
std::string expected(const Field& field) {
  if (field.type == FieldType::word) return fmt::format("one of {}", fmt::join(field.words, ", "));
  const char* number = field.type == FieldType::integer ? "an integer" : "a number";
  if (field.words.empty()) return number;
  return fmt::format("{} or {}", number, fmt::join(field.words, ", "));
}

enum class Locations { kept, left_out };

nlohmann::json nested_json(const RunSpec& spec, Locations locations) {
  nlohmann::json json = nlohmann::json::object();
  for (const Field& field : all_fields()) {
    if (field.is_location && locations == Locations::left_out) continue;
    const Value value = field.get(spec);
    if (std::holds_alternative<std::monostate>(value)) continue;
    if (!field.unspoken.empty() && to_string(value) == field.unspoken) continue;
    nlohmann::json& section = field.section.empty() ? json : json[std::string(field.section)];
    section[std::string(field.name)] = to_json(value);
  }
  return json;
}

}  // namespace

std::string to_string(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* word = std::get_if<std::string>(&value)) return *word;
  return "";
}

nlohmann::json to_json(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* word = std::get_if<std::string>(&value)) return *word;
  return nullptr;
}

std::span<const Field> all_fields() {
  static const std::vector<Field> fields = make_fields();
  return fields;
}

const Field* find_field(std::string_view section, std::string_view name) {
  for (const Field& field : all_fields()) {
    if (field.section == section && field.name == name) return &field;
  }
  return nullptr;
}

const Field* find_axis_field(std::string_view name) {
  for (const Field& field : all_fields()) {
    if (field.can_be_axis && field.name == name) return &field;
  }
  return nullptr;
}

std::string check_value(const Field& field, const Value& value) {
  if (const auto* word = std::get_if<std::string>(&value)) {
    if (field.type == FieldType::text) return check_text(field, *word);
    if (std::find(field.words.begin(), field.words.end(), *word) != field.words.end()) return "";
    return fmt::format("{} must be {}, not '{}'", field.name, expected(field), *word);
  }
  if (field.type == FieldType::text) return fmt::format("{} must be text", field.name);
  if (field.type == FieldType::word) {
    return fmt::format("{} must be {}, not {}", field.name, expected(field), to_string(value));
  }
  if (field.type == FieldType::integer && std::holds_alternative<double>(value)) {
    return fmt::format("{} must be an integer, not {}", field.name, to_string(value));
  }
  const double number = real(value);
  if (std::isnan(number)) return fmt::format("{} must be a number", field.name);
  if (number < field.minimum || (!field.minimum_allowed && number == field.minimum)) {
    return fmt::format("{} must be {} {}, not {}", field.name,
                       field.minimum_allowed ? "at least" : "greater than", field.minimum,
                       to_string(value));
  }
  if (number > field.maximum) {
    return fmt::format("{} must be at most {}, not {}", field.name, field.maximum,
                       to_string(value));
  }
  return "";
}

std::vector<SpecProblem> check_spec(const RunSpec& spec) {
  std::vector<SpecProblem> problems = check_task(spec);
  const bool size_is_known = problems.empty();
  if (spec.momentum != 0.0 && spec.optimizer != Optimizer::sgd) {
    problems.push_back({"momentum", "momentum applies to the optimizer sgd only"});
  }
  if (spec.momentum >= 1.0) {
    problems.push_back({"momentum", "momentum must be less than 1"});
  }
  if (size_is_known && spec.minibatch && *spec.minibatch > task_samples(spec)) {
    problems.push_back(
        {"batch", fmt::format("batch {} is larger than the training set of {} samples;"
                              " use `batch: full`",
                              *spec.minibatch, task_samples(spec))});
  }
  if (spec.probe_jacobians > spec.probe_samples) {
    problems.push_back({"jacobians", fmt::format("jacobians are measured at the first of the {} "
                                                 "probe inputs (`samples`), so {} are too many",
                                                 spec.probe_samples, spec.probe_jacobians)});
  }
  return problems;
}

nlohmann::json spec_to_json(const RunSpec& spec) {
  return nested_json(spec, Locations::kept);
}

nlohmann::json identity_to_json(const RunSpec& spec) {
  return nested_json(spec, Locations::left_out);
}

}  // namespace vnsweep
