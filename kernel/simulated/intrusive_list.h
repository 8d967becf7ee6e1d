// A doubly linked list whose links live in its elements: joining and leaving cost a few stores and
// no allocation. An element can be in as many lists as it has links.

#ifndef HUPSTORM_KERNEL_SIMULATED_INTRUSIVE_LIST_H_
#define HUPSTORM_KERNEL_SIMULATED_INTRUSIVE_LIST_H_

namespace hupstorm::simulated {

template <typename T>
struct Link {
  T* previous = nullptr;
  T* next = nullptr;
  bool linked = false;
};

template <typename T, Link<T> T::*kLink>
class IntrusiveList {
 public:
  bool empty() const { return first_ == nullptr; }
  T* first() const { return first_; }
  T* last() const { return last_; }
  static T* Next(const T* element) { return (element->*kLink).next; }
  static T* Previous(const T* element) { return (element->*kLink).previous; }
  static bool IsLinked(const T* element) { return (element->*kLink).linked; }

  void PushBack(T* element) {
    element->*kLink = {.previous = last_, .next = nullptr, .linked = true};
    (last_ != nullptr ? (last_->*kLink).next : first_) = element;
    last_ = element;
  }

  void PushFront(T* element) {
    element->*kLink = {.previous = nullptr, .next = first_, .linked = true};
    (first_ != nullptr ? (first_->*kLink).previous : last_) = element;
    first_ = element;
  }

  // Puts `element` behind `place`, which must be in this list; null: before all others.
  void InsertAfter(T* place, T* element) {
    if (place == nullptr) {
      PushFront(element);
    } else if (place == last_) {
      PushBack(element);
    } else {
      T* const next = (place->*kLink).next;
      element->*kLink = {.previous = place, .next = next, .linked = true};
      (place->*kLink).next = (next->*kLink).previous = element;
    }
  }

  // `element` must be in this list.
  void Remove(T* element) {
    Link<T>& link = element->*kLink;
    (link.previous != nullptr ? (link.previous->*kLink).next : first_) = link.next;
    (link.next != nullptr ? (link.next->*kLink).previous : last_) = link.previous;
    link = {};
  }

  T* PopFront() {
    T* element = first_;
    if (element != nullptr) Remove(element);
    return element;
  }

  // Moves all of `other` before this list's first element.
  void SpliceFront(IntrusiveList& other) {
    if (other.empty()) return;
    (other.last_->*kLink).next = first_;
    (first_ != nullptr ? (first_->*kLink).previous : last_) = other.last_;
    first_ = other.first_;
    other.first_ = other.last_ = nullptr;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_INTRUSIVE_LIST_H_
