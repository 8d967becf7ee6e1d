// Small servers with one planted bug each: what every oracle must catch. The one without a bug is
// what every oracle must leave alone.

#ifndef HUPSTORM_TESTS_SCENARIOS_CONTROL_SERVER_H_
#define HUPSTORM_TESTS_SCENARIOS_CONTROL_SERVER_H_

#include "target/target.h"

namespace hupstorm {

enum class Bug {
  kNone,
  kDiesOfReset,        // an error of recv ends the server
  kDiesOfSigpipe,      // sends without MSG_NOSIGNAL, and goes on sending after an error
  kReturns,            // serve() returns after the first client
  kIgnoresFin,         // recv giving 0 is taken for "nothing yet"
  kForgetsAfterReset,  // an error of recv ends the watch on a connection, and does not close it
  kAlwaysAsksToWrite,  // POLLOUT even with nothing to send
  kRetriesSend,        // sends again and again until there is room
  kDropsTail,          // ignores how much send has taken
  kCutsOffHalfClosed,  // closes at end of input with output still queued
  kSharesBuffer,       // one buffer for the output of all
  kLogsWrongClient,    // a log line with the bytes of one client and the address of another
  kWaitsForMore,       // sends the bytes of one read only after the next
  kBlocks,             // connections stay blocking
  kReadsWithoutBound,  // however long the output queue is
  kKeepsState,         // keeps a block of heap for each connection there was
  kKeepsTable,         // keeps a block of heap for each descriptor there was
  kClosesTwice,        // at the end of each connection
  kStopsAccepting,     // does not watch the listener any more after an error of accept
  kClosesUnread,       // HTTP: closes with unread input
  kNeverEnds,          // HTTP: does not close after the response
  kIgnoresStop,        // the handler of SIGTERM does nothing
  kLeavesOpen,         // returns from serve() with descriptors open
  kAnswersWrongly,     // by request: not what is owed
  kAnswersEachRead,    // by request: takes each read for one request
  kNeverAnswers,       // by request or read: keeps what it takes in, and that is all
  kTurnsAway,          // after an error of accept: closes the next client at once, unread
  kSendsForEver,       // the same bytes again and again
  kAnswersLate,        // no bug: echoes a millisecond later, by a timer
  kGreets,             // no bug for kNone: says a word to whoever comes
  kCutsResponse,       // by request: leaves out the response's last byte
};

// What a control server speaks, and is judged by.
enum class Speaks {
  kEcho,
  kHttp,                    // as the documents' server does
  kThirdPartyHttp,          // a response of its own, of declared length
  kThirdPartyHttpToTheEnd,  // of a length that the connection's end tells
  kThirdPartyAck,           // a short word for each read
  kNone,                    // a short word at the first read, and then it ends the connection
  kExpect,                  // answers PING with PONG, and a number that goes up
  kGreetsAndAnswers,        // the same, after a greeting
  kExpectClose,             // one request, one response, the end
};
Target ControlTarget(Bug bug, Speaks speaks);

// An echo server, or an HTTP one for the bugs that say so and where `http` is set.
Target ControlTarget(Bug bug, bool http = false);

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_SCENARIOS_CONTROL_SERVER_H_
