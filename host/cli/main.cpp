#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "host/cli/cluster_arguments.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/help_arguments.hpp"
#include "host/cli/output.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/manifest/diagnostics.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/scheduler.hpp"
#include "host/store/run_directory.hpp"
#include "host/store/sqlite.hpp"

namespace vnsweep {
namespace {

const char* const kDescription =
    "Trains many independent deep networks and estimates how likely training is to fail,\n"
    "and whether vanishing nodes or vanishing/exploding gradients are the cause.\n\n"
    "  vnsweep plan sweeps/quickstart.yaml        what would be run, and how long it takes\n"
    "  vnsweep run sweeps/quickstart.yaml -o DIR  run it; the same command again goes on\n"
    "  vnsweep summary DIR                        probability of failure with its interval\n"
    "  vnsweep report DIR                         figures and a page, in DIR/report";

using Action = std::function<ExitCode()>;

CLI::Option* add_device(CLI::App* command, std::string& device) {
  return command
      ->add_option("--device", device,
                   "auto (every GPU, else the CPU), cpu, cuda, cuda:0,2, cuda:0,cpu or reference")
      ->type_name("DEVICE")
      ->capture_default_str();
}

CLI::Option* add_threads(CLI::App* command, unsigned& threads) {
  return command->add_option("--threads", threads, "CPU workers (default: one per processor)")
      ->check(CLI::Range(1U, 4096U));
}

CLI::Option* add_workers_per_gpu(CLI::App* command, unsigned& workers) {
  return command
      ->add_option("--workers-per-gpu", workers,
                   "Batches that each GPU works on at a time, of which each has its share of the "
                   "memory")
      ->check(CLI::Range(1U, 64U))
      ->capture_default_str();
}

/// An option that takes one of a few words.
template <class T>
CLI::Option* add_choice(CLI::App* command, const std::string& name, T& target,
                        const std::map<std::string, T>& choices, const std::string& help) {
  const auto assign = [&target, choices](const std::string& word) { target = choices.at(word); };
  std::vector<std::string> words;
  for (const auto& entry : choices)
    words.push_back(entry.first);
  return command->add_option_function<std::string>(name, assign, help)
      ->type_name(CLI::detail::join(words, "|"))
      ->check(CLI::IsMember(words).description(""));
}

void add_format(CLI::App* command, TableFormat& format) {
  add_choice<TableFormat>(
      command, "--format", format,
      {{"table", TableFormat::table}, {"csv", TableFormat::csv}, {"json", TableFormat::json}},
      "table, csv or json (default: table)");
}

CLI::Option* add_shard(CLI::App* command, std::optional<Shard>& shard, const char* help) {
  return command
      ->add_option_function<std::string>(
          "--shard", [&shard](const std::string& text) { shard = parse_shard(text); }, help)
      ->type_name("i/n")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return parse_shard(text)
                       ? std::string()
                       : fmt::format("must be i/n with 1 <= i <= n <= {}, 2/16 say", kMaxShards);
          },
          ""));
}

void add_run(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command =
      app.add_subcommand("run", "Run what a manifest asks for and is not stored yet");
  command->add_option("MANIFEST", options->manifest, "YAML or JSON file")->required();
  command
      ->add_option("-o,--output", options->directory,
                   "Directory of the results (default: runs/<manifest's file name>)")
      ->type_name("DIR");
  add_device(command, options->device);
  add_threads(command, options->threads);
  add_workers_per_gpu(command, options->workers_per_gpu);
  add_shard(command, options->shard,
            "Make the i-th of n parts of the sweep; the others may run elsewhere at the same time");
  command->add_flag("-q,--quiet", options->quiet, "No progress, only problems");
  command
      ->add_option("--log-json", options->log_json,
                   "File that events are appended to, one JSON object a line")
      ->type_name("FILE");
  command
      ->add_option("--device-timeout", options->device_timeout,
                   "Seconds until a device from which nothing comes is given up and its runs go to "
                   "the others; what its work may take is added (0: never)")
      ->check(CLI::Range(0U, 10'000'000U).description(""))
      ->capture_default_str();
  command->callback([&action, options] {
    if (options->quiet) spdlog::set_level(spdlog::level::warn);
    action = [options] { return run_command(*options); };
  });
}

