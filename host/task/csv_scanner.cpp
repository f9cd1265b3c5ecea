#include "host/task/csv_scanner.hpp"

#include <fmt/format.h>

#include "host/task/data_error.hpp"

namespace vnsweep {

CsvScanner::CsvScanner(std::string_view text, const std::string& name) : text_(text), name_(name) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

bool CsvScanner::next(std::vector<CsvField>& record) {
  record.clear();
  while (!at_end() && at_line_end())
    skip_line_end();
  if (at_end()) return false;
  record.push_back(read_field());
  while (!at_end() && text_[at_] == ',') {
    ++at_;
    record.push_back(read_field());
  }
  if (!at_end()) skip_line_end();
  return true;
}

void CsvScanner::fail(const CsvField& field, const std::string& message) const {
  throw DataError(fmt::format("{}:{}:{}: {}", name_, field.line, field.column, message));
}

bool CsvScanner::at_line_end() const {
  return text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n";
}

void CsvScanner::skip_line_end() {
  at_ += text_[at_] == '\n' ? 1 : 2;
  line_start_ = at_;
  ++line_;
}

CsvField CsvScanner::here() const {
  return {.line = line_, .column = static_cast<std::int64_t>(at_ - line_start_) + 1};
}

CsvField CsvScanner::read_field() {
  CsvField field = here();
  if (!at_end() && text_[at_] == '"') {
    read_quoted(field);
    return field;
  }
  const std::size_t start = at_;
  for (; !at_end() && text_[at_] != ',' && !at_line_end(); ++at_) {
    const char c = text_[at_];
    if (c == '"') fail(here(), "a quote inside a field; put the field in quotes and double it");
    if (c == '\r') fail(here(), "a carriage return without a line feed; end lines with LF or CRLF");
    refuse_zero(c);
  }
  field.text = text_.substr(start, at_ - start);
  return field;
}

void CsvScanner::refuse_zero(char c) const {
  if (c == '\0') fail(here(), "a byte 0; is it a text file in UTF-8?");
}

void CsvScanner::read_quoted(CsvField& field) {
  ++at_;
  while (true) {
    if (at_end()) fail(field, "the quote that opens here is never closed");
    const char c = text_[at_];
    refuse_zero(c);
    ++at_;
    if (c == '"') {
      const bool is_doubled = !at_end() && text_[at_] == '"';
      if (!is_doubled) break;
      ++at_;
    }
    if (c == '\n') {
      line_start_ = at_;
      ++line_;
    }
    field.text += c;
  }
  if (!at_end() && text_[at_] != ',' && !at_line_end()) {
    fail(here(), "text after a closing quote; expected a comma or the end of the line");
  }
}

}  // namespace vnsweep
