// What servers share that answer all that has come when a timer goes off. Bug: what is not answered
// when the client half-closes is forgotten.

#ifndef HUPSTORM_TESTS_PROCESS_SERVERS_PAIRS_ANSWERS_LATER_H_
#define HUPSTORM_TESTS_PROCESS_SERVERS_PAIRS_ANSWERS_LATER_H_

#include <time.h>

#include <deque>

#include "echo_loop.h"

class AnswersLater : public EchoLoop {
 public:
  AnswersLater(int listener, bool bug) : EchoLoop(listener), bug_(bug) {}

 protected:
  virtual void SetTimer(const itimerspec& value) = 0;
  void AnswerAll() {
    std::deque<Late> due;
    due.swap(answers_);
    for (const Late& late : due) Answer(late.id, late.bytes);
  }

 private:
  void OnInput(Id id, std::string_view bytes) override {
    clients_[id].owed += bytes.size();
    if (answers_.empty()) SetTimer({{0, 0}, {0, 1'000'000}});
    answers_.push_back({id, std::string(bytes)});
  }

  void OnEnd(Id id) override {
    if (bug_) clients_[id].owed = 0;
    EchoLoop::OnEnd(id);
  }

  struct Late {
    Id id;
    std::string bytes;
  };

  const bool bug_;
  std::deque<Late> answers_;
};

#endif  // HUPSTORM_TESTS_PROCESS_SERVERS_PAIRS_ANSWERS_LATER_H_
