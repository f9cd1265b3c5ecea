#include <fmt/format.h>

#include <algorithm>

#include "host/page/escape.hpp"
#include "host/page/sections.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep::page {
namespace {

/// Bytes of the resolved manifest that the page holds; a file of the directory has all of it.
constexpr std::size_t kMostManifest = 100'000;
constexpr std::uint64_t kMostValues = 12;

std::string axis_values(const Axis& axis) {
  std::vector<std::string> values;
  const bool whole = axis.count <= kMostValues;
  for (std::uint64_t k = 0; k < std::min<std::uint64_t>(axis.count, whole ? kMostValues : 3); ++k)
    values.push_back(to_string(axis.value(k)));
  std::string text = fmt::format("{}", fmt::join(values, ", "));
  if (!whole) {
    text += fmt::format(", ..., {} ({} values)", to_string(axis.value(axis.count - 1)), axis.count);
  }
  if (axis.adaptive) text += "; as many as each cell needs";
  return text;
}

bool has_files(const Manifest& manifest) {
  const auto fields = all_fields();
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
    const Value value = field.get(manifest.base);
    const auto* text = std::get_if<std::string>(&value);
    return field.is_location && text != nullptr && !text->empty();
  });
}

std::string fact(std::string_view name, std::string_view text) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_html(name), escape_html(text));
}

}  // namespace

std::string sweep_section(const Content& content) {
  const Manifest& manifest = content.manifest;
  std::string facts = "<dl>\n";
  facts += fact("task", to_string(find_field("task", "name")->get(manifest.base)));
  for (const AxisGroup& group : manifest.groups) {
    for (const Axis& axis : group.axes) {
      std::string text = axis_values(axis);
      if (group.axes.size() > 1) text += "; advances together with others (zip)";
      facts += fact(axis_name(*axis.field), text);
    }
  }
  if (!manifest.exclusions.empty())
    facts += fact("points left out", fmt::format("{} rules", manifest.exclusions.size()));
  if (!manifest.inclusions.empty())
    facts += fact("points added", fmt::format("{} rules", manifest.inclusions.size()));
  facts += fact("runs",
                fmt::format("{} wanted, {} succeeded, {} failed, {} with errors, {} missing",
                            content.counts.wanted, content.counts.succeeded, content.counts.failed,
                            content.counts.errors, content.counts.missing));
  if (content.others > 0) {
    facts += fact("of earlier manifests",
                  fmt::format("{} runs more, which this page counts too", content.others));
  }
  facts += "</dl>\n";

  std::string text =
      manifest.resolved.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string note;
  if (text.size() > kMostManifest) {
    note = fmt::format(
        "<p class=\"notice\">Its first {} of {} bytes; manifest.json of the "
        "directory has all of it.</p>\n",
        kMostManifest, text.size());
    text.resize(kMostManifest);
  }
  return section("sweep", "What was run",
                 facts + "<details><summary>Manifest, resolved</summary>\n" + note +
                     command_block(text) + "</details>\n");
}

std::string provenance_section(const Content& content) {
  const Provenance& provenance = content.provenance;
  std::string facts = "<dl>\n";
  facts += fact("numerics version", provenance.numerics);
  if (provenance.seeds > 0) {
    facts += fact("seeds", fmt::format("{} different, from {} to {}", provenance.seeds,
                                       provenance.lowest_seed, provenance.highest_seed));
    facts += fact("seeding", to_string(find_field("", "seeding")->get(content.manifest.base)));
    facts += fact("runs finished", fmt::format("from {} to {} (UTC)", provenance.first_finished,
                                               provenance.last_finished));
  }
  facts += fact("this page", fmt::format("written {} by vnsweep {}", provenance.written_at,
                                         provenance.reporter));
  facts += "</dl>\n";

  std::vector<std::vector<std::string>> devices = {{"engine", "device", "runs", "seconds"}};
  for (const DeviceUse& use : provenance.devices) {
    devices.push_back({use.engine.empty() ? "-" : use.engine, use.device.empty() ? "-" : use.device,
                       std::to_string(use.runs), fmt::format("{:.3g}", use.seconds)});
  }
  std::vector<std::vector<std::string>> sessions = {
      {"started", "ended", "host", "runs", "vnsweep"}};
  for (const Session& session : provenance.sessions) {
    sessions.push_back({session.started_at,
                        session.ended_at.empty() ? "no orderly end" : session.ended_at,
                        session.host, std::to_string(session.runs), session.version});
  }
  return section(
      "provenance", "Provenance",
      facts + table("Devices; seconds are the runs' shares of their batches' time", devices) +
          table("Sessions of vnsweep run (times in UTC)", sessions));
}

std::string reproduce_section(const Content& content) {
  const std::string directory = shell_word(content.directory);
  // Files of data are found relative to a manifest; the resolved one has absolute paths.
  const std::string manifest = shell_word(
      content.directory + (has_files(content.manifest) ? "/manifest.json" : "/manifest.yaml"));
  std::string body =
      "<p>Make one run again and compare every number with what is stored. The last column of the "
      "table of cells names a run of each; <code>export</code> lists all of them.</p>\n";
  body += command_block(fmt::format(
      "vnsweep reproduce {0} RUN_ID\nvnsweep export {0} --table runs > runs.csv", directory));
  body +=
      "<p>Make the whole sweep again in another directory, or go on with what is missing in this "
      "one.</p>\n";
  body += command_block(
      fmt::format("vnsweep run {1} -o NEW_DIRECTORY\nvnsweep run {1} -o {0}", directory, manifest));
  body += "<p>The numbers of this page, and those behind its figures.</p>\n";
  body += command_block(fmt::format(
      "vnsweep summary {0} --interval {1} --confidence {2} --format json\n"
      "vnsweep export {0} --table probes > probes.csv",
      directory, content.summary.method == IntervalMethod::wilson ? "wilson" : "clopper-pearson",
      content.summary.confidence));
  return section("reproduce", "Reproduce", body);
}

}  // namespace vnsweep::page
