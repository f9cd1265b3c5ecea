#pragma once

#include <string>
#include <vector>

#include "host/figures/arrangement.hpp"
#include "host/figures/figure.hpp"

namespace vnsweep::figures {

/// What all figures are made from.
struct SweepView {
  const Summary& summary;
  std::vector<const StoredRun*> runs;  ///< without errors, in an order that only their ids decide
  std::vector<const RunSpec*> specs;   ///< of these runs
  std::vector<const RunSpec*> cells;   ///< of the summary's cells that have runs
};

SweepView view_sweep(const std::vector<StoredRun>& runs, const Summary& summary);

const Field& depth_axis();
const Field& width_axis();

/// Depths that get marks: all, or so many, evenly spread, that a picture of these lines and panels
/// stays small.
class DrawnDepths {
 public:
  DrawnDepths(const SweepView& sweep, const Arrangement& arrangement);
  bool contains(std::int64_t depth) const;
  /// A sentence for the caption if not all are drawn. Begins with a space.
  std::string note() const;

 private:
  std::vector<Value> drawn_;
  std::size_t all_ = 0;
};

/// "200 runs", "1 run".
std::string runs_text(std::int64_t runs);

/// "n = 40 runs", "n = 20 to 40 runs". @param counts  not empty
std::string sample_size_text(const std::vector<std::int64_t>& counts);

/// At most `most` of the runs, evenly spread over their order.
std::vector<const StoredRun*> sample_runs(const std::vector<const StoredRun*>& runs,
                                          std::size_t most);

}  // namespace vnsweep::figures
