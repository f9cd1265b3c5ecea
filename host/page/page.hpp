#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "host/figures/figure.hpp"
#include "host/manifest/manifest.hpp"
#include "host/page/provenance.hpp"
#include "host/plan/sweep_progress.hpp"
#include "host/report/summary.hpp"
#include "host/store/store.hpp"

namespace vnsweep::page {

/// A figure as the page shows it.
struct ShownFigure {
  figures::Figure figure;
  std::string svg;  ///< the drawing; empty: not drawn, its data are shown instead
  bool has_files =
      false;  ///< whether figures/<name>.svg, .pdf and .png are there; .csv and .gp are
};

/// All that a page says.
struct Content {
  Manifest manifest;
  std::vector<StoredRun> runs;  ///< each once
  Summary summary;              ///< of these runs
  SweepProgress::Counts counts;
  std::size_t others = 0;  ///< runs stored that the manifest does not ask for
  Provenance provenance;
  std::vector<ShownFigure> figures;
  std::string figure_problem;  ///< why figures were not drawn and what to do; empty: none
  std::string directory;       ///< of the sweep, as commands are to name it
};

/// The whole page: one HTML document in UTF-8 that needs nothing else. Numbers are the texts of
/// `summary`; whatever comes from a manifest or a database is escaped.
std::string page_html(const Content& content);

}  // namespace vnsweep::page
