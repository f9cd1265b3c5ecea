#include "host/schedule/scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "host/plan/run_identity.hpp"
#include "host/schedule/batch_queue.hpp"
#include "host/schedule/post.hpp"
#include "host/task/data_error.hpp"

namespace vnsweep {
namespace {

/// The schedule has ended because of the sink; kept apart from what a worker throws.
class SinkFailed : public std::exception {};

/// Threads that were left behind and have not ended.
std::atomic<int> hanging_threads{0};

/// What came of the batch that a worker had in hand.
struct BatchEnd {
  std::vector<PlannedBatch> again;
  bool usable = true;  ///< whether the worker can take another
  bool interrupted = false;
  std::optional<std::string> lost;  ///< why the device is of no more use
  std::exception_ptr failure;       ///< ends the schedule
};

class Schedule {
 public:
  Schedule(BatchPlan plan, const std::vector<std::shared_ptr<Worker>>& workers,
           const ResultSink& sink, const std::stop_token& stop, HangWatch watch)
      : queue_(std::move(plan)),
        sink_(sink),
        watch_(std::move(watch)),
        on_stop_(stop, [this] { stop_everything(); }) {
    for (const auto& worker : workers)
      posts_.push_back(std::make_unique<Post>(worker));
  }

  /// @param self  this; threads that are left behind keep it alive
  ScheduleOutcome run(std::shared_ptr<Schedule> self) {
    try {
      for (const auto& post : posts_) {
        begin_serving();
        post->thread = std::thread([self, &post = *post]() mutable { attend(self, post); });
      }
    } catch (...) {
      stop_everything();  // the threads that did start must not work through the whole queue
      end_serving();
      wait_for_workers();
      throw;
    }
    wait_for_workers();
    if (failure_) std::rethrow_exception(failure_);
    outcome_.unfinished_runs += queue_.waiting_runs();
    return outcome_;
  }

 private:
  void stop_everything() {
    stop_.request_stop();
    queue_.close();
  }

  void begin_serving() {
    const std::scoped_lock lock(mutex_);
    ++serving_;
  }

  void end_serving() {
    const std::scoped_lock lock(mutex_);
    --serving_;
    worker_ended_.notify_all();
  }

  /// Until every thread has ended or is given up.
  void wait_for_workers() {
    constexpr auto kLookInterval = std::chrono::milliseconds(100);
    std::unique_lock lock(mutex_);
    while (!worker_ended_.wait_for(lock, kLookInterval, [&] { return serving_ == 0; })) {
      lock.unlock();
      give_up_who_hangs();
      lock.lock();
    }
    lock.unlock();
    for (const auto& post : posts_) {
      if (post->thread.joinable()) post->thread.join();
    }
  }

  void give_up_who_hangs() {
    if (watch_.patience == Pulse::Clock::duration::zero()) return;
    for (const auto& post : posts_) {
      auto in_hand = post->give_up_if_overdue(watch_.now(), watch_.patience);
      if (!in_hand) continue;
      ++hanging_threads;
      post->thread.detach();
      note_lost({post->worker().name(), hang_text()});
      end_serving();
      queue_.finish(std::move(*in_hand));
    }
  }

  std::string hang_text() const {
    return fmt::format(
        "it hangs (nothing came of it for {} s beyond what its work may take); "
        "--device-timeout sets how long to wait",
        std::chrono::duration_cast<std::chrono::seconds>(watch_.patience).count());
  }

  /// The whole life of a worker's thread.
  static void attend(std::shared_ptr<Schedule>& schedule, Post& post) {
    const bool in_time = schedule->serve(post);
    if (in_time) {
      schedule->end_serving();
      return;
    }
    schedule.reset();
    --hanging_threads;
  }

  /// Nothing at the end, which it is too when there is no memory to make a batch.
  std::optional<PlannedBatch> next_batch() {
    try {
      return queue_.take();
    } catch (...) {
      fail(std::current_exception());
      return std::nullopt;
    }
  }

  /// @returns false if the worker was given up
  bool serve(Post& post) {
    while (std::optional<PlannedBatch> batch = next_batch()) {
      post.begin(std::move(*batch), watch_.now());
      BatchEnd end = run_batch_in_hand(post);
      if (!post.end()) return false;  // the batch is another's by now
      const bool usable = end.usable;
      settle(post, std::move(end));
      if (!usable) return true;
    }
    return true;
  }

  BatchEnd run_batch_in_hand(Post& post) {
    try {
      return run_or_split(post);
    } catch (const SinkFailed&) {
      return {.usable = false};
    } catch (const GivenUp&) {
      return {.usable = false};
    } catch (...) {
      // Whoever made another batch of these runs would meet the same file, or want of memory.
      return {.usable = false, .failure = std::current_exception()};
    }
  }