void add_plan(CLI::App& app, Action& action) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* command =
      app.add_subcommand("plan", "Show a manifest's runs, batches, memory and predicted time");
  command->add_option("MANIFEST", options->manifest, "YAML or JSON file")->required();
  add_device(command, options->device);
  add_threads(command, options->threads);
  add_workers_per_gpu(command, options->workers_per_gpu);
  add_choice<TableFormat>(command, "--format", options->format,
                          {{"table", TableFormat::table}, {"json", TableFormat::json}},
                          "table or json (default: table)");
  add_shard(command, options->shard, "Plan the i-th of n parts of the sweep");
  command
      ->add_option("--calibration", options->calibration,
                   "File that keeps what was measured (default: vnsweep/calibration.json in "
                   "$XDG_CACHE_HOME or ~/.cache)")
      ->type_name("FILE");
  command->add_flag("--recalibrate", options->recalibrate, "Forget it and measure again");
  command->callback([&action, options] { action = [options] { return plan_command(*options); }; });
}

void add_status(CLI::App& app, Action& action) {
  auto directory = std::make_shared<std::filesystem::path>();
  auto watch = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("status", "Count done, failed, pending and errored runs");
  command->add_option("DIR", *directory, "Directory that `run` wrote")->required();
  command->add_flag(
      "-w,--watch", *watch,
      "Show it again every 2 s (20 s with jobs) until nobody writes to the directory and no "
      "job will");
  command->callback([&action, directory, watch] {
    action = [directory, watch] { return status_command(*directory, *watch); };
  });
}

/// How intervals of P(fail) are made.
void add_interval(CLI::App* command, IntervalMethod& method, double& confidence) {
  add_choice<IntervalMethod>(
      command, "--interval,--method", method,
      {{"wilson", IntervalMethod::wilson}, {"clopper-pearson", IntervalMethod::clopper_pearson}},
      "wilson or clopper-pearson, which is exact (default: wilson)");
  command->add_option("--confidence", confidence, "Confidence of the interval, in (0, 1)")
      ->capture_default_str()
      ->check([](const std::string& text) {
        const double value = std::strtod(text.c_str(), nullptr);
        return value > 0.0 && value < 1.0 ? std::string() : "must be between 0 and 1";
      });
}

void add_summary(CLI::App& app, Action& action) {
  auto options = std::make_shared<SummaryOptions>();
  CLI::App* command =
      app.add_subcommand("summary", "Probability of failure per cell, with its interval");
  command->add_option("DIR", options->directory, "Directory that `run` wrote")->required();
  add_format(command, options->format);
  add_interval(command, options->method, options->confidence);
  command->callback(
      [&action, options] { action = [options] { return summary_command(*options); }; });
}

void add_compare(CLI::App& app, Action& action) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = app.add_subcommand(
      "compare", "Cells of two sweeps side by side, with a test of the difference of P(fail)");
  command->add_option("DIR1", options->first, "Directory that `run` wrote")->required();
  command->add_option("DIR2", options->second, "Another one; differences are DIR2 minus DIR1")
      ->required();
  using Test = std::optional<ComparisonTest>;
  add_choice<Test>(command, "--test", options->test,
                   {{"auto", Test()},
                    {"fisher", Test(ComparisonTest::fisher)},
                    {"mcnemar", Test(ComparisonTest::mcnemar)}},
                   "mcnemar for runs that share random numbers, fisher for independent runs, or "
                   "auto: mcnemar where nine runs in ten have a partner (default: auto)");
  add_format(command, options->format);
  add_interval(command, options->method, options->confidence);
  command->callback(
      [&action, options] { action = [options] { return compare_command(*options); }; });
}

void add_report(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command =
      app.add_subcommand("report", "Write figures and a page that opens without a network");
  command->add_option("DIR", options->directory, "Directory that `run` wrote")->required();
  command
      ->add_option("-o,--output", options->output,
                   "Folder of the report; an earlier report there is replaced (default: "
                   "DIR/report)")
      ->type_name("DIR");
  add_interval(command, options->method, options->confidence);
  command->callback(
      [&action, options] { action = [options] { return report_command(*options); }; });
}

