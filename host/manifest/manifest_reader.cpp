#include "host/manifest/manifest_reader.hpp"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "host/manifest/axis_reader.hpp"
#include "host/manifest/task_completion.hpp"
#include "host/manifest/yaml_documents.hpp"
#include "host/manifest/yaml_reader.hpp"

namespace vnsweep {
namespace {

constexpr std::size_t kMaxNameLength = 200;
constexpr std::size_t kMaxDescriptionLength = 10'000;

class Reader {
 public:
  Reader(std::string_view text, const std::string& file) : diagnostics_(file, text) {
    manifest_.file = file;
    manifest_.source = std::string(text);
  }

  Manifest read() {
    const YAML::Node root = parse();
    if (root.IsMap()) {
      read_root(root);
    } else if (diagnostics_.empty()) {
      diagnostics_.error({}, root.IsDefined() && !root.IsNull()
                                 ? "a manifest is a mapping with the keys name, task and grid"
                                 : "the manifest is empty (it needs name, task and grid)");
    }
    diagnostics_.throw_if_any();
    manifest_.resolved = resolved_manifest(manifest_);
    return std::move(manifest_);
  }

 private:
  YAML::Node parse() {
    try {
      if (const auto second = second_document(manifest_.source)) {
        diagnostics_.error(*second, "a manifest is a single YAML document, which ends before this");
      }
      return YAML::Load(manifest_.source);
    } catch (const YAML::DeepRecursion& e) {
      diagnostics_.error({e.mark.line, e.mark.column},
                         "nested too deeply for a manifest; is it the right file?");
    } catch (const YAML::Exception& e) {
      diagnostics_.error({e.mark.line, e.mark.column}, "not valid YAML: " + e.msg);
    }
    return {};
  }

  // ---- sections ----

  void read_root(const YAML::Node& root) {
    std::map<std::string_view, YamlReader::Handler> handlers;
    handlers["name"] = [this](const YAML::Node&, const YAML::Node& value) {
      manifest_.name = yaml_.read_text(value, "name", kMaxNameLength).value_or("?");
    };
    handlers["description"] = [this](const YAML::Node&, const YAML::Node& value) {
      manifest_.description =
          yaml_.read_text(value, "description", kMaxDescriptionLength).value_or("");
    };
    handlers["task"] = [this](const YAML::Node&, const YAML::Node& value) { read_task(value); };
    handlers["grid"] = [this](const YAML::Node& key, const YAML::Node& value) {
      manifest_.grid_position = position_of(key);
      read_grid(value);
    };
    handlers["seeding"] = [this](const YAML::Node&, const YAML::Node& value) {
      set_field(*find_field("", "seeding"), value, position_of(value));
    };
    for (const std::string_view section : {"model", "train", "success", "probe", "diagnosis"}) {
      handlers[section] = [this, section](const YAML::Node&, const YAML::Node& value) {
        read_section(section, value);
      };
    }
    yaml_.for_each_key(root, "the manifest", handlers);
    check_required(root);
    complete_task(manifest_, diagnostics_);
  }

  /// Remembers where a field was given, also by the name that no other section has.
  void place(const Field& field, SourcePosition position) {
    manifest_.positions.emplace(field.name, position);
    manifest_.positions.emplace(fmt::format("{}.{}", field.section, field.name), position);
  }

  void set_field(const Field& field, const YAML::Node& node, SourcePosition position) {
    given_[&field] = position;
    place(field, position);
    if (const std::optional<Value> value = yaml_.read_value(node, field)) {
      field.set(manifest_.base, *value);
    }
  }

  void read_section(std::string_view section, const YAML::Node& node) {
    if (!node.IsMap()) {
      yaml_.error(node, fmt::format("{} must be a mapping, not {}", section, describe(node)));
      return;
    }
    std::map<std::string_view, YamlReader::Handler> handlers;
    for (const Field& field : all_fields()) {
      if (field.section != section) continue;
      handlers[field.name] = [this, &field](const YAML::Node& key, const YAML::Node& value) {
        set_field(field, value, position_of(key));
      };
    }
    yaml_.for_each_key(node, section, handlers);
  }

  void read_task(const YAML::Node& node) {
    if (node.IsScalar()) {
      set_field(*find_field("task", "name"), node, position_of(node));
    } else {
      read_section("task", node);
    }
  }

  // ---- grid ----

