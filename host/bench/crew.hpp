#pragma once

#include <barrier>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace vnsweep::bench {

/// Threads that measure side by side, as the scheduler's workers train: each stays where its data
/// are, and all begin at the same moment.
class Crew {
 public:
  /// @param size  number of threads, at least 1
  explicit Crew(unsigned size);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew();

  unsigned size() const { return static_cast<unsigned>(errors_.size()); }

  /// Calls work(k) in thread k, for k from 0 to size() - 1, and returns when all have.
  /// @throws what the first of them in the order of k has thrown
  void run(const std::function<void(unsigned)>& work);

 private:
  void serve(unsigned number);

  std::barrier<> begin_;
  std::barrier<> end_;
  const std::function<void(unsigned)>* work_ = nullptr;  // null: the threads are to end
  std::vector<std::exception_ptr> errors_;
  std::vector<std::jthread> threads_;
};

}  // namespace vnsweep::bench
