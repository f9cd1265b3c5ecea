#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace vnsweep {

/// Measured times of one kind of worker. A family is work that differs in depth alone; its time
/// grows with depth nearly in proportion, with steps where the weights outgrow a cache, so that a
/// few depths of each are measured and the others lie between them.
class RateTable {
 public:
  /// @param seconds  of one network and one unit of work (a step, say); positive
  void set(const std::string& family, std::int64_t depth, double seconds);

  /// Time at a depth: as measured, between its measured neighbours, or in proportion to depth
  /// beyond them. Empty if nothing of the family was measured.
  std::optional<double> seconds(const std::string& family, std::int64_t depth) const;

  /// Whether the depth was measured or lies between two that are at most a factor of two apart.
  bool covers(const std::string& family, std::int64_t depth) const;

  std::size_t size() const;

  /// {"family": {"depth": seconds, ...}, ...}
  nlohmann::json to_json() const;
  /// @throws std::runtime_error if it is not of that form, or a time is not a positive number
  static RateTable from_json(const nlohmann::json& json);

  bool operator==(const RateTable&) const = default;

 private:
  std::map<std::string, std::map<std::int64_t, double>> families_;
};

}  // namespace vnsweep
