// The JSON Schema that editors use must say what the parser says.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "host/manifest/field.hpp"
#include "host/manifest/manifest.hpp"
#include "host/plan/grid.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;

nlohmann::json schema_json() {
  return nlohmann::json::parse(
      std::ifstream(fs::path(VNSWEEP_SOURCE_DIR) / "sweeps" / "manifest.schema.json"));
}

const nlohmann::json& properties_of_task(const nlohmann::json& schema) {
  return schema["properties"]["task"]["oneOf"][1]["properties"];
}

/// YAML as JSON; plain scalars that read as numbers become numbers.
nlohmann::json to_json_tree(const YAML::Node& node) {
  if (node.IsMap()) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& entry : node)
      object[entry.first.Scalar()] = to_json_tree(entry.second);
    return object;
  }
  if (node.IsSequence()) {
    nlohmann::json array = nlohmann::json::array();
    for (const auto& entry : node)
      array.push_back(to_json_tree(entry));
    return array;
  }
  if (node.Tag() != "!") {
    const auto number = nlohmann::json::parse(node.Scalar(), nullptr, false);
    if (number.is_number()) return number;
  }
  return node.Scalar();
}

bool schema_accepts(const std::string& text) {
  const nlohmann::json document = schema_json();
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document), schema);
  const nlohmann::json target = to_json_tree(YAML::Load(text));
  return valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(target),
                                        nullptr);
}

/// @param file  data files are looked for beside it
bool parser_accepts(const std::string& text, const fs::path& file = "m.yaml") {
  try {
    expand_grid(parse_manifest(text, file.string()));
    return true;
  } catch (const ManifestError&) {
    return false;
  }
}

std::string read(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(SchemaTest, EveryShippedManifestSatisfiesSchemaAndParser) {
  int manifests = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(VNSWEEP_SOURCE_DIR) / "sweeps")) {
    if (entry.path().extension() != ".yaml") continue;
    ++manifests;
    EXPECT_TRUE(schema_accepts(read(entry.path()))) << entry.path();
    EXPECT_TRUE(parser_accepts(read(entry.path()), entry.path())) << entry.path();
  }
  EXPECT_GT(manifests, 0);
}

TEST(SchemaTest, BothRefuseTheSameMistakes) {
  const std::string good =
      "name: x\ntask: xor\ngrid: {depth: [1, 2], width: 3}\n"
      "train: {lr: 0.1, steps: 5}\nsuccess: {loss: 0.1}\n";
  ASSERT_TRUE(schema_accepts(good));
  ASSERT_TRUE(parser_accepts(good));
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"depth: [1, 2]", "dept: [1, 2]"},
           {"depth: [1, 2]", "depth: []"},
           {"depth: [1, 2]", "depth: [1, 1]"},
           {"depth: [1, 2]", "depth: [0, 2]"},
           {"depth: [1, 2]", "depth: 1.5"},
           {"depth: [1, 2]", "depth: {from: 1, to: 2}"},
           {"depth: [1, 2]", "depth: \"1\""},
           {"width: 3", "width: 3, scale: -1"},
           {"width: 3", "width: 3, scale: crit"},
           {"width: 3", "width: 3, seed: {count: 0}"},
           {"task: xor", "task: and"},
           {"task: xor", "task: {name: blobs, classes: 1}"},
           {"task: xor", "task: {name: spirals, nois: 1}"},
           {"width: 3", "width: 3, normalize: {from: 1, to: 2, step: 1}"},
           {"success: {loss: 0.1}", "success: {}"},
           {"success: {loss: 0.1}", "success: {accuracy: 2}"},
           {"lr: 0.1", "lr: 0"},
           {"lr: 0.1", "lr: 0.1, optimizer: sgdd"},
           {"lr: 0.1", "lr: 0.1, momentum: 1"},
           {"lr: 0.1", "lr: 0.1, batch: all"},
           {"name: x", "nam: x"}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_FALSE(schema_accepts(bad)) << to;
    EXPECT_FALSE(parser_accepts(bad)) << to;
  }
}

TEST(SchemaTest, KnowsEveryFieldAndWordOfTheParser) {
  const nlohmann::json schema = schema_json();
  const nlohmann::json& properties = schema["properties"];
  for (const Field& field : all_fields()) {
    const std::string name(field.name);
    const std::string section(field.section);
    if (field.can_be_axis) {
      EXPECT_TRUE(properties["grid"]["properties"].contains(name)) << name;
    }
    if (section.empty()) {
      EXPECT_TRUE(properties.contains(name)) << name;
    } else if (section == "task") {
      EXPECT_TRUE(properties_of_task(schema).contains(name)) << name;
    } else if (section != "grid") {
      EXPECT_TRUE(properties[section]["properties"].contains(name)) << section << "." << name;
    }
    for (const std::string_view word : field.words) {
      EXPECT_NE(schema.dump().find("\"" + std::string(word) + "\""), std::string::npos) << word;
    }
  }
}

TEST(SchemaTest, KnowsNoKeyThatTheParserDoesNot) {
  const nlohmann::json schema = schema_json();
  for (const char* section : {"model", "train", "success", "probe", "diagnosis"}) {
    for (const auto& [name, rule] : schema["properties"][section]["properties"].items()) {
      EXPECT_NE(find_field(section, name), nullptr) << section << "." << name;
    }
  }
  for (const auto& [name, rule] : properties_of_task(schema).items()) {
    EXPECT_NE(find_field("task", name), nullptr) << name;
  }
  const std::set<std::string> not_axes = {"zip", "exclude", "include"};
  for (const auto& [name, rule] : schema["properties"]["grid"]["properties"].items()) {
    EXPECT_TRUE(not_axes.contains(name) || find_axis_field(name) != nullptr) << name;
  }
}

}  // namespace
}  // namespace vnsweep
