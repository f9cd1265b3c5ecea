#include "host/figures/table.hpp"

#include <stdexcept>

#include "host/figures/figure_text.hpp"
#include "host/report/text.hpp"

namespace vnsweep::figures {

Table::Entry::Entry(double value) : text_(number_text(value)) {}

Table::Entry::Entry(std::string_view text) : text_(printable(text, 400)) {}

Table::Entry::Entry(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  text_ = real != nullptr ? number_text(*real) : printable(to_string(value), 400);
}

Table::Table(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    columns_.push_back({.name = name, .values = {}});
}

void Table::add(const std::vector<Entry>& entries) {
  if (entries.size() != columns_.size()) {
    throw std::logic_error("a row of a figure's data has another number of entries than columns");
  }
  for (std::size_t k = 0; k < entries.size(); ++k)
    columns_[k].values.push_back(entries[k].text_);
}

}  // namespace vnsweep::figures
