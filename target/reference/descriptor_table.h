// What belongs to each descriptor, by its number: an array, since the kernel hands out the lowest
// number that is free. Gives memory back when high numbers are gone, and keeps what a small server
// needs.

#ifndef HUPSTORM_TARGET_REFERENCE_DESCRIPTOR_TABLE_H_
#define HUPSTORM_TARGET_REFERENCE_DESCRIPTOR_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace hupstorm {

// Gives back memory of `items` if they fill no more than a third of it, down to room for twice
// as many and for `least`. So memory follows a storm both ways, at a few moves for each item.
template <typename T>
void ShrinkIfSparse(std::vector<T>& items, size_t least) {
  if (items.capacity() <= least || items.size() > items.capacity() / 3) return;
  std::vector<T> smaller;
  smaller.reserve(std::max(items.size() * 2, least));
  smaller.assign(items.begin(), items.end());
  items.swap(smaller);
}

template <typename T, T kNone>
class DescriptorTable {
 public:
  DescriptorTable() { items_.reserve(kLeast); }

  T Find(int fd) const {
    const auto index = static_cast<size_t>(fd);
    return index < items_.size() ? items_[index] : kNone;
  }

  void Set(int fd, T item) {
    const auto index = static_cast<size_t>(fd);
    if (index >= items_.size()) items_.resize(index + 1, kNone);
    items_[index] = item;
  }

  void Clear(int fd) {
    items_[static_cast<size_t>(fd)] = kNone;
    if (items_.capacity() <= kLeast) return;
    while (!items_.empty() && items_.back() == kNone) items_.pop_back();
    ShrinkIfSparse(items_, kLeast);
  }

 private:
  static constexpr size_t kLeast = 512;

  std::vector<T> items_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_DESCRIPTOR_TABLE_H_
