// Another value for a variable, for the life of an object.

#ifndef HUPSTORM_BASE_SCOPED_VALUE_H_
#define HUPSTORM_BASE_SCOPED_VALUE_H_

#include <utility>

namespace hupstorm {

// Nests; the former value comes back on destruction, by exception too.
template <typename T>
class [[nodiscard]] ScopedValue {
 public:
  ScopedValue(T& variable, T value)
      : variable_(variable), former_(std::exchange(variable, value)) {}
  ~ScopedValue() { variable_ = former_; }
  ScopedValue(const ScopedValue&) = delete;
  ScopedValue& operator=(const ScopedValue&) = delete;

 private:
  T& variable_;
  const T former_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_SCOPED_VALUE_H_
