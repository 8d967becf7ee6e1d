// Linux as a kernel that can be driven: the server's threads are held in each of their calls, and
// its clients are sockets of this process.
//
// What the simulated kernel does by itself is done as follows:
//  - Rest. A call that would sleep is made without sleeping, and made again after the driver has
//  let
//    something happen. A server of one thread is at rest whenever that thread would sleep. One of
//    several is at rest when all of them sleep: held threads in calls with nothing there for them,
//    the others by what /proc says.
//  - Time. The server's timeouts, sleeps and timerfds go by a clock of the driver's (ServerClock).
//    TCP's own timers run on real time.
//  - Buffers. A listening socket whose buffers the server has not chosen gets those of the
//    simulation, so that a few hundred kilobytes fill them.
//  - Signals. They may come from anywhere (a child that ends, an operator), so the driver looks for
//    what is pending whenever all threads sleep, and lets handlers run.
//
// Calls are carried out one at a time, whichever thread makes them. Not thread-safe, unless a
// function says otherwise.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_HELD_KERNEL_H_
#define HUPSTORM_KERNEL_LINUX_HELD_HELD_KERNEL_H_

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernel/linux/clients/clients_kernel.h"
#include "kernel/linux/held/endings.h"
#include "kernel/linux/held/enlistment.h"
#include "kernel/linux/held/held_thread.h"
#include "kernel/linux/held/neighbours.h"
#include "kernel/linux/held/server_clock.h"
#include "kernel/linux/held/sleep_meter.h"
#include "kernel/linux/sight/process_family.h"
#include "kernel/linux/sight/socket_diag.h"
#include "kernel/stacks/stack_walk.h"

namespace hupstorm {

class HeldKernel final : public ClientsKernel {
 public:
  // Throws std::system_error.
  explicit HeldKernel(held::ServerClock::Kind clock);
  ~HeldKernel() override;

  // Forgets the last server. Threads enlist at `office()` from now on.
  void Reset();

  // ---- A server of one thread in one process, which the caller has made.

  // Answers the server's calls by what `top` says, until its serve() returns. It is to listen on
  // `port` of 127.0.0.1. `line`: the driver's end of the socket between the two. Throws ServerGone,
  // ServerThrew, and what `top` throws: then the server is held in that call for ever.
  void ServeOnly(pid_t pid, uint16_t port, FileDescriptor line,
                 std::shared_ptr<held::SharedMemory> memory, Syscalls& top);
  HeapUse heap() const { return threads_.empty() ? HeapUse() : threads_.front()->remote.heap(); }
  // True while `top` hears of a call that the server has made already.
  bool IsReplaying() const { return current_ != nullptr && current_->remote.is_replaying(); }

  // ---- A server of any number of processes and threads, which enlist by themselves. In this
  // order; all but Stop are for the thread that has made the kernel.

  const held::EnlistmentOffice& office() const { return *office_; }
  // Throws std::system_error. The server's processes are what descends from `keeper`, which is none
  // of them; it is to listen at `address`. Its calls are answered by `top`, which must
  // outlive the run.
  void Start(pid_t keeper, const sockaddr_storage& address, Syscalls& top);
  // Takes in threads that want to enlist, and drives a server of which no thread is held. Returns
  // after `timeout_ms`, when there is something to read from `also`, or after having done
  // something. Throws what a driver throws: the end of the run.
  void Attend(int also, int timeout_ms);
  // From now on rest counts: the server listens.
  void SetStarted();
  // While a call is answered: SetStarted was called before.
  bool HasStarted() const { return started_; }
  // Ends the run. The server's processes must be gone, or be held or asleep for ever.
  void Stop();

  // The server's first process has ended: from now on it is known how, even if the threads here
  // that drove it have had no processor since.
  void NoteEnded();
  // True if a process ended while one of its threads ran our code, and not the server's: if a fault
  // has ended it, it was ours.
  bool HasEndedInLibrary() const;
  // True if a thread has listened by a held call: the preload library is in, and sees the calls.
  bool HasSeenListen() const;
  // Processes that crashed (SIGSEGV and the like) while they had more than one connection, so that
  // clients other than one that may have caused it were harmed. A process that another has ended is
  // none of them.
  std::vector<held::ProcessEnd> TakeCrashed();
  // The stacks of calls are wanted of the server that is started next. Costs time at each call.
  void set_wants_stacks(bool wanted) { wants_stacks_ = wanted; }
  // The stack of the call that is being answered; null if it was not wanted.
  SharedStack StackOfCall();
  // Where that process has died, of a fault or by a call of exit; without a number one of those
  // that were there at the start. Empty if it has not, or if that is not known.
  CallStack StackOfDeath(pid_t pid = -1) const;
  // A process that has called exit, and whose handlers get nowhere; its status is what it gave to
  // exit. Each is given out once.
  std::optional<held::ProcessEnd> TakeHungExit();
  // How a process has ended whose parent the server is not.
  void NoteEnd(const held::ProcessEnd& end);

