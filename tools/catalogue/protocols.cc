#include "tools/catalogue/protocols.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "scenarios/language/exchange.h"
#include "scenarios/language/fit.h"
#include "tools/catalogue/input_file.h"
#include "tools/cli/errors.h"
#include "tools/cli/suggest.h"

namespace hupstorm {
namespace {

constexpr std::string_view kHowToList = "hupstorm list protocols";
constexpr std::string_view kExpectPrefix = "expect:";

constexpr ProtocolPage kPages[] = {
    {"echo", "every byte comes back, in order",
     R"(Every byte that a client sends comes back to it, in order, and to nobody else. It is the protocol about which
most can be said, and the one that most scenarios are written for.)"},
    {"ack", "each read is answered with something",
     R"(The server answers what it reads with a message of its own. How a client's bytes fall into reads cannot be seen
from outside, nor is the answer known: a client that has sent something must get at least one byte, and must not be cut
off. The documents' doc002/epoll-ack is judged byte for byte.)"},
    {"http", "one request is answered with a response, then the connection ends",
     R"(A client sends an HTTP/1.0 request and must get a response: a status line, headers and a whole body, by
Content-Length, by chunks, or up to the end of the connection. Any status will do. Then the connection must end, since the
client has not asked to keep it. What a client sends that RFC 9112 lets a server refuse (a request of more than
8 KiB, bare newlines, bytes that are not ASCII) need not be answered. The documents' doc003/epoll-http is
judged byte for byte. To say what the response must be: --protocol expect:FILE.)"},
    {"none", "nothing is known of the answers",
     R"(Clients send bytes that mean nothing, and no answer is right or wrong. What is judged needs no knowledge of
it: that the server does not die, keeps no connection of a client that has gone, leaks nothing, does not spin or
block, reads its input, accepts new clients and stops when it is asked to.)"},
    {"expect", "--protocol expect:FILE: a request and the response that it must get",
     R"(FILE holds one request and its response, for example

    # redis answers PING.
    request "PING\r\n"
    response "+PONG\r\n"

Strings next to each other, also on the next line, are one; \r \n \t \0 \\ \" and \xHH are escapes. Where a part of the
response varies, * stands for any bytes up to the first place at which the next string begins:

    request "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    response "HTTP/1.1 200 OK\r\n" * "\r\n\r\nhello\n"

A server that speaks first, as those of SMTP and FTP do, has a greeting before that:

    greeting "220 " * "\r\n"
    request "NOOP\r\n"
    response "250 ok\r\n"

A client's bytes are then requests, one after another without waiting: `send 64KiB` sends 64 KiB of them, cut where the
size ends and continued by the next send. It is owed one response for each full request. The scenarios for echo
servers run that way.

With `close` as the last word of the file the server ends the connection after one response, as HTTP/1.0 does, and the
response may end in *. The scenarios for HTTP servers run then, in which `request` sends the file's request. `request first 10B` sends a part of it, in the scenarios of all servers.

Left out are scenarios that send a text or urgent data of their own, and what a scenario expects to have been received by
then: the oracles judge that as a whole.)"},
};

}  // namespace

std::span<const ProtocolPage> ProtocolPages() { return kPages; }

SpokenProtocol ParseProtocol(std::string_view text) {
  if (text.starts_with(kExpectPrefix)) {
    const std::string file(text.substr(kExpectPrefix.size()));
    if (file.empty()) {
      throw UsageError(
          "--protocol expect: needs a file after the colon. To read about it: "
          "hupstorm explain expect");
    }
    Exchange exchange = ParseExchange(ReadInputFile(file, kMaxScenarioFile), file);
    return {Protocol::kExpect, std::make_shared<const Exchange>(std::move(exchange))};
  }
  for (const Protocol protocol :
       {Protocol::kEcho, Protocol::kAck, Protocol::kHttp, Protocol::kNone}) {
    if (text == ProtocolName(protocol)) return {protocol, nullptr};
  }
  if (text == ProtocolName(Protocol::kExpect)) {
    throw UsageError(
        "--protocol expect needs a file: --protocol expect:FILE. To read about it: "
        "hupstorm explain expect");
  }
  throw UnknownName("protocol", text, NamesOf(kPages, &ProtocolPage::name), kHowToList);
}

}  // namespace hupstorm
