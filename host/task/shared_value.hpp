#pragma once

#include <memory>
#include <utility>

namespace vnsweep {

/// A value whose copies share one object until one of them is changed: copying costs a pointer.
/// Millions of runs hold the same options of their task.
template <class T>
class SharedValue {
 public:
  const T& operator*() const { return value_ ? *value_ : default_value(); }
  const T* operator->() const { return &**this; }

  /// Calls `change` with a copy of its own, which then takes the place of the shared one.
  template <class Change>
  void change(Change change) {
    auto changed = std::make_shared<T>(**this);
    change(*changed);
    value_ = std::move(changed);
  }

  bool operator==(const SharedValue& other) const {
    return value_ == other.value_ || **this == *other;
  }

 private:
  static const T& default_value() {
    static const T value{};
    return value;
  }

  std::shared_ptr<const T> value_;  ///< null: T{}
};

}  // namespace vnsweep
