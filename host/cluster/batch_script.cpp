#include "host/cluster/batch_script.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "host/cluster/shell_quoting.hpp"

namespace vnsweep::cluster {
namespace {

/// Every task may use one node only. The signal goes to the script alone; 120 s is time enough to
/// finish a chunk of steps and commit.
constexpr const char* kShardHeader = R"sh(#!/bin/bash
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
#
# One shard of a sweep, written by `vnsweep submit`. Slurm starts it once for each index of a job
# array; its argument is how many shards come before the array's first.

)sh";

constexpr const char* kShardBody = R"sh(
shard=$(($1 + SLURM_ARRAY_TASK_ID))
database="$directory/runs-$shard.db"
attempts="$directory/slurm/attempts-$shard"  # job, size of the database, attempts that stored nothing
most_attempts=3

say() {
  echo "$(date -u +%FT%TZ) shard $shard/$shards, job ${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID: $1" >&2
}

database_size() {
  if [ -f "$database" ]; then wc -c <"$database"; else echo 0; fi
}

# Back into the queue, but not for ever without getting on.
requeue() {
  local job size count now
  read -r job size count <"$attempts" || exit 75
  now=$(($(database_size)))
  if [ "$now" -gt "$size" ]; then size=$now; count=0; else count=$((count + 1)); fi
  if [ "$count" -ge "$most_attempts" ]; then
    say "nothing was stored in $count attempts (is --time too short for one run?); not put back"
    exit 75
  fi
  # Where this cannot be kept, a requeue could come again and again.
  echo "$job $size $count" >"$attempts" || exit 75
  if [ "$cancelled" = yes ]; then exit 75; fi
  say "put back into the queue"
  trap '' TERM USR1  # the requeue ends this script
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
  exit 75
}

signals=0
cancelled=no
run=
pass_on() {
  signals=$((signals + 1))
  if [ -n "$run" ]; then kill -TERM "$run" 2>/dev/null; fi
}
trap 'say "warned of the end"; pass_on' USR1
trap 'cancelled=yes; say "ended from outside"; pass_on' TERM

known=
if [ -f "$attempts" ]; then read -r known _ <"$attempts"; fi
if [ "$known" != "$SLURM_ARRAY_JOB_ID" ]; then
  echo "$SLURM_ARRAY_JOB_ID $(($(database_size))) 0" >"$attempts" || exit 75
fi

say "start ${SLURM_RESTART_COUNT:-0} on ${SLURMD_NODENAME:-?}, GPUs ${CUDA_VISIBLE_DEVICES:-none}"
"$vnsweep" run "$manifest" -o "$directory" --shard "$shard/$shards" --device "$device" \
  --threads "$threads" --quiet &
run=$!
if [ "$signals" -gt 0 ]; then kill -TERM "$run"; fi

# A signal ends `wait` before the run has ended; 127 says that its end has been told already.
code=127
while :; do
  seen=$signals
  wait "$run"
  status=$?
  if [ "$status" -ne 127 ]; then code=$status; fi
  if [ "$seen" -eq "$signals" ]; then break; fi
done

say "end with $code"
case "$code" in
  0 | 3) rm -f "$attempts"; exit "$code" ;;
  126 | 127) exit 2 ;;  # there is no vnsweep here
esac
if [ "$cancelled" = yes ]; then exit 75; fi
# What was right at the first start may be refused later because the node of the last one was lost
# while the run there goes on.
if [ "$code" -eq 2 ] && [ "${SLURM_RESTART_COUNT:-0}" -eq 0 ]; then exit 2; fi
requeue
)sh";

constexpr const char* kMergeHeader = R"sh(#!/bin/bash
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --requeue
#SBATCH --open-mode=append
#
# Joins what the shards of a sweep wrote, written by `vnsweep submit`. It runs when they have ended, in
# whatever way, and takes what there is.

)sh";

constexpr const char* kMergeBody = R"sh(
"$vnsweep" merge "$directory"
code=$?
if [ "$code" -ne 0 ]; then exit "$code"; fi
status=$("$vnsweep" status "$directory")
code=$?
printf '%s\n' "$status"
if [ "$code" -ne 0 ]; then exit "$code"; fi
if grep -qx 'pending  0' <<<"$status"; then exit 0; fi
echo "runs are missing; the same vnsweep submit again makes them" >&2
exit 75
)sh";

std::string assignment(const char* variable, const std::string& value) {
  return fmt::format("{}={}\n", variable, shell_quoted(value));
}

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
}

}  // namespace

std::string shard_script(const ShardTask& task) {
  const std::string threads =
      task.threads > 0 ? std::to_string(task.threads) : "${SLURM_CPUS_ON_NODE:-1}";
  return kShardHeader + assignment("vnsweep", task.program.string()) +
         assignment("directory", task.directory.string()) +
         assignment("manifest", task.manifest.string()) + assignment("device", task.device) +
         fmt::format("threads={}\nshards={}\n", threads, task.shards) + kShardBody;
}

std::string merge_script(const ShardTask& task) {
  return kMergeHeader + assignment("vnsweep", task.program.string()) +
         assignment("directory", task.directory.string()) + kMergeBody;
}

std::string job_name(std::string_view sweep, const std::filesystem::path& directory) {
  constexpr std::size_t kMostLetters = 40;
  std::string plain(sweep.substr(0, kMostLetters));
  std::replace_if(
      plain.begin(), plain.end(), [](char letter) { return !is_plain(letter); }, '-');
  const std::string text = directory.string();
  return fmt::format("vnsweep-{}-{:08x}", plain,
                     static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size())));
}

}  // namespace vnsweep::cluster
