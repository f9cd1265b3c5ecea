#include "host/cli/cluster_arguments.hpp"

#include <memory>
#include <string>

#include "host/cli/commands.hpp"
#include "host/plan/shard.hpp"

namespace vnsweep {

void add_submit(CLI::App& app, std::function<ExitCode()>& action) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* command = app.add_subcommand(
      "submit", "Run a sweep on a Slurm cluster, as a job array of shards and a merge");
  command->add_option("MANIFEST", options->manifest, "YAML or JSON file")->required();
  command
      ->add_option("-o,--output", options->directory,
                   "Directory of the results, on a file system that every node has")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--shards", options->shards,
                   "Parts of the sweep, a task each (default: as submitted before)")
      ->check(CLI::Range(std::size_t{1}, kMaxShards));
  command
      ->add_option("--max-parallel", options->max_parallel,
                   "Tasks of this submission that may run at the same time (default: no limit)")
      ->check(CLI::Range(std::size_t{1}, kMaxShards).description(""));
  command->add_option("-p,--partition", options->partition, "Slurm partition");
  command->add_option("-t,--time", options->time,
                      "Time limit of a task; one that does not suffice goes on in the next");
  command->add_option("--gpus-per-task", options->gpus_per_task, "GPUs of a task");
  command
      ->add_option("--device", options->device,
                   "As for run (default: cuda with --gpus-per-task, else auto)")
      ->type_name("DEVICE");
  command
      ->add_option("--threads", options->threads,
                   "CPU workers of a task (default: the processors that Slurm gives it)")
      ->check(CLI::Range(1U, 4096U));
  command->add_flag("--dry-run", options->dry_run,
                    "Print scripts and sbatch commands; write and submit nothing");
  command->allow_extras();
  command->footer("Any other option is sbatch's: --account=NAME, --mem=4G, --signal=B:USR1@300.");
  command->callback([&action, command, options] {
    options->sbatch_options = command->remaining();
    action = [options] { return submit_command(*options); };
  });
}

void add_cancel(CLI::App& app, std::function<ExitCode()>& action) {
  auto directory = std::make_shared<std::filesystem::path>();
  CLI::App* command = app.add_subcommand("cancel", "End the jobs that `submit` started");
  command->add_option("DIR", *directory, "Directory that `submit` was given")->required();
  command->callback(
      [&action, directory] { action = [directory] { return cancel_command(*directory); }; });
}

}  // namespace vnsweep
