#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "host/manifest/field.hpp"
#include "host/manifest/manifest.hpp"
#include "host/report/depth_curve.hpp"
#include "host/report/overall.hpp"
#include "host/stats/interval.hpp"
#include "host/store/store.hpp"
#include "host/theory/mean_field.hpp"

namespace vnsweep {

/// Repetitions of one configuration: runs that differ in the seed alone.
struct Cell {
  RunSpec spec;  ///< of any of its runs; the seed means nothing
  std::int64_t runs = 0;
  std::int64_t failed = 0;
  std::int64_t errors = 0;        ///< not counted in runs
  Interval interval;              ///< of the probability of failure
  double vni_initial_mean = 0.0;  ///< last hidden layer; NaN if no run has a live node there
  double vni_final_mean = 0.0;
  double n_eff_final_mean = 0.0;
  double m1_initial_mean = 0.0;  ///< of the Jacobian at step 0; NaN if it was not measured
  double local_vni_initial_mean = 0.0;
  LayerPrediction theory;                      ///< of these two, at the last hidden layer
  std::map<std::string, std::int64_t> causes;  ///< failed runs by cause, every cause present

  double p_fail() const;  ///< NaN without runs
};

struct Summary {
  std::string name;
  double confidence = 0.95;
  IntervalMethod method = IntervalMethod::wilson;
  std::vector<const Field*> axes;  ///< depth, width, scale, then every other field that varies
  std::vector<Cell> cells;         ///< sorted by axes from the last to the first but depth fastest
  std::int64_t errors = 0;         ///< of all cells
  bool has_jacobians = false;      ///< whether any cell's were measured
  std::vector<DepthCurve> curves;  ///< sorted like the cells
  Overall overall;
};

/// Estimates the probability of failure of every cell, and how it goes with depth.
Summary summarize(const Manifest& manifest, const std::vector<StoredRun>& runs,
                  IntervalMethod method, double confidence);

/// Cells, then the curves over depth, for people to read.
void write_summary_table(const Summary& summary, std::ostream& out);
/// Cells alone: a file of CSV holds one table.
void write_summary_csv(const Summary& summary, std::ostream& out);
/// Everything. Source: DESIGN.md section 3.
void write_summary_json(const Summary& summary, std::ostream& out);

}  // namespace vnsweep