  BatchEnd run_or_split(Post& post) {
    std::string problem;
    try {
      take_part(post);
      const ResultSink sink = [&](RunResult result) { deliver(post, std::move(result)); };
      const PhaseListener phase = [&](Pulse::Clock::duration expected) {
        post.begin_phase(watch_.now(), expected);
      };
      const BatchStatus status = post.worker().run(post.batch(), sink, stop_.get_token(), phase);
      return {.interrupted = status == BatchStatus::interrupted};
    } catch (const DeviceLost& e) {
      BatchEnd end{.usable = false, .lost = e.what()};
      if (auto rest = post.unreported()) end.again.push_back(std::move(*rest));
      return end;
    } catch (const SinkFailed&) {
      throw;
    } catch (const GivenUp&) {
      throw;
    } catch (const DataError&) {
      throw;
    } catch (const std::exception& e) {
      problem = e.what();
    } catch (...) {
      problem = "an exception that does not say what is wrong";
    }
    return {.again = isolate(post, problem)};
  }

  /// Workers that share a device lose it for the same reason.
  void note_lost(const LostDevice& device) {
    const std::scoped_lock lock(mutex_);
    std::vector<LostDevice>& lost = outcome_.lost_devices;
    if (std::find(lost.begin(), lost.end(), device) == lost.end()) lost.push_back(device);
  }

  void settle(Post& post, BatchEnd end) {
    if (end.failure) fail(end.failure);
    if (end.lost) note_lost({post.worker().name(), *end.lost});
    if (end.interrupted) {
      const auto rest = post.unreported();
      const std::scoped_lock lock(mutex_);
      outcome_.interrupted = true;
      if (rest) outcome_.unfinished_runs += rest->runs.size();
    }
    queue_.finish(std::move(end.again));
  }

  /// Leaves in hand as many of a batch's first runs as the worker takes and gives back the others,
  /// for whoever comes next.
  void take_part(Post& post) {
    std::size_t runs = post.batch().runs.size();
    if (runs == 1 || post.worker().takes(post.batch())) return;
    PlannedBatch part;
    do {
      runs = (runs + 1) / 2;
      part = split_batch(post.batch(), runs).first;
    } while (runs > 1 && !post.worker().takes(part));
    queue_.give_back(post.shorten(runs));
  }

  void deliver(Post& post, RunResult result) {
    const std::string run = run_id(result.spec);
    const auto hand_over = [&] {
      try {
        sink_(std::move(result));
      } catch (...) {
        fail(std::current_exception());
        throw SinkFailed();
      }
    };
    post.deliver(run, hand_over, watch_.now);
  }

  /// Ends the schedule.
  void fail(const std::exception_ptr& failure) {
    {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = failure;
    }
    stop_everything();
  }

  /// Halves a batch that failed, or reports its only run as an error.
  std::vector<PlannedBatch> isolate(Post& post, const std::string& problem) {
    const std::optional<PlannedBatch> batch = post.unreported();
    if (!batch) return {};
    if (batch->runs.size() > 1) {
      auto [first, second] = split_batch(*batch, batch->runs.size() / 2);
      std::vector<PlannedBatch> halves;
      halves.push_back(std::move(second));
      halves.push_back(std::move(first));
      return halves;
    }
    RunResult result;
    result.spec = batch->runs.front();
    result.status = RunStatus::error;
    result.error = problem;
    result.device = post.worker().name();
    deliver(post, std::move(result));
    return {};
  }

  BatchQueue queue_;
  const ResultSink& sink_;  // not touched by threads that are left behind
  HangWatch watch_;
  std::vector<std::unique_ptr<Post>> posts_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable worker_ended_;
  int serving_ = 0;  ///< threads that have neither ended nor been given up
  ScheduleOutcome outcome_;
  std::exception_ptr failure_;
  std::stop_callback<std::function<void()>> on_stop_;  // last: it uses what is above
};

}  // namespace

ScheduleOutcome run_schedule(BatchPlan plan, const std::vector<std::shared_ptr<Worker>>& workers,
                             const ResultSink& sink, const std::stop_token& stop, HangWatch watch) {
  const auto schedule =
      std::make_shared<Schedule>(std::move(plan), workers, sink, stop, std::move(watch));
  ScheduleOutcome outcome = schedule->run(schedule);
  outcome.interrupted =
      outcome.interrupted || (stop.stop_requested() && outcome.unfinished_runs > 0);
  return outcome;
}

bool any_thread_hangs() {
  return hanging_threads > 0;
}

}  // namespace vnsweep
