// A calibration that cannot be used counts as none; one that can is written and read as the same.
#include <spdlog/spdlog.h>

#include <fstream>

#include "host/forecast/calibration_file.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vnsweep;
  spdlog::set_level(spdlog::level::off);
  const CalibrationFile file(testing::scratch() / "calibration.json", "fuzz");
  std::ofstream(file.path(), std::ios::binary | std::ios::trunc) << testing::text_of(data, size);
  const Calibration calibration = file.load();
  if (calibration == Calibration{}) return 0;
  testing::require(file.save(calibration), "a calibration that was read can be written");
  testing::require(file.load() == calibration, "it is read as it was written");
  for (const auto& [processor, rates] : calibration.rates) {
    for (const std::int64_t depth : {1, 7, 100'000}) {
      const auto seconds = rates.seconds("run", depth);
      testing::require(!seconds || *seconds >= 0.0, "a time is not negative");
    }
  }
  return 0;
}
