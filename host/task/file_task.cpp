#include "host/task/file_task.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "host/task/csv.hpp"
#include "host/task/data_error.hpp"
#include "host/task/data_file.hpp"
#include "host/task/idx.hpp"
#include "host/task/normalize.hpp"
#include "host/task/targets.hpp"
#include "kernels/math/philox.hpp"

namespace vnsweep {
namespace {

/// What the files hold, and the hash of their bytes.
struct Reading {
  FileData data;
  std::string content;
  std::string target;
  std::string names;
};

/// @throws DataError if the bytes are not those of `content`, unless it is empty
void check_content(const std::string& names, const std::string& content,
                   const std::string& expected) {
  if (expected.empty() || content == expected) return;
  throw DataError(
      fmt::format("{}: is not the data set that was described (its content is {}, not {}); restore "
                  "the file, or make a new sweep of the new data",
                  names, content, expected));
}

Reading read_files(TaskKind task, const TaskOptions& options) {
  if (task == TaskKind::csv) {
    const DataFile file = read_data_file(options.file);
    check_content(file.name, file.hash, options.content);
    CsvData table =
        parse_csv(file.bytes, file.name, options.target, options.kind.value_or(TargetKind::labels));
    return {std::move(table.data), file.hash, std::move(table.target), file.name};
  }
  const DataFile images = read_data_file(options.images);
  const DataFile labels = read_data_file(options.labels);
  std::string names = images.name + " and " + labels.name;
  std::string content = images.hash + "+" + labels.hash;
  check_content(names, content, options.content);
  FileData data = parse_idx(images.bytes, images.name, labels.bytes, labels.name);
  return {std::move(data), std::move(content), "", std::move(names)};
}

int outputs_of(const FileData& data) {
  return data.kind == TargetKind::values ? 1 : class_outputs(data.class_count);
}

void complete(std::optional<std::int64_t>& option, std::int64_t found, const char* what,
              const std::string& names) {
  if (option && *option != found) {
    throw DataError(fmt::format("{}: {} is {}, not {}", names, what, found, *option));
  }
  option = found;
}

std::vector<std::int32_t> draw_subset(const TaskOptions& options, std::uint64_t key) {
  const auto samples = static_cast<std::int32_t>(options.samples.value());
  std::vector<std::int32_t> rows(static_cast<std::size_t>(samples));
  if (!options.subset) {
    for (std::int32_t s = 0; s < samples; ++s)
      rows[static_cast<std::size_t>(s)] = s;
    return rows;
  }
  draw_permutation({key, 0, Stream::generated_data}, samples, rows.data());
  rows.resize(static_cast<std::size_t>(*options.subset));
  return rows;
}

template <class T>
std::vector<T> taken(const std::vector<T>& all, const std::vector<std::int32_t>& rows) {
  std::vector<T> values;
  values.reserve(rows.size());
  for (const std::int32_t row : rows)
    values.push_back(all[static_cast<std::size_t>(row)]);
  return values;
}

}  // namespace

void describe_files(TaskKind task, TaskOptions& options) {
  const bool is_described = !options.content.empty() && options.samples && options.inputs &&
                            options.outputs && (task == TaskKind::idx || !options.target.empty());
  if (is_described) return;
  const Reading reading = read_files(task, options);
  options.content = reading.content;
  options.target = reading.target;
  complete(options.samples, reading.data.samples, "samples", reading.names);
  complete(options.inputs, reading.data.inputs, "inputs", reading.names);
  complete(options.outputs, outputs_of(reading.data), "outputs", reading.names);
}

TrainingData load_files(TaskKind task, const TaskOptions& options, std::uint64_t key) {
  const Reading reading = read_files(task, options);
  const FileData& file = reading.data;
  TaskOptions described = options;
  complete(described.samples, file.samples, "samples", reading.names);
  complete(described.inputs, file.inputs, "inputs", reading.names);
  complete(described.outputs, outputs_of(file), "outputs", reading.names);

  const std::vector<std::int32_t> rows = draw_subset(described, key);
  const Normalization normalization = options.normalization.value_or(Normalization::feature);
  TrainingData data{.samples = static_cast<int>(rows.size()),
                    .inputs = static_cast<int>(file.inputs),
                    .outputs = outputs_of(file),
                    .input = normalized_features(file, rows, normalization),
                    .kind = file.kind};
  if (file.kind == TargetKind::labels) {
    data.target = class_targets(taken(file.classes, rows), file.class_count);
  } else {
    std::vector<double> values = taken(file.values, rows);
    if (normalization != Normalization::none) standardize(values, 1);
    data.target.assign(values.begin(), values.end());
  }
  return data;
}

}  // namespace vnsweep
