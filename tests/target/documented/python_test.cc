// Python's rules, each as CPython 3.11 follows it.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "target/documented/python/containers.h"
#include "target/documented/python/errors.h"
#include "target/documented/python/readiness.h"
#include "target/documented/python/socket.h"
#include "target/documented/python/text.h"

namespace hupstorm::python {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// what() of the python::Error that `call` throws, "" for none.
template <typename Call>
std::string ErrorOf(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

std::vector<std::pair<int, int>> ItemsOf(const Dict<int, int>& dict) {
  return {dict.begin(), dict.end()};
}

struct Pair {
  Socket client;
  Socket server;
};

Pair Connected() {
  Socket listener = Socket::Create();
  listener.Bind({"127.0.0.1", 0});
  listener.Listen(1);
  Pair pair;
  pair.client = Socket::Create();
  const int port = listener.GetSockName().port;
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  EXPECT_EQ(getsockname(listener.fileno(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  EXPECT_EQ(connect(pair.client.fileno(), reinterpret_cast<sockaddr*>(&address), length), 0);
  pair.server = listener.Accept().first;
  EXPECT_EQ(pair.client.GetPeerName().port, port);
  return pair;
}

void Reset(Socket& socket) {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(socket.fileno(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  socket.Close();
}

TEST(OSErrorTest, HasTheClassThatPythonPicks) {
  EXPECT_STREQ(OSError(ECONNRESET).what(),
               "ConnectionResetError: [Errno 104] Connection reset by peer");
  EXPECT_STREQ(OSError(EAGAIN).what(),
               "BlockingIOError: [Errno 11] Resource temporarily unavailable");
  EXPECT_STREQ(OSError(EPIPE).what(), "BrokenPipeError: [Errno 32] Broken pipe");
  EXPECT_STREQ(OSError(EMFILE).what(), "OSError: [Errno 24] Too many open files");
  EXPECT_EQ(OSError(ETIMEDOUT).class_name(), "TimeoutError");
  EXPECT_EQ(OSError(ENOTCONN).message(), "[Errno 107] Transport endpoint is not connected");
}

TEST(ReprTest, EscapesBytes) {
  EXPECT_EQ(Repr(Bytes("abc")), "b'abc'");
  EXPECT_EQ(Repr(Bytes("a'b")), "b\"a'b\"");
  EXPECT_EQ(Repr(Bytes("a'\"b")), "b'a\\'\"b'");
  EXPECT_EQ(Repr(Bytes("\t\r\n\\\x01\x7f\xff")), "b'\\t\\r\\n\\\\\\x01\\x7f\\xff'");
}

TEST(ReprTest, ShowsAddressesAsTuples) {
  EXPECT_EQ(Repr(Address{"127.0.0.1", 40001}), "('127.0.0.1', 40001)");
}

TEST(DecodeTest, TakesUtf8) { EXPECT_EQ(DecodeUtf8("a我😀"), "a我😀"); }

TEST(DecodeTest, SaysWhatIsWrongInPythonsWords) {
  const auto error = [](const Bytes& bytes) { return ErrorOf([&] { DecodeUtf8(bytes); }); };
  const std::string start = "UnicodeDecodeError: 'utf-8' codec can't decode ";
  EXPECT_EQ(error("\xff"), start + "byte 0xff in position 0: invalid start byte");
  EXPECT_EQ(error("\xe6"), start + "byte 0xe6 in position 0: unexpected end of data");
  EXPECT_EQ(error("\xe6\x88"), start + "bytes in position 0-1: unexpected end of data");
  EXPECT_EQ(error("\xf0\x9f\x98"), start + "bytes in position 0-2: unexpected end of data");
  EXPECT_EQ(error("ab\xe6\x88x"), start + "bytes in position 2-3: invalid continuation byte");
  EXPECT_EQ(error("\xed\xa0\x80"), start + "byte 0xed in position 0: invalid continuation byte");
}

TEST(DecodeTest, ReplacesWhatIsWrong) {
  EXPECT_EQ(DecodeUtf8Replacing("a\xff"), "a\xEF\xBF\xBD");
  EXPECT_EQ(DecodeUtf8Replacing("\xe6\x88x"), "\xEF\xBF\xBDx");
}

TEST(Utf8DecoderTest, JoinsACharacterThatWasCut) {
  for (const size_t cut : {1U, 2U, 3U, 4U, 5U, 6U}) {
    const Bytes text = "我😀";
    Utf8Decoder decoder;
    std::string decoded = decoder.Decode(text.substr(0, cut));
    decoded += decoder.Decode(text.substr(cut));
    EXPECT_EQ(decoded, text);
  }
}

TEST(Utf8DecoderTest, DoesNotWaitForBytesThatAreNoUtf8) {
  Utf8Decoder decoder;
  EXPECT_EQ(decoder.Decode("a\xff"), "a\xEF\xBF\xBD");
  EXPECT_EQ(decoder.Decode("b"), "b");
}

TEST(DropLastCharactersTest, CountsCharacters) {
  EXPECT_EQ(DropLastCharacters("ab\r\n", 2), "ab");
  EXPECT_EQ(DropLastCharacters("a我😀", 2), "a");
  EXPECT_EQ(DropLastCharacters("a", 2), "");
}

TEST(DictTest, KeepsTheOrderOfKeysAndAReplacedKeysPlace) {
  Dict<int, int> dict;
  dict.Set(7, 1);
  dict.Set(5, 2);
  dict.Set(6, 3);
  dict.Set(7, 4);
  EXPECT_THAT(ItemsOf(dict), ElementsAre(std::pair(7, 4), std::pair(5, 2), std::pair(6, 3)));
  dict.PopItem();
  EXPECT_FALSE(dict.Has(6));
  EXPECT_TRUE(dict.Has(7));
  dict.Del(7);
  EXPECT_THAT(ItemsOf(dict), ElementsAre(std::pair(5, 2)));
}

TEST(DictTest, RaisesKeyError) {
  Dict<int, int> dict;
  EXPECT_EQ(ErrorOf([&] { dict[7]; }), "KeyError: 7");
  EXPECT_EQ(ErrorOf([&] { dict.Del(7); }), "KeyError: 7");
  EXPECT_EQ(ErrorOf([&] { dict.PopItem(); }), "KeyError: 'popitem(): dictionary is empty'");
  Dict<Socket, int, SocketHash> by_socket;
  Socket socket = Socket::Create();
  socket.Close();
  EXPECT_EQ(ErrorOf([&] { by_socket[socket]; }),
            "KeyError: <socket.socket [closed] fd=-1, family=2, type=1, proto=0>");
}

TEST(QueueTest, IsFirstInFirstOut) {
  Queue queue;
  queue.Put("ab");
  queue.Put("c");
  EXPECT_EQ(queue.bytes(), 3U);
  EXPECT_EQ(queue.GetNowait(), "ab");
  queue.PutBack("b");
  EXPECT_EQ(queue.GetNowait(), "b");
  EXPECT_EQ(queue.GetNowait(), "c");
  EXPECT_THROW(queue.GetNowait(), Queue::Empty);
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(SocketTest, IsClosedWhenItsLastNameGoes) {
  Socket socket = Socket::Create();
  const int fd = socket.fileno();
  Socket other = socket;
  EXPECT_EQ(other, socket);
  socket = Socket();
  EXPECT_TRUE(IsOpen(fd));
  other = Socket();
  EXPECT_FALSE(IsOpen(fd));
}

TEST(SocketTest, RefusesUseAfterClose) {
  Socket socket = Socket::Create();
  socket.Close();
  socket.Close();
  EXPECT_EQ(socket.fileno(), -1);
  const std::string bad = "OSError: [Errno 9] Bad file descriptor";
  EXPECT_EQ(ErrorOf([&] { socket.Recv(1); }), bad);
  EXPECT_EQ(ErrorOf([&] { socket.Send("x"); }), bad);
  EXPECT_EQ(ErrorOf([&] { socket.GetPeerName(); }), bad);
  EXPECT_EQ(ErrorOf([&] { socket.SetBlocking(false); }), bad);
}

TEST(SocketTest, AcceptedSocketsAreBlocking) {
  Socket listener = Socket::Create();
  listener.Bind({"127.0.0.1", 0});
  listener.Listen(1);
  listener.SetBlocking(false);
  EXPECT_THAT(ErrorOf([&] { listener.Accept(); }), StartsWith("BlockingIOError"));
  const Pair pair = Connected();
  EXPECT_EQ(fcntl(pair.server.fileno(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(pair.server.fileno(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(Repr(pair.server.accepted_from()), Repr(pair.client.GetSockName()));
}

TEST(SocketTest, SendToAClosedConnectionRaisesAndSendsNoSignal) {
  Pair pair = Connected();
  Reset(pair.client);
  EXPECT_THAT(ErrorOf([&] { pair.server.Recv(1); }), StartsWith("ConnectionResetError"));
  EXPECT_EQ(ErrorOf([&] { pair.server.Send("x"); }), "BrokenPipeError: [Errno 32] Broken pipe");
  EXPECT_THAT(ErrorOf([&] { pair.server.GetPeerName(); }), HasSubstr("[Errno 107]"));
}

TEST(SocketTest, ReprShowsWhatCanBeHad) {
  Pair pair = Connected();
  const std::string start = "<socket.socket fd=" + std::to_string(pair.server.fileno()) +
                            ", family=2, type=1, proto=0, laddr=" + Repr(pair.server.GetSockName());
  EXPECT_EQ(Repr(pair.server), start + ", raddr=" + Repr(pair.client.GetSockName()) + ">");
  Reset(pair.client);
  EXPECT_EQ(Repr(pair.server), start + ">");
}

TEST(SelectTest, NamesTheReadyOnesInOrder) {
  Pair a = Connected();
  Pair b = Connected();
  a.client.Send("x");
  b.client.Send("x");
  const Ready ready = Select({b.server, a.server, a.client}, {a.client}, {});
  EXPECT_THAT(ready.readable, ElementsAre(b.server, a.server));
  EXPECT_THAT(ready.writable, ElementsAre(a.client));
  EXPECT_THAT(Select({a.client}, {}, {}, 0.001).readable, IsEmpty());
}

TEST(SelectTest, RefusesDescriptorsItHasNoBitFor) {
  Socket socket = Socket::Create();
  socket.Close();
  EXPECT_EQ(ErrorOf([&] { Select({socket}, {}, {}); }),
            "ValueError: file descriptor cannot be a negative integer (-1)");
}

TEST(SelectTest, ByPollMeansTheSame) {
  Pair pair = Connected();
  pair.client.Send("x");
  ASSERT_EQ(send(pair.client.fileno(), "!", 1, MSG_OOB), 1);
  const std::vector<Socket> both = {pair.client, pair.server};
  const Ready by_select = Select(both, both, both);
  const Ready by_poll = SelectByPoll(both, both, both);
  EXPECT_EQ(by_poll.readable, by_select.readable);
  EXPECT_EQ(by_poll.writable, by_select.writable);
  EXPECT_EQ(by_poll.exceptional, by_select.exceptional);
  EXPECT_THAT(by_poll.exceptional, ElementsAre(pair.server));
}

// poll refuses more entries than RLIMIT_NOFILE.
TEST(SelectTest, ByPollAsksOnceForEachDescriptor) {
  Pair pair = Connected();
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 2;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const std::vector<Socket> both = {pair.client, pair.server};
  const Ready ready = SelectByPoll(both, both, both);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(ready.writable, both);
}

TEST(PollTest, KeepsItsBooksAsPythonDoes) {
  Pair pair = Connected();
  Poll poll;
  EXPECT_EQ(ErrorOf([&] { poll.Modify(pair.server, 1); }),
            "FileNotFoundError: [Errno 2] No such file or directory");
  EXPECT_EQ(ErrorOf([&] { poll.Unregister(pair.server); }),
            "KeyError: " + std::to_string(pair.server.fileno()));
  poll.Register(pair.server, EPOLLOUT);
  EXPECT_THAT(poll.Wait(-1), ElementsAre(Event(pair.server.fileno(), EPOLLOUT)));
  poll.Modify(pair.server, EPOLLIN);
  EXPECT_THAT(poll.Wait(1), IsEmpty());
}

TEST(EpollTest, RaisesForDescriptorsThatAreNotThere) {
  Pair pair = Connected();
  Epoll epoll;
  const int fd = pair.server.fileno();
  epoll.Register(fd, EPOLLOUT);
  EXPECT_THAT(ErrorOf([&] { epoll.Register(fd, EPOLLOUT); }), StartsWith("FileExistsError"));
  EXPECT_THAT(epoll.Wait(), ElementsAre(Event(fd, EPOLLOUT)));
  pair.server.Close();
  EXPECT_EQ(ErrorOf([&] { epoll.Unregister(fd); }), "OSError: [Errno 9] Bad file descriptor");
  EXPECT_EQ(ErrorOf([&] { epoll.Register(pair.server.fileno(), EPOLLIN); }),
            "ValueError: file descriptor cannot be a negative integer (-1)");
  EXPECT_THAT(epoll.Wait(0.001), IsEmpty());
}

}  // namespace
}  // namespace hupstorm::python
