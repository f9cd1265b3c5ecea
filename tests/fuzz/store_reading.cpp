#include "tests/fuzz/store_reading.hpp"

#include <ostream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/report/export.hpp"
#include "host/report/summary.hpp"
#include "host/store/store.hpp"
#include "host/store/store_merger.hpp"
#include "host/store/stored_sweep.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace vnsweep::testing {
namespace {

/// Takes everything and keeps nothing.
class Nowhere : public std::streambuf {
 protected:
  int overflow(int c) override { return c == EOF ? 0 : c; }
  std::streamsize xsputn(const char*, std::streamsize count) override { return count; }
};

const Manifest& manifest_of_sweep() {
  static const Manifest manifest = parse_manifest(
      "name: fuzz\ntask: xor\ngrid: {depth: [2, 3], width: 4, seed: {count: 3}}\n"
      "train: {lr: 0.1, steps: 10}\nsuccess: {loss: 0.1}\n",
      "fuzz.yaml");
  return manifest;
}

/// Runs `action`; a StoreError is the documented way to refuse.
template <class Action>
void may_refuse(Action action) {
  try {
    action();
  } catch (const StoreError&) {
  }
}

void show(std::vector<Store>& stores) {
  Nowhere nowhere;
  std::ostream out(&nowhere);
  out.exceptions(std::ios::badbit);
  may_refuse([&] {
    const Summary summary =
        summarize(manifest_of_sweep(), read_sweep(stores).runs, IntervalMethod::wilson, 0.95);
    write_summary_table(summary, out);
    write_summary_csv(summary, out);
    write_summary_json(summary, out);
  });
  for (const ExportFormat format : {ExportFormat::csv, ExportFormat::json}) {
    may_refuse([&] { export_runs(stores, format, ExportDetail::full, out); });
    may_refuse([&] { export_probes(stores, format, out); });
  }
}

void count(std::vector<Store>& stores) {
  Store& store = stores.front();
  may_refuse([&] { progress_of(manifest_of_sweep(), stored_outcomes(stores)); });
  may_refuse([&] { store.sessions(); });
  may_refuse([&] { store.shard(); });
  may_refuse([&] { store.latest_rate(); });
}

void merge(Store& source) {
  may_refuse([&] {
    Store target = Store::in_memory();
    StoreMerger merger(target);
    merger.add(source);
    merger.add(source);
    merger.commit();
  });
}

}  // namespace

void read_everything(const std::filesystem::path& file) {
  may_refuse([&] {
    std::optional<Store> store = Store::open_if_filled(file);
    if (!store) return;
    std::vector<Store> stores;
    stores.push_back(std::move(*store));
    count(stores);
    show(stores);
    merge(stores.front());
  });
  may_refuse([&] {
    Store store = Store::open_for_writing(file);
    store.begin_session();
    store.outcomes();
    store.end_session();
  });
}

}  // namespace vnsweep::testing
