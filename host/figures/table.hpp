#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/figures/figure.hpp"

namespace vnsweep::figures {

/// A table that grows by rows.
class Table {
 public:
  /// An entry of a row, in the form of a Column.
  class Entry {
   public:
    Entry(double value);       // NOLINT(google-explicit-constructor): rows read as lists of values
    Entry(std::int64_t value)  // NOLINT(google-explicit-constructor)
        : text_(std::to_string(value)) {}
    Entry(const Value& value);     // NOLINT(google-explicit-constructor)
    Entry(std::string_view text);  // NOLINT(google-explicit-constructor)
    std::string text_;
  };

  explicit Table(const std::vector<std::string>& names);
  void add(const std::vector<Entry>& entries);
  bool empty() const { return columns_.front().values.empty(); }
  std::size_t rows() const { return columns_.front().values.size(); }
  std::vector<Column> take() && { return std::move(columns_); }

 private:
  std::vector<Column> columns_;
};

}  // namespace vnsweep::figures
