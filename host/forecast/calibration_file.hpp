#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/forecast/pilot.hpp"
#include "host/forecast/rate_table.hpp"

namespace vnsweep {

/// What is known of a machine's speed and of how early runs end.
struct Calibration {
  std::map<std::string, RateTable> rates;  ///< by processor, with how many of them work at once

  /// @returns null if there was no pilot of this sweep
  const Pilot* find_pilot(const std::string& sweep) const;
  /// Keeps a pilot in place of an earlier one of its sweep; forgets the oldest where there are
  /// many.
  void keep_pilot(const std::string& sweep, Pilot pilot);

  struct SweepPilot {
    std::string sweep;
    Pilot pilot;

    bool operator==(const SweepPilot&) const = default;
  };
  std::vector<SweepPilot> pilots;  ///< oldest first

  bool operator==(const Calibration&) const = default;
};

/// A Calibration on disk, good for one program: another may be faster.
///   {"format": 1, "program": "...", "rates": {"<processor>": {"<work>": {"<depth>": seconds}}},
///    "pilots": [{"sweep": "...", "outcomes": [[steps, failed], ...]}, ...]}
class CalibrationFile {
 public:
  /// @param file  empty: nothing is kept
  /// @param program  identifies the program
  CalibrationFile(std::filesystem::path file, std::string program);

  /// What the file holds; nothing if it is not there, of another program or not readable, which is
  /// said on standard error: what was lost can be measured again.
  Calibration load() const;

  /// Replaces the file in one go, so that no reader sees half of it. A file that cannot be written
  /// is said on standard error. @returns whether it was written
  bool save(const Calibration& calibration) const;

  const std::filesystem::path& path() const { return file_; }

  /// $XDG_CACHE_HOME/vnsweep/calibration.json or ~/.cache/vnsweep/calibration.json; empty if the
  /// environment has neither.
  static std::filesystem::path default_path();

 private:
  std::filesystem::path file_;
  std::string program_;
};

/// Hash of the running program itself. @returns `otherwise` if it cannot be read
std::string program_identity(const std::string& otherwise);

/// "AMD EPYC, AVX3_ZEN4": model of the processor and the instruction set in use.
std::string processor_text();

}  // namespace vnsweep
