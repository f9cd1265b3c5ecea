#include "kernels/batched/network_order.hpp"

#include <gmock/gmock.h>

namespace vnsweep::batched {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NetworkOrderTest, DeepestFirstAndOtherwiseAsGiven) {
  const NetworkOrder order({2, 5, 1, 5, 2});

  EXPECT_THAT(order.active(), ElementsAre(1, 3, 0, 4, 2));
  EXPECT_THAT(order.parked(), IsEmpty());
  EXPECT_EQ(order.greatest_depth(), 5);
}

TEST(NetworkOrderTest, NetworksThatReachALayerAreAPrefix) {
  const NetworkOrder order({2, 5, 1, 5, 2});

  EXPECT_EQ(order.active_at(1), 5);
  EXPECT_EQ(order.active_at(2), 4);
  EXPECT_EQ(order.active_at(3), 2);
  EXPECT_EQ(order.active_at(5), 2);
  EXPECT_EQ(order.active_at(6), 0);
}

TEST(NetworkOrderTest, FinishedNetworksAreParkedBehindTheActiveOnes) {
  const NetworkOrder order = NetworkOrder({2, 5, 1, 5, 2}).changed(std::vector{2, 0}, {});
  const NetworkOrder next = order.changed(std::vector{3}, {});

  EXPECT_THAT(next.active(), ElementsAre(1, 4));
  EXPECT_THAT(next.parked(), ElementsAre(3, 0, 2));
  // At layer 2 there are networks 1, 4 and then 3, 0.
  EXPECT_EQ(next.active_at(2), 2);
  EXPECT_EQ(next.parked_at(2), 2);
  const std::vector<Place> places = next.places();
  EXPECT_EQ(stored_position(places[1], next.active_at(2)), 0);
  EXPECT_EQ(stored_position(places[4], next.active_at(2)), 1);
  EXPECT_EQ(stored_position(places[3], next.active_at(2)), 2);
  EXPECT_EQ(stored_position(places[0], next.active_at(2)), 3);
  EXPECT_EQ(stored_position(places[3], next.active_at(5)), 1);
}

TEST(NetworkOrderTest, RetiredNetworksAreGoneFromEither) {
  const NetworkOrder order =
      NetworkOrder({2, 5, 1, 5, 2}).changed(std::vector{1}, {}).changed({}, std::vector{1, 4});

  EXPECT_THAT(order.active(), ElementsAre(3, 0, 2));
  EXPECT_THAT(order.parked(), IsEmpty());
  EXPECT_THAT(order.stored(), ElementsAre(true, false, true, true, false));
}

TEST(NetworkOrderTest, WithoutNetworksThereIsNoDepth) {
  const NetworkOrder order = NetworkOrder({3}).changed({}, std::vector{0});

  EXPECT_EQ(order.greatest_depth(), 0);
  EXPECT_EQ(order.active_at(1), 0);
}

}  // namespace
}  // namespace vnsweep::batched
