#include "target/reference/multiplexer.h"

#include "target/reference/epoll_multiplexer.h"
#include "target/reference/poll_multiplexer.h"
#include "target/reference/select_multiplexer.h"

namespace hupstorm {

std::unique_ptr<Multiplexer> MakeMultiplexer(MultiplexerKind kind) {
  switch (kind) {
    case MultiplexerKind::kSelect:
      return std::make_unique<SelectMultiplexer>();
    case MultiplexerKind::kPoll:
      return std::make_unique<PollMultiplexer>();
    case MultiplexerKind::kEpollLevel:
      return std::make_unique<EpollMultiplexer>(EpollMultiplexer::Trigger::kLevel);
    case MultiplexerKind::kEpollEdge:
      break;
  }
  return std::make_unique<EpollMultiplexer>(EpollMultiplexer::Trigger::kEdge);
}

}  // namespace hupstorm