  // ---- DrivenKernel.
  int64_t now_ns() const override { return clock_.now_ns(); }
  void AdvanceTo(int64_t ns) override;
  int64_t NextTimerNs() const override;
  // The first process, parents before children, that holds the listening socket; -1 for none.
  pid_t ListeningPid() const;
  // Of that process, or its master if that handles the signal.
  Disposition SignalDisposition(int signal) const override;
  Disposition RaiseSignal(int signal) override;
  bool AwaitsStop() override;
  void InterruptBlockedCall() override;
  void WakeBlockedCall() override;
  int fatal_sigpipes() const override { return fatal_sigpipes_; }
  void set_descriptor_limit(int limit) override;
  void set_server_send_buffer(int bytes) override;
  void set_server_receive_buffer(int bytes) override;
  std::span<const PeerId> TakeChangedPeers() override;
  bool HasChangedPeers() const override { return clients_changed_; }
  ConnectionStatus ServerSide(PeerId peer) const override;
  std::vector<SleepingCall> SleepingCalls() const override;
  PeerId PeerOf(int fd) const override;
  std::vector<Descriptor> OpenDescriptors() const override;
  int WatchedWith(int epoll, uint64_t data) const override;
  std::string Describe(const Descriptor& descriptor) const override;
  int thread_count() const override { return std::max(static_cast<int>(threads_.size()), 1); }

  // Of the thread whose call is being answered.
  void Make(SystemCall& call) override;

 private:
  using HeldThread = held::HeldThread;
  using HeldProcess = held::HeldProcess;
  struct Stopped {};  // thrown out of a call that sleeps when the run is over

  // held_kernel.cc: threads come and go.
  void MakeCurrent(HeldThread* thread);
  void WakeAttend();
  bool IsEnding();
  void Enlist(held::EnlistmentOffice::Candidate candidate);
  void DriveThread(HeldThread& thread);
  void AnswerCall(HeldThread& thread);
  void End(HeldThread& thread);
  // How it died, and whether in our code: what its memory tells.
  void NoteDeath(const HeldThread& thread);
  void Reap();
  // By what the thread's clocks have stood still (Frame::stood_still_ns).
  void SetClockBack(HeldThread& thread);

  // held_calls.cc: calls of the server.
  // Each returns the call's result, and sets errno if that is -1.
  int64_t Carry(HeldThread& thread, const SystemCall& call);
  static int64_t Pass(HeldThread& thread, SystemCall call, held::Turn how = held::Turn::kExecute);
  int64_t PassLast(HeldThread& thread, const SystemCall& call,
                   held::Turn how = held::Turn::kExecuteAndGo);
  int64_t Wait(HeldThread& thread, const SystemCall& call);
  int64_t LookOnce(HeldThread& thread, const SystemCall& call);
  int64_t Accept(HeldThread& thread, const SystemCall& call);
  int64_t Listen(HeldThread& thread, const SystemCall& call);
  int64_t Receive(HeldThread& thread, const SystemCall& call);
  int64_t Transmit(HeldThread& thread, const SystemCall& call);
  int64_t TransmitAll(HeldThread& thread, const SystemCall& call);
  int64_t Sleep(HeldThread& thread, const SystemCall& call);
  bool AwaitReady(HeldThread& thread, Call call, int fd, int16_t events);
  bool AwaitAcknowledgements();
  void LetClientsAct();
  void NoteSent(const HeldThread& thread, int fd, int64_t result, int flags);
  bool SigpipeEndsServer(pid_t pid) const;

  // held_rest.cc: when the server is at rest, and what happens then. held_signals.cc: LetSignalsIn,
  // SignalledPid, CanBeInterrupted.
  void Block(HeldThread& thread, Call call, int fd, int64_t deadline_ns);
  void AwaitRest(HeldThread& thread);
  bool IsAtRest(bool rechecked);
  void NoteNoRest();
  bool AnyIsLetGo() const;
  bool HeldThreadsSleep() const;
  bool OtherThreadsSleep();
  held::Quiet HowQuietNeighboursAre();
  bool HandshakesAreDone();
  bool WakeDueSleepers();
  bool LetSignalsIn();
  bool LetSignalsIn(HeldThread& thread);
  void WakeHeld();
  std::string HowThreadsSleep() const;
  void LetHappen(HeldThread* thread);
  int64_t FirstDeadline() const;
  bool CanBeInterrupted(HeldThread& thread) const;
  pid_t SignalledPid(int signal) const;