  void read_grid(const YAML::Node& grid) {
    if (!grid.IsMap()) {
      yaml_.error(grid, fmt::format("grid must be a mapping of axes, not {}", describe(grid)));
      return;
    }
    std::map<std::string_view, YamlReader::Handler> handlers =
        axis_handlers([this](const Field& field, Axis axis) { axes_[&field] = std::move(axis); });
    std::optional<YAML::Node> zip;
    std::optional<YAML::Node> exclude;
    std::optional<YAML::Node> include;
    handlers["zip"] = [&](const YAML::Node&, const YAML::Node& value) { zip = value; };
    handlers["exclude"] = [&](const YAML::Node&, const YAML::Node& value) { exclude = value; };
    handlers["include"] = [&](const YAML::Node&, const YAML::Node& value) { include = value; };
    yaml_.for_each_key(grid, "grid", handlers);

    // These name axes, so they are read after all of them.
    if (zip) read_zip(*zip);
    group_axes();
    if (exclude) read_exclude(*exclude);
    if (include) read_include(*include);
  }

  std::map<std::string_view, YamlReader::Handler> axis_handlers(
      const std::function<void(const Field&, Axis)>& store) {
    std::map<std::string_view, YamlReader::Handler> handlers;
    for (const Field& field : all_fields()) {
      if (!field.can_be_axis) continue;
      handlers[field.name] = [this, &field, store](const YAML::Node& key, const YAML::Node& value) {
        named_axes_.insert(&field);
        place(field, position_of(key));
        std::optional<Axis> axis = read_axis(yaml_, value, field);
        if (!axis) return;
        axis->position = position_of(key);
        store(field, std::move(*axis));
      };
    }
    return handlers;
  }

  void read_zip(const YAML::Node& node) {
    const bool single_group = node.IsSequence() && node.size() > 0 && node[0].IsScalar();
    if (single_group) {
      read_zip_group(node);
      return;
    }
    if (!node.IsSequence() || node.size() == 0) {
      yaml_.error(node, "zip must list the axes that advance together: [width, lr]");
      return;
    }
    for (const YAML::Node& group : node)
      read_zip_group(group);
  }

  void read_zip_group(const YAML::Node& node) {
    if (!node.IsSequence() || node.size() < 2) {
      yaml_.error(node, "a zip needs at least two axes");
      return;
    }
    // Nothing is moved before the whole group is known to be sound.
    std::vector<const Field*> fields;
    for (const YAML::Node& entry : node) {
      const Field* field = entry.IsScalar() ? find_axis_field(entry.Scalar()) : nullptr;
      if (field == nullptr || !named_axes_.contains(field)) {
        yaml_.error(
            entry, fmt::format("zip names {}, which is not an axis of this grid", describe(entry)));
        return;
      }
      if (!zipped_.insert(field).second) {
        yaml_.error(entry, fmt::format("{} is zipped twice", field->name));
        return;
      }
      if (!axes_.contains(field)) return;  // the axis has an error of its own
      if (axes_.at(field).adaptive) {
        yaml_.error(entry, "seeds that are added as needed cannot be zipped; give their count");
        return;
      }
      const Axis& first = axes_.at(fields.empty() ? field : fields.front());
      if (axes_.at(field).count != first.count) {
        yaml_.error(
            entry, fmt::format("zipped axes must be of equal length: {} has {} values, {} has {}",
                               first.field->name, first.count, field->name, axes_.at(field).count));
        return;
      }
      fields.push_back(field);
    }
    AxisGroup group;
    for (const Field* field : fields) {
      group.axes.push_back(std::move(axes_.at(field)));
      axes_.erase(field);
    }
    manifest_.groups.push_back(std::move(group));
  }

  /// Orders the groups as the table of fields orders their first axes: seed varies fastest.
  void group_axes() {
    for (auto& entry : axes_)
      manifest_.groups.push_back({{std::move(entry.second)}});
    axes_.clear();
    std::sort(manifest_.groups.begin(), manifest_.groups.end(),
              [](const AxisGroup& a, const AxisGroup& b) {
                return a.axes.front().field < b.axes.front().field;
              });
  }

