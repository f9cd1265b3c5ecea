#include "host/page/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/report/curve_columns.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep::page {
namespace {

/// Beyond that many curves the sentences give their range, and a table each of them.
constexpr std::size_t kMostCurvesInSentences = 8;

std::string plural(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string share_sentence(const Summary& summary) {
  const Overall& overall = summary.overall;
  const std::string failed = overall.failed == 0 ? "none" : std::to_string(overall.failed);
  std::string sentence = fmt::format("Of {}, {} failed: P(fail) = {}", plural(overall.runs, "run"),
                                     failed, decimal_text(overall.p_fail()));
  if (overall.interval) {
    sentence += fmt::format(", {} {} interval {}", percent_text(summary.confidence),
                            summary.method == IntervalMethod::wilson ? "Wilson" : "Clopper-Pearson",
                            interval_text(*overall.interval));
  } else {
    sentence +=
        " (no interval: runs of one seed share random numbers, so they are not independent)";
  }
  const auto cells = static_cast<std::int64_t>(summary.cells.size());
  return sentence +
         (cells == 1 ? ", in one cell." : fmt::format(", over the {} cells of this grid.", cells));
}

/// Axes that differ between curves, as "width 8, scale 1.2"; empty if none does.
std::string curve_label(const Summary& summary, const DepthCurve& curve) {
  std::vector<std::string> parts;
  for (const Field* axis : curve_axes(summary)) {
    const bool differs = std::any_of(
        summary.curves.begin(), summary.curves.end(),
        [&](const DepthCurve& other) { return axis->get(other.spec) != axis->get(curve.spec); });
    if (differs) parts.push_back(axis_name(*axis) + " " + axis_text(axis->get(curve.spec)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string crossing_sentence(const Summary& summary, const DepthCurve& curve) {
  const std::string bound = depth50_interval_text(curve.depth50);
  const std::string interval =
      bound == "-" ? "" : fmt::format(" ({} interval {})", percent_text(summary.confidence), bound);
  switch (curve.depth50.crossing) {
    case Crossing::within:
      return fmt::format("half of the trainings fail at depth {}{}.", depth50_text(curve),
                         interval);
    case Crossing::deeper:
      return fmt::format("fewer than half fail at the measured depths: depth50 {}{}.",
                         depth50_text(curve), interval);
    case Crossing::shallower:
      return fmt::format("more than half fail at the measured depths: depth50 {}{}.",
                         depth50_text(curve), interval);
    case Crossing::unsettled:
      return "depth50 is unknown, as the fit did not settle.";
    case Crossing::none:
      break;
  }
  return "failure does not rise through one half with depth.";
}

std::string range_sentence(const Summary& summary) {
  std::vector<const DepthCurve*> within;
  for (const DepthCurve& curve : summary.curves) {
    if (curve.depth50.bracketed()) within.push_back(&curve);
  }
  const auto all = static_cast<std::int64_t>(summary.curves.size());
  if (within.empty()) {
    return fmt::format(
        "In none of the {} curves over depth does P(fail) rise through 1/2 within "
        "the measured depths.",
        all);
  }
  const auto [least, greatest] = std::minmax_element(
      within.begin(), within.end(), [](const DepthCurve* a, const DepthCurve* b) {
        return *a->depth50.estimate < *b->depth50.estimate;
      });
  return fmt::format(
      "Half of the trainings fail at depths from {} ({}; {} interval {}) to {} ({}; {}), in {} of "
      "{} curves over depth; the table below has each.",
      depth50_text(**least), curve_label(summary, **least), percent_text(summary.confidence),
      depth50_interval_text((*least)->depth50), depth50_text(**greatest),
      curve_label(summary, **greatest), depth50_interval_text((*greatest)->depth50), within.size(),
      all);
}

std::vector<std::string> depth_sentences(const Summary& summary) {
  if (summary.curves.size() > kMostCurvesInSentences) return {range_sentence(summary)};
  std::vector<std::string> sentences;
  for (const DepthCurve& curve : summary.curves) {
    std::string label = curve_label(summary, curve);
    if (label.empty()) label = "Against depth";
    label.front() = static_cast<char>(
        label.front() >= 'a' && label.front() <= 'z' ? label.front() - 'a' + 'A' : label.front());
    sentences.push_back(label + ": " + crossing_sentence(summary, curve));
  }
  return sentences;
}

std::string cause_sentence(const Overall& overall) {
  std::vector<std::pair<std::string, std::int64_t>> causes(overall.causes.begin(),
                                                           overall.causes.end());
  std::stable_sort(causes.begin(), causes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  for (auto& [cause, failed] : causes) {
    if (failed == 0) continue;
    std::replace(cause.begin(), cause.end(), '_', ' ');
    parts.push_back(parts.empty() ? fmt::format("{}, {} of {}", cause, failed,
                                                plural(overall.failed, "failure"))
                                  : fmt::format("{}, {}", cause, failed));
  }
  return fmt::format("{}: {}.",
                     parts.size() == 1 ? "Only cause of failure" : "Main cause of failure",
                     fmt::join(parts, "; "));
}

std::string quartiles_text(const Quartiles& quartiles, const char* runs) {
  return fmt::format("{} in {} (middle half {} to {})", decimal_text(quartiles.median),
                     plural(quartiles.count, runs), decimal_text(quartiles.low),
                     decimal_text(quartiles.high));
}

std::string indicator_sentence(const Overall& overall) {
  std::vector<std::string> parts;
  if (overall.vni_final_failed.count > 0)
    parts.push_back(quartiles_text(overall.vni_final_failed, "failed run"));
  if (overall.vni_final_succeeded.count > 0)
    parts.push_back(quartiles_text(overall.vni_final_succeeded, "successful run"));
  if (parts.empty()) return "";
  return fmt::format("Median vanishing node indicator of the last hidden layer at the end: {}.",
                     fmt::join(parts, ", "));
}

}  // namespace

std::vector<std::string> findings(const Summary& summary) {
  if (summary.overall.runs == 0) return {"No run is finished yet, so there is nothing to report."};
  std::vector<std::string> sentences = {share_sentence(summary)};
  for (std::string& sentence : depth_sentences(summary))
    sentences.push_back(std::move(sentence));
  if (summary.overall.failed > 0) sentences.push_back(cause_sentence(summary.overall));
  std::string indicator = indicator_sentence(summary.overall);
  if (!indicator.empty()) sentences.push_back(std::move(indicator));
  return sentences;
}

}  // namespace vnsweep::page
