#include <string>

#include "host/manifest/manifest.hpp"

namespace vnsweep {

nlohmann::json resolved_manifest(const Manifest& manifest) {
  nlohmann::json json = spec_to_json(manifest.base);
  json["name"] = manifest.name;
  if (!manifest.description.empty()) json["description"] = manifest.description;
  nlohmann::json grid = nlohmann::json::object();
  nlohmann::json zip = nlohmann::json::array();
  for (const Field& field : all_fields()) {
    const bool own_value = field.section == "grid" && !field.required;
    if (!own_value) continue;
    // A list, as axes are written, so that resolving once more changes nothing.
    grid[std::string(field.name)] = nlohmann::json::array({to_json(field.get(manifest.base))});
  }
  for (const AxisGroup& group : manifest.groups) {
    nlohmann::json names = nlohmann::json::array();
    for (const Axis& axis : group.axes) {
      const std::string name(axis.field->name);
      grid[name] = axis.canonical;
      names.push_back(name);
      if (axis.field->section != "grid") {
        nlohmann::json& section = json[std::string(axis.field->section)];
        section.erase(name);
        if (section.empty()) json.erase(std::string(axis.field->section));
      }
    }
    if (names.size() > 1) zip.push_back(names);
  }
  if (!zip.empty()) grid["zip"] = zip;
  for (const Exclusion& exclusion : manifest.exclusions) {
    nlohmann::json point = nlohmann::json::object();
    for (const auto& [field, values] : exclusion.conditions) {
      nlohmann::json list = nlohmann::json::array();
      for (const Value& value : values)
        list.push_back(to_json(value));
      point[std::string(field->name)] = list;
    }
    grid["exclude"].push_back(point);
  }
  for (const Inclusion& inclusion : manifest.inclusions) {
    nlohmann::json point = nlohmann::json::object();
    for (const Axis& axis : inclusion.axes)
      point[std::string(axis.field->name)] = axis.canonical;
    grid["include"].push_back(point);
  }
  json["grid"] = grid;
  return json;
}

}  // namespace vnsweep