  // held_descriptors.cc: what the server has open.
  HeldProcess& ProcessOf(HeldThread& thread);
  void LearnFirstMemory(HeldThread& thread);
  void LearnBefore(HeldThread& thread, const SystemCall& call);
  void LearnDescriptor(HeldThread& thread, int fd);
  PeerId PeerAt(const sockaddr_storage& address) const;
  // The client at the other end of a descriptor; kNoPeer for none, or if it is gone.
  PeerId PeerBehind(HeldThread& thread, int fd) const;
  HeldThread* HeldThreadOf(const HeldProcess& process) const;
  HeldThread* ListeningThread() const;
  const std::vector<pid_t>& Pids() const;
  bool IsOwn(pid_t pid, int fd) const;
  void SetListenerBuffer(int name, int bytes) const;
  ConnectionStatus AskServer(PeerId peer) const;
  ConnectionStatus AskLinux(PeerId peer) const;

  mutable std::mutex baton_;  // held by whatever acts for the server or its clients
  // For the thread that checks whether the server is at rest: something has changed.
  std::condition_variable news_;
  // For all others in a call that sleeps: they are to look again, or one of them is to check.
  std::condition_variable woken_;
  FileDescriptor news_fd_;  // an eventfd, for a thread that waits in Attend
  std::unique_ptr<held::EnlistmentOffice> office_;
  held::ServerClock clock_;
  std::list<std::unique_ptr<HeldThread>> threads_;
  std::map<pid_t, HeldProcess> processes_;  // those that have made calls
  std::set<std::pair<pid_t, int>> lines_;   // HeldThread::line_there of those that live
  HeldThread* current_ = nullptr;           // whose call is being carried out
  bool is_only_thread_ = false;             // the server has the one thread, by ServeOnly
  Syscalls* top_ = nullptr;
  pid_t keeper_ = -1;
  uint16_t port_ = 0;
  bool is_alone_ = false;  // one held thread, in the only process, when the server was last at rest
  bool started_ = false;
  bool stopping_ = false;
  bool seen_listen_ = false;
  bool ended_in_library_ = false;
  bool checking_rest_ = false;  // by a thread, while the others wait for what it finds
  bool all_rechecked_ = false;  // each held thread looked again, and nothing was done since
  std::chrono::steady_clock::time_point next_signal_look_ = {};  // while the server is not at rest
  uint64_t wakes_ = 0;  // how often held threads were told to look again
  std::exception_ptr failure_;
  bool wants_stacks_ = false;
  KnownStacks stacks_;
  std::map<pid_t, CallStack> deaths_;
  size_t next_slot_ = 0;
  std::vector<pid_t> pids_;              // of a server of one thread
  mutable sight::ProcessFamily family_;  // of any other
  std::vector<pid_t> pids_at_start_;
  held::Endings endings_;
  bool has_connected_ = false;  // a process of the server has, to others than clients
  int sleeping_looks_ = 0;      // in a row that found all asleep, and that some had run
  held::Neighbours neighbours_;
  PeerId handshakes_done_ = 0;                              // of the clients before this one
  int handshakes_left_ = 0;                                 // of the others
  std::chrono::steady_clock::time_point handshakes_since_;  // for so many
  held::SleepMeter unheard_;     // since no thread was held and nobody listened
  held::SleepMeter stop_slept_;  // since something was let happen to a server that is to stop
  int64_t stop_began_ns_ = -1;   // the processor time that the server had used by then
  bool awaited_stop_ = false;    // by what was let happen last
  // How the threads of servers slept that had all the time to stop and did not; for the life of the
  // kernel.
  std::set<std::string> known_hangs_;
  mutable std::optional<sight::SocketDiag> diag_;  // from Start on
  bool clients_changed_ = false;
  std::map<PeerId, uint64_t> acknowledgement_awaited_;  // when the client had read so much
  int fatal_sigpipes_ = 0;
  int send_buffer_ = kDefaultBuffer;
  int receive_buffer_ = kDefaultBuffer;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_LINUX_HELD_HELD_KERNEL_H_
