#include "host/bench/crew.hpp"

namespace vnsweep::bench {

Crew::Crew(unsigned size) : begin_(size + 1), end_(size + 1), errors_(size) {
  threads_.reserve(size);
  for (unsigned k = 0; k < size; ++k)
    threads_.emplace_back([this, k] { serve(k); });
}

Crew::~Crew() {
  work_ = nullptr;
  begin_.arrive_and_wait();
}

void Crew::run(const std::function<void(unsigned)>& work) {
  work_ = &work;
  begin_.arrive_and_wait();
  end_.arrive_and_wait();
  std::exception_ptr first;
  for (std::exception_ptr& error : errors_) {
    if (!first) first = error;
    error = nullptr;
  }
  if (first) std::rethrow_exception(first);
}

void Crew::serve(unsigned number) {
  while (true) {
    begin_.arrive_and_wait();
    if (work_ == nullptr) return;
    try {
      (*work_)(number);
    } catch (...) {
      errors_[number] = std::current_exception();
    }
    end_.arrive_and_wait();
  }
}

}  // namespace vnsweep::bench
