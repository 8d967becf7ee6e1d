// Oracles of what a world sees happening: there is nothing left to judge when it is reported.

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {

const Oracle kServerDied = {
    "server-died",
    "no crash, uncaught exception, exit, SIGPIPE or sanitizer report",
    R"(The server's process ended without having been asked to: by an uncaught exception, a signal
(SIGPIPE, SIGSEGV, SIGABRT), exit, a sanitizer's report, or serve() that simply returned.

One client's fault became everybody's outage. The usual causes, in the order of how often they are seen:
  - recv or send fails with ECONNRESET or EPIPE and the error is not handled: close that connection, go on;
  - send to a closed connection raises SIGPIPE: ignore the signal, or pass MSG_NOSIGNAL;
  - accept fails (EMFILE, ENFILE, ECONNABORTED, ...): none of these says anything about the listener;
  - getpeername or shutdown fails with ENOTCONN, since a reset came between readiness and the call;
  - an event for a descriptor that was closed earlier in the same batch.
Any call on a connection can fail at any time, however ready it was a moment ago.)",
    Effect::kDies,
    At(Moment::kIncident),
    nullptr,
    &Ledger::deaths};

const Oracle kBusyLoop = {
    "busy-loop",
    "no run of wake-ups in which nothing moves",
    R"(The server is woken again and again and nothing moves: no byte is read or written, no connection accepted or
closed, no error fetched. On a real machine that is one core at 100 % for as long as the cause lasts.

With level triggering, whatever is reported and not dealt with is reported again at once. The usual causes:
  - recv returned 0 (FIN) and the connection was kept: it stays readable for ever;
  - EPOLLERR or EPOLLHUP, which are reported unasked, are not in any branch;
  - accept fails with EMFILE and the listener is still watched: stop watching it until a descriptor is free;
  - EPOLLOUT is still asked for when there is nothing to send;
  - reading was paused for a slow client, and EPOLLIN is still asked for.
A retry of a call in a tight loop (send until it stops saying EAGAIN) is the same bug.)",
    Effect::kLosesService,
    kAtAnyMoment,
    nullptr,
    &Ledger::spins};

const Oracle kFdMisuse = {
    "fd-misuse",
    "no EBADF, double close, or call on a descriptor that is not the server's any more",
    R"(A call on a descriptor that is not the server's (any more): EBADF, a second close, an epoll_ctl on a
number that was closed. It looks harmless as long as the number is free. Once accept gives the number out again, the same
call hits another client's connection.

Close a descriptor at one place only, forget the number there, and take it out of epoll before that, not after.)",
    Effect::kLosesService,
    At(Moment::kIncident),
    nullptr,
    &Ledger::misuses};

const Oracle kDeadlock = {
    "deadlock",
    "no set of threads waits for each other for ever",
    R"(Threads of the server wait, without a deadline, for what only they themselves could bring about: each for a
mutex that the next one holds (or a lock that it has for writing, or its end), or all of them at locks, condition variables,
semaphores and joins, with none left that a client, a timer or a signal could wake. The evidence says for each what it waits for,
and which thread holds that. It is looked for in a program with threads on the simulated kernel; the run ends there.

Take locks in one order everywhere, or together (std::scoped_lock). Do not call out, block or join while you hold one. Wait at a
condition variable in a loop that looks at what is waited for, with the mutex held by which that is changed. Mostly it takes
a certain order of threads: `hupstorm run --schedules N` tries many, and the scenario that shows it names one.)",
    Effect::kDies,
    At(Moment::kIncident),
    nullptr,
    &Ledger::deadlocks};

const Oracle kExpectation = {
    "expectation",
    "what a scenario's `expect` lines say",
    R"(An `expect` line of the scenario does not hold at its place in the script, with the server at rest. The
evidence says what was found instead.)",
    Effect::kEndsDifferently,
    At(Moment::kIncident),
    nullptr,
    &Ledger::broken_expectations};

}  // namespace hupstorm
