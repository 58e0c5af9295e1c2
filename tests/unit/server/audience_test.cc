#include "server/audience.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "server/namespace.h"
#include "server/socket.h"
#include "unit/server/fakes.h"

namespace sio::server::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class AudienceTest : public testing::Test {
 protected:
  Socket& add(const ReaderKind& kind) {
    Socket& socket = *sockets_.emplace_back(std::make_unique<Socket>(link_, ns_));
    socket.kind = &kind;
    ns_.sockets.add(socket);
    return socket;
  }

  ReaderKinds kinds_;
  const ReaderKind& nameless_ = kinds_.acquire(ReaderKinds::Extra::nothing, {{""}});
  const ReaderKind& curious_ = kinds_.acquire(ReaderKinds::Extra::nothing, {{"", "a"}});
  FakeLink link_;
  Namespace ns_{"/"};
  std::vector<std::unique_ptr<Socket>> sockets_;
};

TEST_F(AudienceTest, SetsThoseApartThatHearNothing) {
  Socket& publisher = add(nameless_);
  Socket& stock = add(kinds_.stock());
  Socket& filtering = add(curious_);
  EXPECT_THAT(ns_.sockets.hearing(), UnorderedElementsAre(&stock, &filtering));
  stock.deafen();
  EXPECT_THAT(ns_.sockets.hearing(), ElementsAre(&filtering));
  EXPECT_THAT(ns_.sockets.all(), UnorderedElementsAre(&publisher, &stock, &filtering));
}

TEST_F(AudienceTest, KnowsEachSocketsPlaceWhateverComesAndGoes) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t victim = sockets_.empty() ? 0 : random() % sockets_.size();
    switch (random() % 4) {
      case 0:
        add(nameless_);
        break;
      case 1:
        add(kinds_.stock());
        break;
      case 2:
        if (!sockets_.empty()) sockets_[victim]->deafen();
        break;
      default:
        if (sockets_.empty()) break;
        ns_.sockets.remove(*sockets_[victim]);
        sockets_.erase(sockets_.begin() + static_cast<std::ptrdiff_t>(victim));
    }
    ASSERT_EQ(ns_.sockets.size(), sockets_.size());
    for (const auto& socket : sockets_) {
      ASSERT_EQ(ns_.sockets.all()[socket->index], socket.get());
      ASSERT_EQ(socket->index < ns_.sockets.hearing().size(), socket->hears());
    }
  }
  while (!sockets_.empty()) {
    ns_.sockets.remove(*sockets_.back());
    sockets_.pop_back();
  }
  EXPECT_THAT(ns_.sockets.all(), IsEmpty());
}

}  // namespace
}  // namespace sio::server::test
