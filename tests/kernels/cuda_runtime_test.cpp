// What holds of the owners of CUDA's handles without a device.
#include "kernels/cuda/runtime.hpp"

#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/cuda_engine.hpp"
#include "kernels/cuda/device_context.hpp"

namespace vnsweep {
namespace {

template <class Owner>
class CudaOwnerTest : public testing::Test {};

using Owners = testing::Types<CudaStream, CudaEvent, DeviceMemory, PinnedMemory, GraphExecutable,
                              BlasHandle, SolverHandle, DeviceContext>;
TYPED_TEST_SUITE(CudaOwnerTest, Owners);

TYPED_TEST(CudaOwnerTest, MovesWithoutThrowingAndIsNeverCopied) {
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<TypeParam>);
  EXPECT_TRUE(std::is_nothrow_move_assignable_v<TypeParam>);
  EXPECT_TRUE(std::is_nothrow_destructible_v<TypeParam>);
  EXPECT_FALSE(std::is_copy_constructible_v<TypeParam>);
  EXPECT_FALSE(std::is_copy_assignable_v<TypeParam>);
}

int released = 0;
void release_nothing(void* /*handle*/) noexcept {
  ++released;
}
using CountingHandle = DeviceHandle<void*, release_nothing>;

TEST(DeviceHandleTest, EmptyHandleReleasesNothingAndNeedsNoDevice) {
  released = 0;

  {
    CountingHandle empty;
    CountingHandle moved(std::move(empty));
    empty = std::move(moved);
  }

  EXPECT_EQ(released, 0);
}

TEST(DeviceHandleTest, MovingLeavesTheSourceEmpty) {
  int target = 0;
  CountingHandle source(DeviceId(3), &target);

  const CountingHandle moved(std::move(source));

  EXPECT_EQ(source.get(), nullptr);  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(moved.get(), &target);
  EXPECT_EQ(moved.device(), DeviceId(3));
}

TEST(DeviceHandleTest, DeviceThatCannotBecomeCurrentIsNoErrorInADestructor) {
  int target = 0;
  released = 0;

  EXPECT_NO_THROW({ const CountingHandle handle(DeviceId(1 << 20), &target); });

  EXPECT_EQ(released, 0);
}

TEST(DeviceMemoryTest, NoBytesNeedNoDevice) {
  const DeviceMemory memory(DeviceId(0), 0);
  const PinnedMemory pinned(DeviceId(0), 0);

  EXPECT_EQ(memory.data(), nullptr);
  EXPECT_EQ(memory.size(), 0U);
  EXPECT_EQ(pinned.data(), nullptr);
  EXPECT_EQ(pinned.size(), 0U);
}

TEST(CudaConstructorTest, DeviceThatDoesNotExistIsAnError) {
  const DeviceId nowhere(1 << 20);

  EXPECT_THROW(CurrentDevice{nowhere}, CudaError);
  EXPECT_THROW(CudaStream{nowhere}, CudaError);
  EXPECT_THROW(CudaEvent{nowhere}, CudaError);
  EXPECT_THROW((DeviceMemory{nowhere, 16}), CudaError);
  EXPECT_THROW((PinnedMemory{nowhere, 16}), CudaError);
  EXPECT_THROW((GraphExecutable{nowhere, nullptr}), CudaError);
  EXPECT_THROW(DeviceContext{nowhere}, CudaError);
}

}  // namespace
}  // namespace vnsweep
