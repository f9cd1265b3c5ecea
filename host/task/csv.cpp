#include "host/task/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "host/manifest/diagnostics.hpp"
#include "host/task/csv_scanner.hpp"
#include "host/task/data_error.hpp"
#include "host/task/targets.hpp"

namespace vnsweep {
namespace {

/// A finite number, spaces around it allowed.
std::optional<double> parse_number(std::string_view text) {
  constexpr std::string_view kSpaces = " \t";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
  const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  if (has_plus) text.remove_prefix(1);
  double value = 0.0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// A text for a message, cut where a character of UTF-8 ends.
std::string shown(const std::string& text) {
  constexpr std::size_t kMaxShown = 40;
  if (text.size() <= kMaxShown) return text;
  const auto is_inside_character = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
  };
  constexpr std::size_t kLongestCharacter = 4;
  std::size_t size = kMaxShown;
  while (size > kMaxShown - kLongestCharacter && is_inside_character(size))
    --size;
  return text.substr(0, size) + "...";
}

class TableReader {
 public:
  TableReader(std::string_view text, const std::string& name, TargetKind kind)
      : scanner_(text, name), name_(name), kind_(kind) {}

  CsvData read(const std::string& target) {
    read_header(target);
    CsvData table{.target = header_[target_].text};
    FileData& data = table.data;
    data.inputs = static_cast<std::int64_t>(header_.size()) - 1;
    data.kind = kind_;
    std::vector<double> features;
    for (std::vector<CsvField> record; scanner_.next(record); ++data.samples)
      read_record(record, features, data);
    if (data.samples == 0) {
      throw DataError(fmt::format("{}: has a header and no samples", name_));
    }
    data.features = std::move(features);
    if (kind_ == TargetKind::labels) sort_labels(data);
    return table;
  }

 private:
  void read_header(const std::string& target) {
    if (!scanner_.next(header_)) {
      throw DataError(fmt::format("{}: is empty; expected a header row and samples", name_));
    }
    if (looks_like_a_sample()) {
      scanner_.fail(header_[0],
                    "the first row holds numbers alone, and would be lost as the names of columns; "
                    "add a header row");
    }
    std::set<std::string_view> names;
    for (const CsvField& field : header_) {
      if (field.text.empty()) {
        scanner_.fail(field, "a column without a name; name it, or remove the column");
      }
      if (!names.insert(field.text).second) {
        scanner_.fail(field, fmt::format("the column '{}' occurs twice", shown(field.text)));
      }
    }
    if (header_.size() < 2) {
      scanner_.fail(
          header_[0],
          "there is only one column; expected features and a target, with commas between");
    }
    target_ = header_.size() - 1;
    if (target.empty()) return;
    const auto found = std::find_if(header_.begin(), header_.end(),
                                    [&](const CsvField& field) { return field.text == target; });
    if (found == header_.end()) {
      scanner_.fail(header_[0], fmt::format("there is no column '{}'{}", shown(target),
                                            did_you_mean(target, {names.begin(), names.end()})));
    }
    target_ = static_cast<std::size_t>(found - header_.begin());
  }

  /// Numbers alone, but for the 0, 1, 2, ... that data frames without names write as theirs.
  bool looks_like_a_sample() const {
    bool counts_columns = true;
    for (std::size_t k = 0; k < header_.size(); ++k) {
      const std::optional<double> number = parse_number(header_[k].text);
      if (!number) return false;
      counts_columns = counts_columns && *number == static_cast<double>(k);
    }
    return !counts_columns;
  }

  void read_record(const std::vector<CsvField>& record, std::vector<double>& features,
                   FileData& data) {
    if (record.size() != header_.size()) {
      scanner_.fail(record[std::min(record.size(), header_.size() + 1) - 1],
                    fmt::format("the row has {} field{}, the header {}", record.size(),
                                record.size() == 1 ? "" : "s", header_.size()));
    }
    for (std::size_t k = 0; k < record.size(); ++k) {
      if (k != target_) features.push_back(number(record[k], k));
    }
    const CsvField& target = record[target_];
    if (kind_ == TargetKind::values) {
      data.values.push_back(number(target, target_));
      return;
    }
    if (target.text.empty()) scanner_.fail(target, "the label is missing");
    const auto [entry, is_new] =
        labels_.emplace(target.text, static_cast<std::int32_t>(labels_.size()));
    data.classes.push_back(entry->second);
    if (labels_.size() > kMaxClasses) {
      scanner_.fail(target, fmt::format("more than {} different labels; are they numbers to "
                                        "predict? then use `kind: values`",
                                        kMaxClasses));
    }
  }

  double number(const CsvField& field, std::size_t column) {
    const std::optional<double> value = parse_number(field.text);
    if (!value) {
      scanner_.fail(field,
                    fmt::format("'{}' in column '{}' is not a finite number{}", shown(field.text),
                                shown(header_[column].text),
                                column == target_ ? "; for classes use `kind: labels`" : ""));
    }
    if (std::abs(*value) > std::numeric_limits<float>::max()) {
      scanner_.fail(field, fmt::format("'{}' is beyond the range of float32", shown(field.text)));
    }
    return *value;
  }

  /// Gives the classes, which are numbered as they came, their final order.
  void sort_labels(FileData& data) const {
    std::map<double, std::int32_t> by_number;
    bool all_numbers = true;
    for (const auto& [text, id] : labels_) {
      const std::optional<double> value = parse_number(text);
      all_numbers = all_numbers && value;
      if (value) by_number.emplace(*value, 0);
    }
    std::int32_t rank = 0;
    for (auto& entry : by_number)
      entry.second = rank++;
    std::vector<std::int32_t> final_class(labels_.size());
    rank = 0;
    for (const auto& [text, id] : labels_) {
      final_class[static_cast<std::size_t>(id)] =
          all_numbers ? by_number.at(*parse_number(text)) : rank++;
    }
    for (std::int32_t& label : data.classes)
      label = final_class[static_cast<std::size_t>(label)];
    data.class_count = static_cast<int>(all_numbers ? by_number.size() : labels_.size());
    if (data.class_count < 2) {
      throw DataError(
          fmt::format("{}: every sample has the label '{}'; expected at least 2 classes", name_,
                      shown(labels_.begin()->first)));
    }
  }

  CsvScanner scanner_;
  const std::string& name_;
  TargetKind kind_;
  std::vector<CsvField> header_;
  std::size_t target_ = 0;
  std::map<std::string, std::int32_t> labels_;  ///< sorted by bytes; in the order of appearance
};

}  // namespace

CsvData parse_csv(std::string_view text, const std::string& name, const std::string& target,
                  TargetKind kind) {
  return TableReader(text, name, kind).read(target);
}

}  // namespace vnsweep