void add_export(CLI::App& app, Action& action) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand("export", "Write the stored runs or probes");
  command->add_option("DIR", options->directory, "Directory that `run` wrote")->required();
  add_choice<bool>(command, "--table", options->probes, {{"runs", false}, {"probes", true}},
                   "runs or probes")
      ->required();
  add_choice<ExportFormat>(command, "--format", options->format,
                           {{"csv", ExportFormat::csv}, {"json", ExportFormat::json}},
                           "csv or json (default: csv)");
  auto full = std::make_shared<bool>(false);
  command->add_flag("--full", *full, "Runs: add paths, engine, device, seconds and time of day");
  command->callback([&action, options, full] {
    if (*full) options->detail = ExportDetail::full;
    action = [options] { return export_command(*options); };
  });
}

void add_theory(CLI::App& app, Action& action) {
  auto options = std::make_shared<TheoryOptions>();
  CLI::App* command =
      app.add_subcommand("theory", "Mean-field predictions at initialisation, without training");
  CLI::Option* manifest =
      command->add_option("MANIFEST", options->manifest,
                          "YAML or JSON file; every cell of its grid. Or give lists with commas:");
  const auto add_list = [&](const char* name, std::string& list, const char* help) {
    return command->add_option(name, list, help)->excludes(manifest)->capture_default_str();
  };
  add_list("--depth", options->depth, "Hidden layers: 2,10,60");
  add_list("--width", options->width, "Nodes per hidden layer: 16,32");
  add_list("--scale", options->scale, "sigma_w: 0.9,1,critical");
  add_list("--activation", options->activation, "tanh,relu");
  add_list("--init", options->init, "gaussian,orthogonal");
  add_list("--bias-scale", options->bias_scale, "sigma_b: 0,0.05");
  CLI::Option* inputs =
      command
          ->add_option("--inputs", options->inputs,
                       "Dimension d of the probe inputs N(0, 1)^d, over which predictions average")
          ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30))
          ->excludes(manifest)
          ->capture_default_str();
  command->add_option("--q1", options->q1, "Instead of --inputs: one input with this q_1")
      ->excludes(manifest)
      ->excludes(inputs);
  command->add_flag("--layers", options->layers, "One row for every layer of a cell");
  add_format(command, options->format);
  command->callback(
      [&action, options] { action = [options] { return theory_command(*options); }; });
}

void add_merge(CLI::App& app, Action& action) {
  auto options = std::make_shared<MergeOptions>();
  CLI::App* command = app.add_subcommand("merge", "Join what the shards of a sweep wrote");
  command->add_option("DIR", options->directories, "Directories that `run` wrote")->required();
  command
      ->add_option("-o,--output", options->output,
                   "Directory of the joined results; may exist (default: DIR itself, whose "
                   "shards become one file)")
      ->type_name("DIR");
  command
      ->add_option("--prefer", options->prefer,
                   "Where results of a run differ, keep those of this DIR; without it, differing "
                   "results are refused")
      ->type_name("DIR");
  command->callback([&action, options] { action = [options] { return merge_command(*options); }; });
}

void add_trace(CLI::App& app, Action& action) {
  auto options = std::make_shared<TraceOptions>();
  CLI::App* command = app.add_subcommand(
      "trace", "Train one run and write weights, data and losses for other programs");
  command->add_option("MANIFEST", options->manifest, "YAML or JSON file")->required();
  command->add_option("--index", options->index, "Which run of the grid, from 0")
      ->check(CLI::NonNegativeNumber.description(""))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "safetensors file")
      ->required()
      ->type_name("FILE");
  add_device(command, options->device);
  command->callback([&action, options] { action = [options] { return trace_command(*options); }; });
}

void add_reproduce(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReproduceOptions>();
  CLI::App* command =
      app.add_subcommand("reproduce", "Make one stored run again and compare every number");
  command->add_option("DIR", options->directory, "Directory that `run` wrote")->required();
  command->add_option("RUN_ID", options->run_id, "Id of the run, or the beginning of it")
      ->required();
  command
      ->add_option("--device", options->device, "As for run (default: the kind that made the run)")
      ->type_name("DEVICE");
  command->callback(
      [&action, options] { action = [options] { return reproduce_command(*options); }; });
}

