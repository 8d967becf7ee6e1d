#include "kernel/simulated/timers.h"

#include <utility>

namespace hupstorm::simulated {

void Timers::Arm(Timer& timer, int64_t due_ns) {
  Disarm(timer);
  timer.due_ns = due_ns;
  timer.order = next_order_++;
  heap_.push_back(&timer);
  timer.place = static_cast<int>(heap_.size()) - 1;
  SiftUp(timer.place);
}

void Timers::Disarm(Timer& timer) {
  if (!timer.armed()) return;
  const int place = std::exchange(timer.place, -1);
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  Put(last, place);
  SiftUp(place);
  SiftDown(last->place);
}

void Timers::Put(Timer* timer, int place) {
  heap_[static_cast<size_t>(place)] = timer;
  timer->place = place;
}

void Timers::SiftUp(int place) {
  Timer* timer = heap_[static_cast<size_t>(place)];
  while (place > 0) {
    const int parent = (place - 1) / 2;
    if (!Earlier(timer, heap_[static_cast<size_t>(parent)])) break;
    Put(heap_[static_cast<size_t>(parent)], place);
    place = parent;
  }
  Put(timer, place);
}

void Timers::SiftDown(int place) {
  Timer* timer = heap_[static_cast<size_t>(place)];
  const int size = static_cast<int>(heap_.size());
  for (;;) {
    int child = 2 * place + 1;
    if (child >= size) break;
    if (child + 1 < size &&
        Earlier(heap_[static_cast<size_t>(child) + 1], heap_[static_cast<size_t>(child)])) {
      ++child;
    }
    if (!Earlier(heap_[static_cast<size_t>(child)], timer)) break;
    Put(heap_[static_cast<size_t>(child)], place);
    place = child;
  }
  Put(timer, place);
}

}  // namespace hupstorm::simulated
