#include "server/rooms.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <random>
#include <set>

#include "server/namespace.h"
#include "unit/server/fakes.h"

namespace sio::server {
namespace {

using testing::UnorderedElementsAre;

class RoomsTest : public testing::Test {
 protected:
  Socket& socket() {
    sockets_.push_back(std::make_unique<Socket>(link_, ns_));
    return *sockets_.back();
  }
  std::vector<const Socket*> members(std::string_view room) {
    std::vector<const Socket*> result;
    if (const Room* found = rooms_.find(room))
      for (const Room::Member& member : found->members) result.push_back(member.socket);
    return result;
  }

  test::FakeLink link_;
  Namespace ns_{"/"};
  std::vector<std::unique_ptr<Socket>> sockets_;
  Rooms rooms_;
};

TEST_F(RoomsTest, AMemberIsFoundFromBothSides) {
  Socket& a = socket();
  EXPECT_TRUE(rooms_.join(a, "red"));
  EXPECT_THAT(members("red"), UnorderedElementsAre(&a));
  EXPECT_TRUE(a.in_room("red"));
}

TEST_F(RoomsTest, JoiningTwiceChangesNothing) {
  Socket& a = socket();
  EXPECT_TRUE(rooms_.join(a, "red"));
  EXPECT_FALSE(rooms_.join(a, "red"));
  EXPECT_EQ(members("red").size(), 1u);
}

TEST_F(RoomsTest, LeavingARoomThatOneIsNotInChangesNothing) {
  Socket& a = socket();
  Socket& b = socket();
  rooms_.join(a, "red");
  EXPECT_FALSE(rooms_.leave(b, "red"));
  EXPECT_FALSE(rooms_.leave(b, "blue"));
  EXPECT_THAT(members("red"), UnorderedElementsAre(&a));
}

TEST_F(RoomsTest, ARoomEndsWithItsLastMember) {
  Socket& a = socket();
  rooms_.join(a, "red");
  rooms_.leave(a, "red");
  EXPECT_EQ(rooms_.find("red"), nullptr);
  EXPECT_EQ(rooms_.size(), 0u);
}

TEST_F(RoomsTest, LeavingAllLeavesTheOthersIn) {
  Socket& a = socket();
  Socket& b = socket();
  for (const char* room : {"red", "green", "blue"}) {
    rooms_.join(a, room);
    rooms_.join(b, room);
  }
  rooms_.leave_all(a);
  EXPECT_TRUE(a.rooms.empty());
  for (const char* room : {"red", "green", "blue"})
    EXPECT_THAT(members(room), UnorderedElementsAre(&b));
}

TEST_F(RoomsTest, AgreesWithASimpleModelUnderRandomChanges) {
  std::mt19937 random(7);
  std::map<std::string, std::set<const Socket*>> model;
  for (int i = 0; i < 20; ++i) socket();
  const auto pick = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  for (int step = 0; step < 20'000; ++step) {
    Socket& s = *sockets_[pick(sockets_.size())];
    const std::string room = "room" + std::to_string(pick(12));
    const std::size_t action = pick(100);
    if (action < 55) {
      EXPECT_EQ(rooms_.join(s, room), model[room].insert(&s).second);
    } else if (action < 97) {
      EXPECT_EQ(rooms_.leave(s, room), model[room].erase(&s) == 1);
    } else {
      rooms_.leave_all(s);
      for (auto& [name, set] : model) set.erase(&s);
    }
  }
  for (const auto& [name, set] : model) {
    const auto found = members(name);
    EXPECT_EQ(std::set<const Socket*>(found.begin(), found.end()), set) << name;
    for (const auto& s : sockets_) EXPECT_EQ(s->in_room(name), set.contains(s.get()));
  }
}

}  // namespace
}  // namespace sio::server
