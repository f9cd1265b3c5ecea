#include "host/plan/run_identity.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/manifest/field.hpp"
#include "kernels/numerics_version.hpp"

namespace vnsweep {

std::uint64_t run_key(const RunSpec& spec) {
  nlohmann::json physics = {{"numerics", kNumericsVersion}, {"seed", spec.seed}};
  if (spec.seeding == Seeding::independent) {
    for (const Field& field : all_fields()) {
      const bool is_physics =
          field.section == "grid" || field.section == "task" || field.section == "model";
      if (field.is_location) continue;
      const Value value = field.get(spec);
      if (is_physics && !std::holds_alternative<std::monostate>(value)) {
        physics[std::string(field.name)] = to_json(value);
      }
    }
  }
  const std::string text = physics.dump();
  return XXH3_64bits(text.data(), text.size());
}

std::string spec_text(const RunSpec& spec) {
  return spec_to_json(spec).dump();
}

std::string identity_text(const RunSpec& spec) {
  return identity_to_json(spec).dump();
}

std::string task_text(const RunSpec& spec) {
  return identity_to_json(spec).at("task").dump();
}

std::uint64_t data_key(const RunSpec& spec) {
  std::string text = task_text(spec);
  if (!spec.options->content.empty()) {
    text = nlohmann::json{{"content", spec.options->content},
                          {"data_seed", spec.options->data_seed.value_or(0)}}
               .dump();
  }
  return XXH3_64bits(text.data(), text.size());
}

std::string cell_text(const RunSpec& spec) {
  nlohmann::json json = identity_to_json(spec);
  json["grid"].erase("seed");
  return json.dump();
}

RunId binary_run_id(const RunSpec& spec) {
  const std::string text = fmt::format("{}:{}", kNumericsVersion, identity_text(spec));
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {.high = hash.high64, .low = hash.low64};
}

std::string run_id(const RunSpec& spec) {
  const RunId id = binary_run_id(spec);
  return fmt::format("{:016x}{:016x}", id.high, id.low);
}

std::optional<RunId> parse_run_id(std::string_view text) {
  constexpr std::size_t kDigits = 16;  // of one half
  if (text.size() != 2 * kDigits) return std::nullopt;
  RunId id;
  for (const auto& [first, value] :
       {std::pair(text.data(), &id.high), std::pair(text.data() + kDigits, &id.low)}) {
    const auto [end, error] = std::from_chars(first, first + kDigits, *value, 16);
    if (error != std::errc() || end != first + kDigits) return std::nullopt;
  }
  return id;
}

}  // namespace vnsweep
