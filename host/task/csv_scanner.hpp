#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vnsweep {

/// One field of a CSV file and where it begins, counted from 1; columns count bytes.
struct CsvField {
  std::string text;
  std::int64_t line = 0;
  std::int64_t column = 0;
};

/// Splits CSV as RFC 4180 defines it into records of fields: quotes, doubled quotes and line ends
/// inside quotes, LF or CRLF. Lines without anything are passed over, and so is the byte order mark
/// of UTF-8. Own code because libraries that read CSV do not say where a field stands, and mend
/// what should be refused.
class CsvScanner {
 public:
  /// @param name  the file, for messages. Both must outlive the scanner.
  CsvScanner(std::string_view text, const std::string& name);

  /// Reads the next record. @returns false at the end of the file
  /// @throws DataError where a quote or a line end is out of place
  bool next(std::vector<CsvField>& record);

  /// @throws DataError "file:line:column: message"
  [[noreturn]] void fail(const CsvField& field, const std::string& message) const;

 private:
  bool at_end() const { return at_ == text_.size(); }
  bool at_line_end() const;
  void skip_line_end();
  CsvField here() const;
  CsvField read_field();
  void read_quoted(CsvField& field);
  void refuse_zero(char c) const;

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::int64_t line_ = 1;
};

}  // namespace vnsweep
