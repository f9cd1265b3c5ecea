#include "host/cli/interruption.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>

namespace vnsweep {
namespace {

std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

/// Shells report a process that a signal ended as 128 + its number.
constexpr int kSignalExitBase = 128;

extern "C" void handle_interruption(int signal) {
  int none = 0;
  if (received.compare_exchange_strong(none, signal)) return;
  // One terminal that closes may send several: its shell passes SIGHUP on, and so does the system.
  if (signal != SIGHUP) _exit(kSignalExitBase + signal);
}

}  // namespace

void install_interruption_handlers() {
  struct sigaction action {};
  action.sa_handler = handle_interruption;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction inherited {};
    sigaction(signal, nullptr, &inherited);
    // nohup and shells' background jobs have asked for it to be ignored.
    if (inherited.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

void outlive_closed_pipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

int interruption_signal() {
  return received.load();
}

StopOnInterruption::StopOnInterruption() {
  install_interruption_handlers();
  watcher_ = std::jthread([this](const std::stop_token& end) {
    constexpr auto kPollInterval = std::chrono::milliseconds(50);
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, end, kPollInterval, [&] { return end.stop_requested(); })) {
      if (interruption_signal() == 0) continue;
      stop_.request_stop();
      return;
    }
  });
}

}  // namespace vnsweep
