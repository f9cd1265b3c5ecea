#include "kernels/cuda/device_query.hpp"

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "kernels/cuda/device_problem.hpp"

namespace vnsweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Sets CUDA_VISIBLE_DEVICES for one test.
class VisibleDevices {
 public:
  explicit VisibleDevices(const char* value) {
    if (const char* before = std::getenv(kName)) before_ = before;
    setenv(kName, value, 1);
  }
  VisibleDevices(const VisibleDevices&) = delete;
  VisibleDevices& operator=(const VisibleDevices&) = delete;
  ~VisibleDevices() {
    if (before_) {
      setenv(kName, before_->c_str(), 1);
    } else {
      unsetenv(kName);
    }
  }

 private:
  static constexpr const char* kName = "CUDA_VISIBLE_DEVICES";
  std::optional<std::string> before_;
};

TEST(CudaDeviceQueryTest, ThereAreDevicesOrThereIsAProblem) {
  const CudaAvailability found = query_cuda_devices();

  EXPECT_EQ(found.devices.empty(), !found.problem.empty()) << found.problem;
}

TEST(CudaDeviceQueryTest, NothingIsFoundWhereNothingIsVisible) {
  // A child that starts anew, and not as a copy of a process in which CUDA may run already.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const char* value : {"", "-1", "GPU-00000000-0000-0000-0000-000000000000", "nonsense"}) {
    const VisibleDevices visible(value);

    // CUDA reads the variable once, so each value has a process of its own.
    EXPECT_EXIT(
        {
          const CudaAvailability found = query_cuda_devices();
          const bool explained =
              found.problem.find("CUDA_VISIBLE_DEVICES is '" + std::string(value) + "'") !=
                  std::string::npos ||
              found.problem.find("no NVIDIA driver") != std::string::npos;
          std::exit(found.devices.empty() && explained ? 0 : 1);
        },
        testing::ExitedWithCode(0), "")
        << value;
  }
}

TEST(CudaDeviceQueryTest, DescribesOnlyDevicesThatExist) {
  EXPECT_THROW(describe_cuda_device(DeviceId(1 << 20)), std::runtime_error);
}

TEST(CudaDeviceQueryTest, VersionTextNamesToolkitRuntimeAndDriver) {
  const std::string toolkit = version_words(CUDART_VERSION);

  EXPECT_THAT(cuda_version_text(),
              AllOf(HasSubstr("toolkit " + toolkit + ", runtime " + toolkit), HasSubstr("driver")));
}

TEST(CudaProblemTest, NoDriverIsToldFromAnOldOne) {
  const std::string none = explain_no_device({.status = cudaErrorInsufficientDriver,
                                              .driver_version = 0,
                                              .toolkit_version = 13000,
                                              .visible_devices = {}});
  const std::string old = explain_no_device({.status = cudaErrorInsufficientDriver,
                                             .driver_version = 12040,
                                             .toolkit_version = 13000,
                                             .visible_devices = {}});

  EXPECT_THAT(none, AllOf(HasSubstr("no NVIDIA driver"), HasSubstr("580 or later"),
                          Not(HasSubstr("too old"))));
  EXPECT_THAT(old, AllOf(HasSubstr("too old"), HasSubstr("CUDA 12.4"), HasSubstr("CUDA 13.0"),
                         HasSubstr("580 or later")));
}

TEST(CudaProblemTest, NoDeviceNamesTheVariableThatHidesThem) {
  for (const char* value : {"", "-1", "7"}) {
    const std::string problem = explain_no_device({.status = cudaErrorNoDevice,
                                                   .driver_version = 13000,
                                                   .toolkit_version = 13000,
                                                   .visible_devices = value});

    EXPECT_THAT(problem, HasSubstr("CUDA_VISIBLE_DEVICES is '" + std::string(value) + "'"));
    EXPECT_THAT(problem, HasSubstr("unset it"));
  }
}

