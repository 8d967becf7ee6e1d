#include "scenarios/oracles/http_response_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hupstorm {
namespace {

struct Reading {
  bool whole = false;         // before the connection's end
  bool whole_at_end = false;  // and with it
  std::string difference;
};

// In one piece, and in pieces of one byte: the same must come out.
Reading Read(std::string_view bytes, bool one_by_one) {
  HttpResponseReader reader;
  reader = {};
  const size_t step = one_by_one ? 1 : bytes.size();
  for (size_t i = 0; i < bytes.size(); i += step) {
    if (reader.Take(bytes.substr(i, step)) < step) return {false, false, reader.difference()};
  }
  Reading reading;
  reading.whole = reader.whole();
  reader.End();
  reading.whole_at_end = reader.whole();
  return reading;
}

class HttpResponseReaderTest : public testing::TestWithParam<bool> {
 protected:
  static bool IsWhole(std::string_view bytes) { return Read(bytes, GetParam()).whole; }
  static bool IsWholeAtEnd(std::string_view bytes) { return Read(bytes, GetParam()).whole_at_end; }
  static std::string Difference(std::string_view bytes) {
    return Read(bytes, GetParam()).difference;
  }
};

TEST_P(HttpResponseReaderTest, ContentLengthEndsTheBody) {
  EXPECT_TRUE(IsWhole("HTTP/1.1 200 OK\r\ncontent-length:  5 \r\n\r\nhello"));
  EXPECT_TRUE(IsWhole("HTTP/1.0 200\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(IsWholeAtEnd("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"));
}

TEST_P(HttpResponseReaderTest, ChunksEndTheBody) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n";
  EXPECT_TRUE(IsWhole(head + "5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"));
  EXPECT_TRUE(IsWhole(head + "0\r\nTrailer: yes\r\n\r\n"));
  EXPECT_FALSE(IsWholeAtEnd(head + "5\r\nhello\r\n"));
  EXPECT_FALSE(IsWholeAtEnd(head + "5\r\nhello\r\n0\r\n"));
  EXPECT_EQ(Difference(head + "5\r\nhelloo\r\n"),
            "expected an empty line after a chunk, got \"o\"");
  EXPECT_EQ(Difference(head + "five\r\n"), "expected the size of a chunk, got \"five\"");
}

TEST_P(HttpResponseReaderTest, TheConnectionsEndEndsABodyOfUnknownLength) {
  EXPECT_FALSE(IsWhole("HTTP/1.0 200 OK\r\n\r\nhello"));
  EXPECT_TRUE(IsWholeAtEnd("HTTP/1.0 200 OK\r\n\r\nhello"));
  EXPECT_FALSE(IsWholeAtEnd("HTTP/1.0 200 OK\r\nServer: x\r\n"));
}

TEST_P(HttpResponseReaderTest, SomeStatusesHaveNoBody) {
  EXPECT_TRUE(IsWhole("HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_TRUE(IsWhole("HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n"));
}

TEST_P(HttpResponseReaderTest, AnInterimResponseComesBeforeTheResponse) {
  EXPECT_FALSE(IsWhole("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_TRUE(IsWhole("HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"));
}

TEST_P(HttpResponseReaderTest, BareNewlinesAreTaken) {
  EXPECT_TRUE(IsWhole("HTTP/1.0 200 OK\nContent-Length: 2\n\nhi"));
}

TEST_P(HttpResponseReaderTest, WhatFollowsIsNotLookedAt) {
  EXPECT_TRUE(IsWhole("HTTP/1.1 204 No Content\r\n\r\n\0\1\2 nonsense\n"));
}

TEST_P(HttpResponseReaderTest, AnotherProtocolIsFoundOutAtItsFirstByte) {
  EXPECT_EQ(Difference("2"), R"(expected "HTTP/1.x" and a status, got "2")");
  EXPECT_NE(Difference("HTTP/2 200\r\n"), "");
  EXPECT_EQ(Difference("HTTP/1.1 OK\r\n"),
            R"(expected "HTTP/1.x" and a status, got "HTTP/1.1 OK")");
}

TEST_P(HttpResponseReaderTest, HeadersAreNamesAndValues) {
  EXPECT_EQ(Difference("HTTP/1.1 200 OK\r\nhello\r\n"), R"(expected a header line, got "hello")");
  EXPECT_EQ(Difference("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n"),
            R"(expected one Content-Length, got "Content-Length: 2")");
  EXPECT_NE(Difference("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n"), "");
  EXPECT_EQ(Difference("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"), "");
}

TEST_P(HttpResponseReaderTest, LinesAreBounded) {
  EXPECT_NE(Difference("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')), "");
}

INSTANTIATE_TEST_SUITE_P(Pieces, HttpResponseReaderTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "OneByOne" : "AtOnce"; });

}  // namespace
}  // namespace hupstorm
