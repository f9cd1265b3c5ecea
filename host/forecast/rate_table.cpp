#include "host/forecast/rate_table.hpp"

#include <charconv>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace vnsweep {
namespace {

/// Depths further apart than this may have a cache's end between them.
constexpr double kClose = 2.0;

std::int64_t read_depth(const std::string& text) {
  std::int64_t depth = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), depth);
  if (error != std::errc() || end != text.data() + text.size() || depth < 1) {
    throw std::runtime_error("'" + text + "' is not a depth");
  }
  return depth;
}

double read_seconds(const nlohmann::json& json) {
  const double seconds = json.is_number() ? json.get<double>() : 0.0;
  if (!(seconds > 0.0) || !std::isfinite(seconds)) {
    throw std::runtime_error(json.dump() + " is not a time");
  }
  return seconds;
}

}  // namespace

void RateTable::set(const std::string& family, std::int64_t depth, double seconds) {
  families_[family][depth] = seconds;
}

std::optional<double> RateTable::seconds(const std::string& family, std::int64_t depth) const {
  const auto found = families_.find(family);
  if (found == families_.end()) return std::nullopt;
  const std::map<std::int64_t, double>& depths = found->second;
  const auto above = depths.lower_bound(depth);
  if (above != depths.end() && above->first == depth) return above->second;
  const auto in_proportion = [&](const auto& measured) {
    return measured.second * static_cast<double>(depth) / static_cast<double>(measured.first);
  };
  if (above == depths.begin()) return in_proportion(*above);
  const auto below = std::prev(above);
  if (above == depths.end()) return in_proportion(*below);
  const double share =
      static_cast<double>(depth - below->first) / static_cast<double>(above->first - below->first);
  return below->second + share * (above->second - below->second);
}

bool RateTable::covers(const std::string& family, std::int64_t depth) const {
  const auto found = families_.find(family);
  if (found == families_.end()) return false;
  const auto above = found->second.lower_bound(depth);
  if (above == found->second.end()) return false;
  if (above->first == depth) return true;
  if (above == found->second.begin()) return false;
  const double below = static_cast<double>(std::prev(above)->first);
  return static_cast<double>(above->first) <= kClose * below;
}

std::size_t RateTable::size() const {
  std::size_t size = 0;
  for (const auto& [family, depths] : families_)
    size += depths.size();
  return size;
}

nlohmann::json RateTable::to_json() const {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [family, depths] : families_) {
    for (const auto& [depth, seconds] : depths)
      json[family][std::to_string(depth)] = seconds;
  }
  return json;
}

RateTable RateTable::from_json(const nlohmann::json& json) {
  RateTable table;
  if (!json.is_object()) throw std::runtime_error("times are not an object");
  for (const auto& [family, depths] : json.items()) {
    if (!depths.is_object()) throw std::runtime_error("times of a family are not an object");
    for (const auto& [depth, seconds] : depths.items())
      table.set(family, read_depth(depth), read_seconds(seconds));
  }
  return table;
}

}  // namespace vnsweep
