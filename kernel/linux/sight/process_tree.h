// What /proc says of any process: its descendants, what it has open, what its threads do (proc(5)).
// A process that ends while it is looked at is no error: what could not be read any more is
// missing.

#ifndef HUPSTORM_KERNEL_LINUX_SIGHT_PROCESS_TREE_H_
#define HUPSTORM_KERNEL_LINUX_SIGHT_PROCESS_TREE_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/driven_kernel.h"

namespace hupstorm::sight {

struct OpenFile {
  using Kind = DrivenKernel::DescriptorKind;  // of sockets: kSocket, whatever they are used for
  int fd = -1;
  Kind kind = Kind::kOther;
  uint64_t inode = 0;  // of sockets and pipes
};

struct Thread {
  pid_t tid = 0;
  char state = '?';         // 'R', 'S', 'D', 'T', 'Z', ...
  int64_t run_ns = 0;       // on a processor; 0 if the kernel keeps none (CONFIG_SCHED_INFO)
  int64_t runqueue_ns = 0;  // runnable, and waiting for a processor that is busy
  int64_t sleeps = 0;       // how often it gave up its processor by itself, to sleep
};

// ---- Each of these looks at one process, and gives nothing if it is gone.

// Open descriptors in the order of their numbers. nullopt if they may not be looked at (another
// user's process, or one that is not dumpable) or the process is gone or a zombie.
std::optional<std::vector<OpenFile>> OpenFiles(pid_t pid);
// How many there are: cheaper. -1 if they may not be looked at.
int CountOpenFiles(pid_t pid);
// Their numbers, in order. None if they may not be looked at.
std::vector<int> OpenNumbers(pid_t pid);
// One of them; nullopt if it is not open.
std::optional<OpenFile> OpenFileAt(pid_t pid, int fd);
// What it leads to, as /proc names it: "/var/log/server.log", "pipe:[4711]"; empty if it is not
// open.
std::string TargetOf(pid_t pid, int fd);
// The descriptor that the epoll instance `epoll` reports with this data (/proc/PID/fdinfo); -1 for
// none, or several.
int WatchedWith(pid_t pid, int epoll, uint64_t data);
// True if one of them is a socket with one of these inodes.
bool HasSocketOpen(pid_t pid, std::span<const uint64_t> inodes);
// True for a socket of TCP, in whatever state, connected or not (sockfs_xattr_get of Linux).
bool IsTcpSocket(pid_t pid, int fd);

struct ThreadSummary {
  bool any_lives = false;  // there is one that is not a zombie
  bool any_runs = false;   // one runs, or could, or sleeps for a disk
};
// `held`: threads, in order, that are known to live and do nothing of their own, and are not looked
// at.
ThreadSummary SummaryOfThreads(pid_t pid, std::span<const pid_t> held = {});

std::vector<Thread> ThreadsOf(pid_t pid);
// The thread of a process that has the number `tid` in the process' own PID namespace
// (pid_namespaces(7)); `tid` itself if there is none.
pid_t ThreadNumbered(pid_t pid, pid_t tid);
// No thread of it runs or waits for a disk. True if there is no such process.
inline bool IsAsleep(pid_t pid) { return !SummaryOfThreads(pid).any_runs; }
// Processor time of all its threads, also of those that have ended, in nanoseconds; -1 if there
// is no such process. One system call. Exact for threads that sleep; what a running thread has used
// since the last tick of the clock may be missing.
int64_t CpuNs(pid_t pid);
// 'R', 'S', 'Z' and so on, of its first thread; 0 if there is no such process.
char StateOf(pid_t pid);
pid_t ParentOf(pid_t pid);  // -1 if there is no such process
// How a process has ended that its parent has not waited for, as waitpid(2) tells; nullopt if it is
// no zombie, or may not be looked at.
std::optional<int> EndOfZombie(pid_t pid);

struct SignalMasks {
  uint64_t ignored = 0;  // bit 0 is signal 1
  uint64_t caught = 0;
};
SignalMasks SignalMasksOf(pid_t pid);
// Whom an operator would send a signal: of a process and those above it, up to `root` but without
// it, the outermost that handles the signal; the process itself if none does.
pid_t OutermostHandler(pid_t pid, pid_t root, int signal);
// False if no signal waits for any of its threads: none is queued for a process of its user (SigQ).
bool MayHavePendingSignals(pid_t pid);
// Signals that wait for a thread: its own, and those of its process.
uint64_t PendingSignals(pid_t pid, pid_t tid);
// Anonymous memory that is resident, in bytes (RssAnon); 0 if unknown.
int64_t AnonymousMemory(pid_t pid);
// RLIMIT_NOFILE in effect (/proc/PID/limits); -1 if it may not be looked at.
int64_t DescriptorLimit(pid_t pid);

// The system call in which a thread sleeps.
struct SleepingCall {
  long number = -1;  // as in <sys/syscall.h>
  uint64_t first_argument = 0;
};
// nullopt if the thread runs, or may not be looked at (ptrace(2), "Ptrace access mode
// checking").
std::optional<SleepingCall> SleepingCallOf(pid_t pid, pid_t tid);

// ---- And these at all of them.

// Changes when a process or a thread is made, on the whole machine (the last field of
// /proc/loadavg); 0 if unknown.
int64_t LastProcessMade();
std::vector<pid_t> AllProcesses();

// `roots` and all their descendants that are there, parents before children. A child whose parent
// has ended is the child of the process that has adopted it (prctl(2), PR_SET_CHILD_SUBREAPER), and
// is not found from its grandparent.
std::vector<pid_t> WithDescendants(std::span<const pid_t> roots);

// Processes that have the socket of that inode open, of those that may be looked at. Looks at every
// descriptor of every process of the machine.
std::vector<pid_t> HoldersOf(uint64_t socket_inode);

}  // namespace hupstorm::sight

#endif  // HUPSTORM_KERNEL_LINUX_SIGHT_PROCESS_TREE_H_
