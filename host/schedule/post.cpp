#include "host/schedule/post.hpp"

#include <algorithm>
#include <utility>

#include "host/plan/run_identity.hpp"

namespace vnsweep {

void Post::begin(PlannedBatch batch, Pulse::Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  batch_ = std::move(batch);
  reported_.clear();
  pulse_.begin(now);
}

void Post::begin_phase(Pulse::Clock::time_point now, Pulse::Clock::duration expected) {
  const std::scoped_lock lock(mutex_);
  check_given_up();
  pulse_.begin(now, expected);
}

PlannedBatch Post::shorten(std::size_t runs) {
  const std::scoped_lock lock(mutex_);
  check_given_up();
  auto [part, others] = split_batch(batch_, runs);
  batch_ = std::move(part);
  return std::move(others);
}

void Post::deliver(const std::string& run, const std::function<void()>& hand_over,
                   const std::function<Pulse::Clock::time_point()>& now) {
  {
    const std::scoped_lock lock(mutex_);
    check_given_up();
    reported_.push_back(run);
    pulse_.pause();
  }
  hand_over();
  const std::scoped_lock lock(mutex_);
  pulse_.begin(now());
}

std::optional<PlannedBatch> Post::unreported() const {
  const std::scoped_lock lock(mutex_);
  return rest();
}

bool Post::end() {
  const std::scoped_lock lock(mutex_);
  pulse_.pause();
  return !given_up_;
}

std::optional<std::vector<PlannedBatch>> Post::give_up_if_overdue(Pulse::Clock::time_point now,
                                                                  Pulse::Clock::duration patience) {
  const std::scoped_lock lock(mutex_);
  if (given_up_ || !pulse_.is_overdue(now, patience)) return std::nullopt;
  given_up_ = true;
  std::vector<PlannedBatch> in_hand;
  if (auto batch = rest()) in_hand.push_back(std::move(*batch));
  return in_hand;
}

std::optional<PlannedBatch> Post::rest() const {
  std::vector<RunSpec> runs;
  for (const RunSpec& spec : batch_.runs) {
    if (std::find(reported_.begin(), reported_.end(), run_id(spec)) == reported_.end()) {
      runs.push_back(spec);
    }
  }
  if (runs.empty()) return std::nullopt;
  return make_batch(std::move(runs), batch_.networks.data);
}

void Post::check_given_up() const {
  if (given_up_) throw GivenUp();
}

}  // namespace vnsweep
