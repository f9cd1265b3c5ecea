#include <fmt/format.h>

#include <array>
#include <iostream>
#include <utility>

#include "host/cli/commands.hpp"
#include "host/cli/output.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/manifest/field.hpp"
#include "host/report/text.hpp"
#include "host/schedule/devices.hpp"
#include "host/store/run_directory.hpp"
#include "host/verify/reproduce.hpp"

namespace vnsweep {
namespace {

std::string verdict_text(Reproduction verdict) {
  switch (verdict) {
    case Reproduction::identical:
      return "reproduced to the last bit";
    case Reproduction::rounding:
      return "reproduced up to rounding: the same outcome at the same step";
    case Reproduction::different:
      break;
  }
  return "NOT reproduced";
}

}  // namespace

ExitCode reproduce_command(const ReproduceOptions& options) {
  std::vector<Store> stores = RunDirectory(options.directory).open_for_reading();
  const StoredResult stored = find_result(stores, options.run_id);
  // A manifest would have been refused; a database may be anyone's.
  for (const SpecProblem& problem : check_spec(stored.run.spec)) {
    throw StoreError(fmt::format("run {} cannot be made ({}); its database is damaged",
                                 stored.run.run_id, problem.message));
  }
  const std::string wish = options.device.empty() ? stored.run.engine : options.device;
  const DeviceChoice device = first_of(choose_devices_here(wish, 1));
  check_precision(device, std::array{stored.run.spec});
  const NamedEngine named = std::move(make_engines(device).front());

  const StoredResult now = make_again(stored.run.spec, *named.engine);
  const std::vector<ReproducedQuantity> quantities = compare_results(stored, now);
  const Reproduction verdict = judge(quantities);

  std::vector<std::vector<std::string>> rows = {{"quantity", "stored", "now", "difference"}};
  for (const ReproducedQuantity& quantity : quantities) {
    rows.push_back(
        {quantity.name, quantity.stored.empty() ? "-" : quantity.stored,
         quantity.now.empty() ? "-" : quantity.now,
         quantity.difference == 0.0 ? "none" : fmt::format("{:.1e}", quantity.difference)});
  }
  std::cout << terminal_text(
      fmt::format("run     {}\nconfig  {}\nmade    {} by {}, now by {}\n\n{}\n{}\n",
                  stored.run.run_id, stored.run.config, stored.run.finished_at, stored.run.engine,
                  named.device, aligned_table(rows), verdict_text(verdict)));
  check_output();
  return verdict == Reproduction::different ? ExitCode::runs_errored : ExitCode::complete;
}

}  // namespace vnsweep
