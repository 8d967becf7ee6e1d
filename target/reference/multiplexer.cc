#include "target/reference/multiplexer.h"

namespace hupstorm {

std::unique_ptr<Multiplexer> MakeMultiplexer(MultiplexerKind kind) {
  switch (kind) {
    case MultiplexerKind::kSelect:
      return MakeSelectMultiplexer();
    case MultiplexerKind::kPoll:
      return MakePollMultiplexer();
    case MultiplexerKind::kEpollLevel:
    case MultiplexerKind::kEpollEdge:
      break;
  }
  return MakeEpollMultiplexer(kind == MultiplexerKind::kEpollEdge);
}

}  // namespace hupstorm
