// Any values in the rows of a database that is sound as a file are read or refused.
#include <fuzzer/FuzzedDataProvider.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/manifest/field.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "host/store/store.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/store_reading.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

/// A sound database to start from, of one run.
const std::filesystem::path& sound_database() {
  static const std::filesystem::path file = [] {
    std::filesystem::path made = testing::scratch() / "sound.db";
    Store store = Store::open_for_writing(made);
    store.begin_session();
    const RunSpec spec = testing::runs_of("{depth: 2, width: 4}").front();
    store.commit({{testing::result_of(spec, RunStatus::failed)}});
    store.end_session();
    return made;
  }();
  return file;
}

std::string number_text(FuzzedDataProvider& input) {
  switch (input.ConsumeIntegralInRange(0, 3)) {
    case 0:
      return std::to_string(input.ConsumeIntegral<std::int64_t>());
    case 1:
      return std::to_string(input.ConsumeIntegralInRange(-2, 8));
    case 2:
      return std::to_string(input.ConsumeFloatingPoint<double>());
    default:
      return input.PickValueInArray({"0", "1e308", "-1", "null", "1e999", "0.5"});
  }
}

/// The configuration of a run, with some of its fields changed.
std::string configuration(FuzzedDataProvider& input) {
  static const std::string sound = spec_text(testing::runs_of("{depth: 2, width: 4}").front());
  nlohmann::json config = nlohmann::json::parse(sound);
  const auto fields = all_fields();
  for (int changes = input.ConsumeIntegralInRange(0, 3); changes > 0; --changes) {
    const Field& field = fields[input.ConsumeIntegralInRange<std::size_t>(0, fields.size() - 1)];
    nlohmann::json& section = field.section.empty() ? config : config[std::string(field.section)];
    const std::string name(field.name);
    switch (input.ConsumeIntegralInRange(0, 3)) {
      case 0:
        section.erase(name);
        break;
      case 1:
        if (field.words.empty()) break;
        section[name] =
            field.words[input.ConsumeIntegralInRange<std::size_t>(0, field.words.size() - 1)];
        break;
      case 2:
        section[name] = nlohmann::json::parse(number_text(input), nullptr, false);
        break;
      default:
        section[name] = input.ConsumeRandomLengthString(20);
    }
  }
  // What is not UTF-8 stays as it is.
  return config.dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore);
}

void bind_value(FuzzedDataProvider& input, Statement& statement, int parameter) {
  switch (input.ConsumeIntegralInRange(0, 5)) {
    case 0:
      statement.bind(parameter, input.ConsumeIntegral<std::int64_t>());
      break;
    case 1:
      statement.bind(parameter, input.ConsumeFloatingPoint<double>());
      break;
    case 2:
      statement.bind(parameter, std::string_view(input.ConsumeRandomLengthString(40)));
      break;
    case 3:
      statement.bind_null(parameter);
      break;
    case 4: {
      const std::vector<double> layers = {
          input.ConsumeFloatingPointInRange<double>(-1.0, 3.0),
          input.PickValueInArray({0.0, 2.0, 4.0, 1e300, -1e300, std::nan("")})};
      statement.bind_blob(parameter, std::as_bytes(std::span(layers)));
      break;
    }
    default: {
      const std::vector<std::uint8_t> bytes =
          input.ConsumeBytes<std::uint8_t>(input.ConsumeIntegralInRange<std::size_t>(0, 64));
      statement.bind_blob(parameter, std::as_bytes(std::span(bytes)));
    }
  }
}

constexpr const char* kRunColumns[] = {
    "run_id", "config", "status", "cause",   "steps",       "loss",    "accuracy",  "vni_initial",
    "error",  "engine", "device", "seconds", "finished_at", "session", "m1_initial"};
constexpr const char* kProbeColumns[] = {
    "run", "step",         "samples", "vni",       "live",    "n_eff", "q", "effective_rank",
    "m1",  "gradient_rms", "m2",      "local_vni", "spectrum"};

/// Changes one value somewhere. What the tables forbid is left as it was.
void change(FuzzedDataProvider& input, Database& database) {
  try {
    switch (input.ConsumeIntegralInRange(0, 4)) {
      case 0: {
        Statement update = database.prepare("UPDATE runs SET checksum = NULL, config = ?");
        update.bind(0, std::string_view(configuration(input))).run();
        break;
      }
      case 1: {
        Statement update = database.prepare(std::string("UPDATE runs SET checksum = NULL, ") +
                                            input.PickValueInArray(kRunColumns) + " = ?");
        bind_value(input, update, 0);
        update.run();
        break;
      }
      case 2:
      case 3: {
        Statement update =
            database.prepare(std::string("UPDATE probes SET checksum = NULL, ") +
                             input.PickValueInArray(kProbeColumns) + " = ? WHERE step = ?");
        bind_value(input, update, 0);
        update.bind(1, std::int64_t{input.ConsumeBool() ? 50 : 0}).run();
        break;
      }
      default: {
        Statement update = database.prepare(input.PickValueInArray(
            {"UPDATE meta SET value = ?", "UPDATE sessions SET started_at = ?",
             "UPDATE sessions SET ended_at = ?", "INSERT OR REPLACE INTO meta VALUES('shard', ?)",
             "UPDATE sessions SET id = ?"}));
        bind_value(input, update, 0);
        update.run();
      }
    }
  } catch (const StoreError&) {
  }
}

}  // namespace
}  // namespace vnsweep

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vnsweep;
  FuzzedDataProvider input(data, size);
  const std::filesystem::path file = testing::scratch() / "runs-0.db";
  std::filesystem::copy_file(sound_database(), file,
                             std::filesystem::copy_options::overwrite_existing);
  {
    Database database(file, Database::Mode::read_write);
    database.execute("PRAGMA synchronous = OFF");
    while (input.remaining_bytes() > 0)
      change(input, database);
  }
  testing::read_everything(file);
  return 0;
}
