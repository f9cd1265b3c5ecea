#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/store/store.hpp"

namespace vnsweep::page {

/// What one device contributed.
struct DeviceUse {
  std::string engine;
  std::string device;
  std::int64_t runs = 0;
  double seconds = 0.0;  ///< its runs' shares of their batches' wall time, summed
};

/// Who made the results, when and with what.
struct Provenance {
  std::vector<Session> sessions;   ///< of every store, in their order
  std::vector<DeviceUse> devices;  ///< by name; errors count as runs
  std::string numerics;            ///< version; several, with commas, if stores differ
  std::int64_t seeds = 0;          ///< different ones
  std::int64_t lowest_seed = 0;
  std::int64_t highest_seed = 0;
  std::string first_finished;  ///< UTC, ISO 8601; empty without runs
  std::string last_finished;
  std::string reporter;    ///< version of the program that wrote the page
  std::string written_at;  ///< UTC, ISO 8601
};

/// @param runs  of these stores, each once
Provenance collect_provenance(std::vector<Store>& stores, const std::vector<StoredRun>& runs);

}  // namespace vnsweep::page
