// Hands on what comes in any order in that of its numbers.

#ifndef HUPSTORM_TOOLS_GATE_IN_ORDER_H_
#define HUPSTORM_TOOLS_GATE_IN_ORDER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace hupstorm {

template <typename T>
class InOrder {
 public:
  using Use = std::function<void(size_t number, T& value)>;

  // Of numbers below `count`. `use` is called once for each that is given.
  InOrder(size_t count, Use use) : waiting_(count), use_(std::move(use)) {}

  // Uses it, and what waited for it, as soon as all before it have been given. `number` is below
  // `count`, and is given once.
  void Give(size_t number, T value) {
    waiting_[number] = std::move(value);
    while (next_ < waiting_.size() && waiting_[next_]) UseNext();
  }

  // Uses what still waits: nothing will come for the gaps.
  void Finish() {
    while (next_ < waiting_.size()) {
      if (waiting_[next_]) {
        UseNext();
      } else {
        ++next_;
      }
    }
  }

 private:
  void UseNext() {
    use_(next_, *waiting_[next_]);
    waiting_[next_++].reset();
  }

  std::vector<std::optional<T>> waiting_;
  Use use_;
  size_t next_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_GATE_IN_ORDER_H_
