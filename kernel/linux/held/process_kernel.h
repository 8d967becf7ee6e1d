// Linux as a kernel that can be driven, for a server that somebody else wrote: any number of
// processes and threads, each of which comes by itself, over the preload library, and is held in
// its calls. What LoopbackKernel does for one thread is done for each here, one at a time,
// whoever's call it is.
//
// Rest is when every thread sleeps: those that are held, in calls with nothing there for them; the
// others, of which only /proc knows, in whatever they sleep in. Then the driver lets something
// happen, and every held thread looks again.
//
// Time runs with Linux's clocks, and ahead of them by what AdvanceTo has skipped: a server may ask
// for the time behind our back, and tell others. Timeouts and sleeps of held threads, and timerfds,
// go by this clock.
//
// Signals come from anybody (a child that ends, an operator), so the driver looks for what is
// pending whenever all sleep, and lets handlers run.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_PROCESS_KERNEL_H_
#define HUPSTORM_KERNEL_LINUX_HELD_PROCESS_KERNEL_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "kernel/linux/held/enlistment.h"
#include "kernel/linux/held/loopback_kernel.h"
#include "kernel/linux/sight/process_tree.h"
#include "kernel/linux/sight/socket_diag.h"

namespace hupstorm {

class ProcessKernel final : public LoopbackKernel {
 public:
  // Throws std::system_error.
  ProcessKernel();
  ~ProcessKernel() override;

  // ---- One run of a server, in this order. All but Stop are for the thread that has made the
  // kernel.

  // Forgets the last server. Threads enlist at `office()` from now on.
  void Reset();
  const remote::EnlistmentOffice& office() const { return *office_; }
  // The server's processes are what descends from `keeper`, which is none of them; it is to listen
  // on `port` of 127.0.0.1. Its calls are answered by `top`, which must outlive the run.
  void Start(pid_t keeper, uint16_t port, Syscalls& top);
  // Takes in threads that want to enlist, and drives a server of which no thread is held. Returns
  // after `timeout_ms`, when there is something to read from `also`, or after having done
  // something. Throws what a driver throws: the end of the run.
  void Attend(int also, int timeout_ms);
  // From now on rest counts: the server listens.
  void SetStarted();
  // Ends the run. The server's processes must be gone, or be held or asleep for ever.
  void Stop();

  // True where a thread has listened through us: the preload library is in, and sees the calls.
  bool HasSeenListen() const;
  // Processes that vanished without ending by themselves (a signal killed them) while they had more
  // than one connection, so that clients other than one that may have caused it were harmed.
  std::vector<pid_t> TakeKilled();

  int64_t now_ns() const override;
  void AdvanceTo(int64_t ns) override;
  int64_t NextTimerNs() const override;
  Disposition SignalDisposition(int signal) const override;
  // To the first process, parents before children, that holds the listening socket.
  Disposition RaiseSignal(int signal) override;
  void InterruptBlockedCall() override;
  void WakeBlockedCall() override;
  void set_descriptor_limit(int limit) override;
  void set_server_send_buffer(int bytes) override;
  void set_server_receive_buffer(int bytes) override;
  ConnectionStatus ServerSide(PeerId peer) const override;
  std::vector<Descriptor> OpenDescriptors() const override;

 protected:
  int64_t Carry(const SystemCall& call) override;
  int64_t ClockNs(clockid_t clock) const override;
  void Block(Call call, int fd, int64_t deadline_ns) override;
  // A process that was started for a client may end with it. One that takes other clients with it
  // is among TakeKilled.
  bool SigpipeEndsServer() const override;

 private:
  struct Thread;
  struct Stopped {};  // thrown out of a call that sleeps when the run is over

  // process_kernel.cc
  void Wake();
  void Enlist(const remote::EnlistmentOffice::Candidate& candidate);
  void DriveThread(Thread& thread);
  void End(Thread& thread);
  void Reap();
  void Use(Thread* thread);
  static Disposition DispositionIn(pid_t pid, int signal);
  static bool CanBeInterrupted(Thread& thread);
  static bool RestartsAfter(Thread& thread, int signal);

  // process_rest.cc
  bool IsAtRest();
  bool HeldThreadsSleep() const;
  bool OtherThreadsSleep();
  bool LetSignalsIn();
  bool LetSignalsIn(Thread& thread);
  void LookAgain();
  void WakeHeld();
  void LetHappen(Thread* thread);
  int64_t FirstDeadline() const;

  // process_descriptors.cc
  Server& ServerOf(Thread& thread);
  void LearnDescriptor(Server& server, int fd);
  Thread* HeldThreadOf(const Server& server) const;
  Thread* ListeningThread() const;
  const std::vector<pid_t>& Processes() const;
  pid_t ListeningProcess() const;
  bool IsLine(pid_t pid, int fd) const;

  mutable std::mutex baton_;  // held by whoever acts for the server or its clients
  std::condition_variable news_;
  int news_fd_ = -1;  // an eventfd, for a thread that waits in Attend
  std::unique_ptr<remote::EnlistmentOffice> office_;
  std::list<std::unique_ptr<Thread>> threads_;
  std::map<pid_t, std::unique_ptr<Server>> servers_;
  Server nobody_;  // while no thread's call is carried out
  Thread* current_ = nullptr;
  Syscalls* top_ = nullptr;
  pid_t keeper_ = -1;
  uint16_t port_ = 0;
  bool started_ = false;
  bool stopping_ = false;
  bool seen_listen_ = false;
  bool looking_ = false;       // a thread looks whether all sleep
  bool looked_again_ = false;  // each held thread, since anybody has done anything
  uint64_t generation_ = 0;    // counts how often held threads were told to look
  std::exception_ptr failure_;
  std::atomic<int64_t> skipped_ns_{0};
  size_t next_slot_ = 0;
  mutable std::vector<pid_t> processes_;
  mutable int64_t last_process_made_ = 0;  // when these were looked for
  std::vector<pid_t> processes_at_start_;
  std::vector<pid_t> unexplained_;  // gone without a word, with several connections
  std::vector<pid_t> killed_;
  mutable outside::SocketDiag diag_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_LINUX_HELD_PROCESS_KERNEL_H_