  void read_exclude(const YAML::Node& node) {
    if (!node.IsSequence()) {
      yaml_.error(node, "exclude must be a list of points: [{depth: 60, width: 8}]");
      return;
    }
    for (const YAML::Node& entry : node) {
      if (!entry.IsMap() || entry.size() == 0) {
        yaml_.error(entry,
                    "an excluded point is a mapping of axes to values: {depth: 60, width: 8}");
        continue;
      }
      Exclusion exclusion;
      exclusion.position = position_of(entry);
      std::map<std::string_view, YamlReader::Handler> handlers;
      for (const Field* field : named_axes_) {
        handlers[field->name] = [this, field, &exclusion](const YAML::Node&,
                                                          const YAML::Node& value) {
          Exclusion::Condition condition{.field = field};
          if (value.IsSequence()) {
            for (const YAML::Node& v : value) {
              if (auto parsed = yaml_.read_value(v, *field)) condition.values.push_back(*parsed);
            }
          } else if (auto parsed = yaml_.read_value(value, *field)) {
            condition.values.push_back(*parsed);
          }
          check_seeds_are_listed(*field, position_of(value));
          exclusion.conditions.push_back(std::move(condition));
        };
      }
      yaml_.for_each_key(entry, "an excluded point", handlers);
      manifest_.exclusions.push_back(std::move(exclusion));
    }
  }

  void read_include(const YAML::Node& node) {
    if (!node.IsSequence()) {
      yaml_.error(node, "include must be a list of points: [{depth: 100, width: 64}]");
      return;
    }
    for (const YAML::Node& entry : node) {
      if (!entry.IsMap() || entry.size() == 0) {
        yaml_.error(entry,
                    "an included point is a mapping of axes to values: {depth: 100, width: 64}");
        continue;
      }
      Inclusion inclusion;
      const std::set<const Field*> declared = named_axes_;
      yaml_.for_each_key(entry, "an included point",
                         axis_handlers([this, &inclusion](const Field& field, Axis axis) {
                           check_seeds_are_listed(field, axis.position);
                           if (axis.adaptive) refuse_adaptive_seeds(axis.position);
                           inclusion.axes.push_back(std::move(axis));
                         }));
      named_axes_ = declared;
      manifest_.inclusions.push_back(std::move(inclusion));
    }
  }

  /// A cell with adaptive seeds has the first ones, as many as it needs: none can be named.
  void check_seeds_are_listed(const Field& field, SourcePosition position) {
    if (field.name == "seed" && manifest_.adaptive_seeds()) refuse_adaptive_seeds(position);
  }

  void refuse_adaptive_seeds(SourcePosition position) {
    diagnostics_.error(position,
                       "seeds that are added as needed ({min, max, halfwidth}) are for the whole "
                       "grid; exclude and include cannot name seeds then");
  }

  // ---- what only shows in the whole ----

  void check_required(const YAML::Node& root) {
    const SourcePosition top = position_of(root);
    if (manifest_.name.empty()) diagnostics_.error(top, "the manifest has no `name`");
    for (const Field& field : all_fields()) {
      const bool given = given_.contains(&field);
      const bool axis = field.can_be_axis && named_axes_.contains(&field);
      if (given && axis) {
        diagnostics_.error(given_.at(&field),
                           fmt::format("{} is given twice: under {} and as an axis of the grid",
                                       field.name, field.section));
      }
      if (field.required && !given && !axis) {
        diagnostics_.error(top, fmt::format("{} is missing: add it under `{}`{}", field.name,
                                            field.section, example(field)));
      }
    }
    const bool has_threshold = given_.contains(find_field("success", "accuracy")) ||
                               given_.contains(find_field("success", "loss"));
    const bool malformed = root["success"].IsDefined() && !root["success"].IsMap();
    if (!has_threshold && !malformed) {
      diagnostics_.error(top,
                         "success has no threshold: add `success: {accuracy: 1.0, loss: 0.1}` or "
                         "one of the two");
    }
  }

  static std::string example(const Field& field) {
    if (field.name == "name") return ", e.g. `task: xor`";
    if (field.name == "depth") return ", e.g. `depth: [2, 10, 60]`";
    if (field.name == "width") return ", e.g. `width: [8, 32]`";
    if (field.name == "lr") return ", e.g. `lr: 0.1`";
    if (field.name == "steps") return ", e.g. `steps: 1000`";
    return "";
  }

  Diagnostics diagnostics_;
  YamlReader yaml_{diagnostics_};
  Manifest manifest_;
  std::map<const Field*, SourcePosition> given_;
  std::map<const Field*, Axis> axes_;
  std::set<const Field*> named_axes_;
  std::set<const Field*> zipped_;
};

}  // namespace

Manifest read_manifest(std::string_view text, const std::string& file) {
  return Reader(text, file).read();
}

}  // namespace vnsweep