void add_bench(CLI::App& app, Action& action) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand(
      "bench", "Measure parameter updates per second and their share of what the machine reaches");
  const auto add_list = [&](const char* name, auto& list, const char* help, auto least, auto most) {
    return command->add_option(name, list, help)
        ->delimiter(',')
        ->check(CLI::Range(least, most).description(""));
  };
  command
      ->add_option("--device", options->device,
                   "cpu, reference or one GPU, such as cuda:0; shares are those of cpu alone")
      ->type_name("DEVICE")
      ->capture_default_str();
  add_list("--threads", options->threads, "CPU workers: 1,8 (default: 1, and one per processor)",
           1U, 4096U);
  add_list("--width", options->widths, "Nodes per hidden layer", 1, 1 << 16)->capture_default_str();
  add_list("--depth", options->depths, "Hidden layers", 1, 1 << 20)->capture_default_str();
  add_list("--batch", options->batches, "B, samples of a step", 1, 1 << 20)->capture_default_str();
  command->add_option("--optimizer", options->optimizers, "sgd,adam")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--activation", options->activation, "As in a manifest")
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "Time of training, per point")
      ->check(CLI::Range(1e-3, 1e4).description(""))
      ->capture_default_str();
  command
      ->add_option("--networks", options->networks,
                   "Networks of each worker (default: as many as suit the shape)")
      ->check(CLI::Range(1, 1 << 20).description(""));
  add_choice<TableFormat>(command, "--format", options->format,
                          {{"table", TableFormat::table}, {"json", TableFormat::json}},
                          "table or json (default: table)");
  command->callback([&action, options] { action = [options] { return bench_command(*options); }; });
}

void add_verify(CLI::App& app, Action& action) {
  auto device = std::make_shared<std::string>("auto");
  CLI::App* command =
      app.add_subcommand("verify", "Compare a device with the double-precision reference");
  add_device(command, *device);
  command->callback([&action, device] { action = [device] { return verify_command(*device); }; });
}

void add_devices(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("devices", "List what --device accepts on this machine");
  command->callback([&action] { action = devices_command; });
}

/// The text of a message, fit for a terminal.
class ShownMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string text = terminal_text({message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return spdlog::details::make_unique<ShownMessage>();
  }
};

void install_logger() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<ShownMessage>('*').set_pattern("vnsweep: %^%l%$: %*");
  const auto logger = spdlog::stderr_color_mt("vnsweep");
  logger->set_formatter(std::move(formatter));
  spdlog::set_default_logger(logger);
}

int report(const std::exception& error, ExitCode code) {
  spdlog::error("{}", error.what());
  return static_cast<int>(code);
}

int run_main(int argc, char** argv) {
  CLI::App app(kDescription, "vnsweep");
  app.footer(exit_code_text());
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  Action action;
  add_run(app, action);
  add_plan(app, action);
  add_status(app, action);
  add_summary(app, action);
  add_compare(app, action);
  add_report(app, action);
  add_export(app, action);
  add_theory(app, action);
  add_submit(app, action);
  add_cancel(app, action);
  add_merge(app, action);
  add_trace(app, action);
  add_reproduce(app, action);
  add_bench(app, action);
  add_verify(app, action);
  add_devices(app, action);
  add_help(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(e, out, err);
    // Help on standard output; what is wrong, with the argument that is, on standard error.
    std::cout << out.str() << std::flush;
    std::cerr << terminal_text(err.str()) << std::flush;
    return code == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  try {
    return static_cast<int>(action());
  } catch (const ManifestError& e) {
    // The message begins with file:line:column, as editors expect it.
    write_message(fmt::format("{}\n", terminal_text(e.what())));
    return static_cast<int>(ExitCode::usage);
  } catch (const StoreWriteError& e) {
    return report(e, ExitCode::interrupted);
  } catch (const std::filesystem::filesystem_error& e) {
    spdlog::error("cannot use {} ({}); check the path and its permissions", e.path1().string(),
                  e.code().message());
    return static_cast<int>(ExitCode::usage);
  } catch (const std::bad_alloc&) {
    spdlog::error("out of memory; use fewer threads or a smaller grid");
    return static_cast<int>(ExitCode::runs_errored);
  } catch (const std::exception& e) {
    return report(e, ExitCode::usage);
  }
}

/// A thread that hangs in a device would hold up the orderly end, or use what that destroys.
void leave_if_a_thread_hangs(int code) {
  if (!any_thread_hangs()) return;
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace
}  // namespace vnsweep

int main(int argc, char** argv) {
  vnsweep::fill_closed_streams();
  try {
    vnsweep::install_logger();
    const int code = vnsweep::run_main(argc, argv);
    vnsweep::leave_if_a_thread_hangs(code);
    return code;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "vnsweep: error: %s\n", e.what());
    return static_cast<int>(vnsweep::ExitCode::usage);
  }
}