TEST(CudaProblemTest, NoDeviceWithoutTheVariableSaysNothingOfIt) {
  const std::string problem = explain_no_device({.status = cudaErrorNoDevice,
                                                 .driver_version = 13000,
                                                 .toolkit_version = 13000,
                                                 .visible_devices = {}});

  EXPECT_THAT(problem, AllOf(HasSubstr("finds no GPU"), HasSubstr("nvidia-smi"),
                             Not(HasSubstr("CUDA_VISIBLE_DEVICES"))));
}

TEST(CudaProblemTest, DriverThatDoesNotStartIsNamedWithWhatHelps) {
  const auto problem = [](cudaError_t status) {
    return explain_no_device({.status = status,
                              .driver_version = 13000,
                              .toolkit_version = 13000,
                              .visible_devices = {}});
  };

  EXPECT_THAT(problem(cudaErrorUnknown),
              AllOf(HasSubstr("cudaErrorUnknown"), HasSubstr("nvidia_uvm")));
  EXPECT_THAT(problem(cudaErrorSystemNotReady), HasSubstr("nvidia-fabricmanager"));
  EXPECT_THAT(problem(cudaErrorSystemDriverMismatch), HasSubstr("restart the machine"));
}

TEST(CudaProblemTest, UnsupportedDevicesAreNamedWithWhatToBuild) {
  CudaDeviceInfo volta;
  volta.name = "Tesla V100";
  volta.compute_major = 7;
  CudaDeviceInfo turing;
  turing.id = DeviceId(1);
  turing.name = "Tesla T4";
  turing.compute_major = 7;
  turing.compute_minor = 5;

  const std::string problem = explain_unsupported({volta, turing, turing}, "80-real 90");

  EXPECT_THAT(problem, HasSubstr("device 0, Tesla V100, has compute capability 7.0"));
  EXPECT_THAT(problem, HasSubstr("device 1, Tesla T4, has compute capability 7.5"));
  EXPECT_THAT(problem, HasSubstr("the build is for 80-real 90"));
  EXPECT_THAT(problem, HasSubstr("-DCMAKE_CUDA_ARCHITECTURES='70;75'"));
}

TEST(CudaArchitectureTest, MachineCodeRunsOnItsMajorVersionOnly) {
  EXPECT_TRUE(has_code_for("80-real", 8, 0));
  EXPECT_TRUE(has_code_for("80-real", 8, 9));
  EXPECT_FALSE(has_code_for("86-real", 8, 0));
  EXPECT_FALSE(has_code_for("80-real", 9, 0));
  EXPECT_FALSE(has_code_for("80-real", 7, 5));
}

TEST(CudaArchitectureTest, PtxRunsOnEverythingNewer) {
  EXPECT_TRUE(has_code_for("90-virtual", 9, 0));
  EXPECT_TRUE(has_code_for("90-virtual", 12, 0));
  EXPECT_TRUE(has_code_for("80-real 90-real 100", 12, 1));
  EXPECT_FALSE(has_code_for("80-real 90-real 100", 7, 5));
  EXPECT_FALSE(has_code_for("90", 8, 9));
}

TEST(CudaArchitectureTest, SuffixesLimitWhatPtxRunsOn) {
  EXPECT_TRUE(has_code_for("90a", 9, 0));
  EXPECT_FALSE(has_code_for("90a-virtual", 10, 0));
  EXPECT_TRUE(has_code_for("100f", 10, 3));
  EXPECT_FALSE(has_code_for("100f", 12, 0));
}

TEST(CudaArchitectureTest, WordsAreTakenForAMatchAndNothingIsNone) {
  EXPECT_TRUE(has_code_for("native", 7, 5));
  EXPECT_TRUE(has_code_for("all-major", 12, 0));
  EXPECT_FALSE(has_code_for("", 9, 0));
}

}  // namespace
}  // namespace vnsweep
