// Python's dict and queue.Queue, as far as the documents' servers use them.

#ifndef HUPSTORM_TARGET_DOCUMENTED_PYTHON_CONTAINERS_H_
#define HUPSTORM_TARGET_DOCUMENTED_PYTHON_CONTAINERS_H_

#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

#include "target/documented/python/errors.h"
#include "target/documented/python/text.h"

namespace hupstorm::python {

inline std::string Repr(int number) { return std::to_string(number); }

// A dict: keeps the order in which keys came; a value that is replaced keeps its key's place.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class Dict {
 public:
  // d[key], to read. Throws KeyError.
  Value& operator[](const Key& key) { return Find(key)->second->second; }

  // d[key] = value.
  void Set(const Key& key, Value value) {
    const auto [entry, is_new] = index_.try_emplace(key);
    if (is_new) {
      items_.emplace_back(key, std::move(value));
      entry->second = std::prev(items_.end());
    } else {
      entry->second->second = std::move(value);
    }
  }

  // del d[key]. Throws KeyError.
  void Del(const Key& key) {
    const auto entry = Find(key);
    items_.erase(entry->second);
    index_.erase(entry);
  }

  // d.popitem(): removes the newest key. Throws KeyError.
  void PopItem() {
    if (items_.empty()) throw KeyError("'popitem(): dictionary is empty'");
    index_.erase(items_.back().first);
    items_.pop_back();
  }

  bool Has(const Key& key) const { return index_.count(key) > 0; }  // key in d
  bool empty() const { return items_.empty(); }

  // d.items(), the oldest key first.
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  using Items = std::list<std::pair<Key, Value>>;
  using Index = std::unordered_map<Key, typename Items::iterator, Hash>;

  typename Index::iterator Find(const Key& key) {
    const auto entry = index_.find(key);
    if (entry == index_.end()) throw KeyError(Repr(key));
    return entry;
  }

  Items items_;
  Index index_;
};

// queue.Queue, for one thread.
class Queue {
 public:
  // queue.Empty
  class Empty : public Error {
   public:
    Empty() : Error("_queue.Empty", "") {}
  };

  void Put(Bytes message) {
    bytes_ += message.size();
    messages_.push_back(std::move(message));
  }

  // Throws Empty.
  Bytes GetNowait() {
    if (messages_.empty()) throw Empty();
    Bytes message = std::move(messages_.front());
    messages_.pop_front();
    bytes_ -= message.size();
    return message;
  }

  // queue.queue.appendleft(message): back to where it came from.
  void PutBack(Bytes message) {
    bytes_ += message.size();
    messages_.push_front(std::move(message));
  }

  bool empty() const { return messages_.empty(); }
  size_t bytes() const { return bytes_; }  // in all messages

 private:
  std::deque<Bytes> messages_;
  size_t bytes_ = 0;
};

}  // namespace hupstorm::python

#endif  // HUPSTORM_TARGET_DOCUMENTED_PYTHON_CONTAINERS_H_
