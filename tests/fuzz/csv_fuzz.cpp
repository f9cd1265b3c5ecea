// A table is refused with a DataError, or all of it can be trained on. The first byte chooses the
// kind of targets and whether a column is named; in that case the first line is its name.
#include <algorithm>
#include <string>
#include <string_view>

#include "host/task/csv.hpp"
#include "host/task/data_error.hpp"
#include "tests/fuzz/data_set_checks.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace vnsweep {
namespace {

void try_table(std::string_view input) {
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  const TargetKind kind = (choice & 1U) != 0 ? TargetKind::values : TargetKind::labels;
  std::string target;
  if ((choice & 2U) != 0) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    target = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  const CsvData table = parse_csv(input, "table.csv", target, kind);
  testing::require(target.empty() || table.target == target, "the target is the column asked for");
  testing::require(table.data.kind == kind, "the targets are of the kind asked for");
  testing::check_data_set(table.data);
}

}  // namespace
}  // namespace vnsweep

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return vnsweep::testing::feed<vnsweep::DataError>(data, size, vnsweep::try_table);
}
