#include "kernels/batched/network_order.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace vnsweep::batched {
std::vector<std::int32_t> deepest_first(std::vector<std::int32_t> networks,
                                        const std::vector<int>& depths) {
  std::stable_sort(networks.begin(), networks.end(), [&](std::int32_t a, std::int32_t b) {
    return depths[static_cast<std::size_t>(a)] > depths[static_cast<std::size_t>(b)];
  });
  return networks;
}

NetworkOrder::NetworkOrder(std::vector<int> depths) : depths_(std::move(depths)) {
  active_.resize(depths_.size());
  std::iota(active_.begin(), active_.end(), 0);
  active_ = deepest_first(std::move(active_), depths_);
}

int NetworkOrder::reaching(const std::vector<std::int32_t>& networks, int layer) const {
  const auto end = std::partition_point(networks.begin(), networks.end(), [&](std::int32_t n) {
    return depths_[static_cast<std::size_t>(n)] >= layer;
  });
  return static_cast<int>(end - networks.begin());
}

std::vector<Place> NetworkOrder::places() const {
  std::vector<Place> places(depths_.size(), 0);
  for (std::size_t p = 0; p < active_.size(); ++p)
    places[static_cast<std::size_t>(active_[p])] = static_cast<Place>(p);
  for (std::size_t p = 0; p < parked_.size(); ++p)
    places[static_cast<std::size_t>(parked_[p])] = ~static_cast<Place>(p);
  return places;
}

std::vector<bool> NetworkOrder::stored() const {
  std::vector<bool> stored(depths_.size(), false);
  for (const std::int32_t n : active_)
    stored[static_cast<std::size_t>(n)] = true;
  for (const std::int32_t n : parked_)
    stored[static_cast<std::size_t>(n)] = true;
  return stored;
}

NetworkOrder NetworkOrder::changed(std::span<const std::int32_t> finished,
                                   std::span<const std::int32_t> gone) const {
  std::vector<char> is_finished(depths_.size(), 0);
  std::vector<char> is_gone(depths_.size(), 0);
  for (const std::int32_t n : finished)
    is_finished[static_cast<std::size_t>(n)] = 1;
  for (const std::int32_t n : gone)
    is_gone[static_cast<std::size_t>(n)] = 1;

  NetworkOrder next;
  next.depths_ = depths_;
  next.parked_ = parked_;
  for (const std::int32_t n : active_) {
    auto& list = is_finished[static_cast<std::size_t>(n)] != 0 ? next.parked_ : next.active_;
    list.push_back(n);
  }
  const auto drop = [&](std::int32_t n) { return is_gone[static_cast<std::size_t>(n)] != 0; };
  std::erase_if(next.active_, drop);
  std::erase_if(next.parked_, drop);
  next.parked_ = deepest_first(std::move(next.parked_), depths_);
  return next;
}

}  // namespace vnsweep::batched
