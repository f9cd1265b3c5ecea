#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "kernels/engine.hpp"

namespace vnsweep::testing {

/// One way to train that the tests of all engines are run on.
struct EngineUnderTest {
  std::string name;
  std::function<std::unique_ptr<Engine>()> make;
  std::string unavailable;  ///< why there is none on this machine, or empty
  /// Of losses, relative: how exact the activation and the loss are.
  double loss_tolerance = 1e-6;
  /// Whether a network's bits do not depend on the rest of its batch.
  bool bits_are_its_own = true;
};

inline std::ostream& operator<<(std::ostream& stream, const EngineUnderTest& engine) {
  return stream << engine.name;
}

/// The engines of this executable: each links a source file that says which.
std::vector<EngineUnderTest> engines_under_test();

/// Those that can be compared with the reference.
inline std::vector<EngineUnderTest> candidates_under_test() {
  std::vector<EngineUnderTest> engines = engines_under_test();
  std::erase_if(engines, [](const EngineUnderTest& e) { return e.name == "reference"; });
  return engines;
}

/// A test of every engine, with one to use; skipped where there is none.
class EngineTest : public ::testing::TestWithParam<EngineUnderTest> {
 protected:
  void SetUp() override {
    if (!GetParam().unavailable.empty()) GTEST_SKIP() << GetParam().unavailable;
    engine_ = GetParam().make();
  }
  std::unique_ptr<Engine> make_another() const { return GetParam().make(); }

  std::unique_ptr<Engine> engine_;
};

inline std::string engine_name(const ::testing::TestParamInfo<EngineUnderTest>& test) {
  return test.param.name;
}

}  // namespace vnsweep::testing
