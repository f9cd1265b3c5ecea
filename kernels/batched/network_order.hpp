#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/host_device.hpp"

namespace vnsweep::batched {

/// Where a network stands: active networks are told by their position, parked ones by ~position.
using Place = std::int32_t;

/// Position of a network among all that are stored at a layer, where `active` of them are active.
VNS_HD inline std::int64_t stored_position(Place place, std::int32_t active) {
  return place >= 0 ? place : active + ~place;
}

/// The networks of a batch, deepest first, so that those that reach any given layer are a prefix.
///
/// Active networks are trained. Parked ones have finished and keep their weights until they are
/// retired. At each layer the active networks that reach it are stored first, then the parked ones,
/// so training sees no gap.
class NetworkOrder {
 public:
  NetworkOrder() = default;
  /// @param depths  of the batch's networks; all are active at first
  explicit NetworkOrder(std::vector<int> depths);

  /// Indices of networks in the batch, deepest first.
  const std::vector<std::int32_t>& active() const { return active_; }
  const std::vector<std::int32_t>& parked() const { return parked_; }
  int greatest_depth() const { return active_.empty() ? 0 : depth(active_.front()); }
  int depth(std::int32_t network) const { return depths_[static_cast<std::size_t>(network)]; }

  /// Networks that have at least `layer` hidden layers, layer from 1. They are a prefix.
  int active_at(int layer) const { return reaching(active_, layer); }
  int parked_at(int layer) const { return reaching(parked_, layer); }

  /// Places by network index; those of retired networks mean nothing.
  std::vector<Place> places() const;

  /// Whether each network is active or parked, by network index.
  std::vector<bool> stored() const;

  /// The order without `gone`, and with `finished`, active until now, parked.
  NetworkOrder changed(std::span<const std::int32_t> finished,
                       std::span<const std::int32_t> gone) const;

 private:
  int reaching(const std::vector<std::int32_t>& networks, int layer) const;

  std::vector<int> depths_;
  std::vector<std::int32_t> active_;
  std::vector<std::int32_t> parked_;
};

/// `networks` sorted deepest first, equal depths in their old order.
std::vector<std::int32_t> deepest_first(std::vector<std::int32_t> networks,
                                        const std::vector<int>& depths);

}  // namespace vnsweep::batched
