#include <gmock/gmock.h>

#include <map>
#include <set>
#include <string>

#include "target/documented/documented.h"

namespace hupstorm {
namespace {

const std::set<std::string_view> kOracles = {"server-died",
                                             "close-wait-leak",
                                             "fd-leak",
                                             "busy-loop",
                                             "lost-bytes",
                                             "foreign-bytes",
                                             "stalled",
                                             "heap-leak",
                                             "fd-misuse",
                                             "accept-stopped",
                                             "head-of-line-blocking",
                                             "unbounded-queue",
                                             "truncated-response",
                                             "shutdown-hang"};

TEST(CatalogueTest, EveryServerHasItsDefects) {
  std::map<DocumentedServer, int> count;
  for (const Defect& defect : Defects()) ++count[defect.server];
  EXPECT_EQ(count[DocumentedServer::kEpollQueue], 7);
  EXPECT_EQ(count[DocumentedServer::kSelectQueue], 11);
  EXPECT_EQ(count[DocumentedServer::kPollQueue], 10);
  EXPECT_EQ(count[DocumentedServer::kEpollAck], 7);
  EXPECT_EQ(count[DocumentedServer::kEpollHttp], 9);
}

TEST(CatalogueTest, EveryEntryIsComplete) {
  for (const Defect& defect : Defects()) {
    SCOPED_TRACE(defect.full_name);
    EXPECT_EQ(defect.full_name,
              std::string(NameOf(defect.server)) + "/" + std::string(defect.name));
    EXPECT_FALSE(defect.document_lines.empty());
    EXPECT_FALSE(defect.wrote.empty());
    EXPECT_FALSE(defect.goes_wrong.empty());
    EXPECT_FALSE(defect.how_to_mend.empty());
    EXPECT_FALSE(defect.trigger.empty());
    EXPECT_FALSE(defect.expected.empty());
    for (const std::string_view oracle : defect.expected) EXPECT_EQ(kOracles.count(oracle), 1U);
    if (!defect.reachable) {
      EXPECT_FALSE(defect.evidence.empty());
      EXPECT_FALSE(defect.main);
    }
  }
}

TEST(CatalogueTest, NamesFindOneDefectEach) {
  for (const Defect& defect : Defects()) EXPECT_EQ(FindDefect(defect.full_name), &defect);
  EXPECT_EQ(FindDefect("doc000/epoll-queue"), nullptr);
}

TEST(CatalogueTest, EveryServerHasAMainDefect) {
  std::set<DocumentedServer> servers;
  for (const Defect& defect : Defects()) {
    if (defect.main) servers.insert(defect.server);
  }
  EXPECT_EQ(servers.size(), static_cast<size_t>(kDocumentedServerCount));
}

TEST(MendSetTest, AllButLeavesOneDefectAlone) {
  for (const Defect& defect : Defects()) {
    const MendSet mends = AllBut(defect);
    EXPECT_FALSE(mends.Has(defect.mend));
    EXPECT_EQ(mends.With(defect.mend), AllMends(defect.server));
    EXPECT_NE(mends, AllMends(defect.server));
  }
}

TEST(MendSetTest, OnlyTheDocumentsOwnCorrectionIsInForceByDefault) {
  EXPECT_EQ(NoMends(DocumentedServer::kEpollQueue), MendSet());
  EXPECT_EQ(NoMends(DocumentedServer::kSelectQueue), MendSet());
  EXPECT_EQ(NoMends(DocumentedServer::kPollQueue), MendSet());
  EXPECT_EQ(NoMends(DocumentedServer::kEpollAck), MendSet());
  EXPECT_EQ(NoMends(DocumentedServer::kEpollHttp), MendSet().With(Mend::kFinIgnored));
}

TEST(DocumentedTargetTest, BearsTheServersNameWhateverTheMends) {
  const Target written = DocumentedTarget(DocumentedServer::kEpollAck, {});
  const Target mended =
      DocumentedTarget(DocumentedServer::kEpollAck, AllMends(DocumentedServer::kEpollAck));
  EXPECT_EQ(written.name, "doc002/epoll-ack");
  EXPECT_EQ(mended.name, "doc002/epoll-ack");
  EXPECT_EQ(mended.protocol, Protocol::kAck);
}

}  // namespace
}  // namespace hupstorm
