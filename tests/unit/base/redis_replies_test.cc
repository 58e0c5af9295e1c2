#include "base/redis_replies.h"

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <memory>
#include <string_view>

namespace sio {
namespace {

struct Deleter {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

class BoundedReplies : public testing::Test {
 protected:
  BoundedReplies() { bound_arrays(*reader_); }

  // Null: hiredis wants no more of it.
  std::unique_ptr<redisReply, Deleter> read(std::string_view bytes) {
    redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
    void* reply = nullptr;
    redisReaderGetReply(reader_.get(), &reply);
    return std::unique_ptr<redisReply, Deleter>(static_cast<redisReply*>(reply));
  }

  std::unique_ptr<redisReader, Deleter> reader_{redisReaderCreate()};
};

TEST_F(BoundedReplies, AnArrayThatClaimsToBeEndlessIsRefusedAtOnce) {
  EXPECT_EQ(read("*2000000000\r\n"), nullptr);
  EXPECT_NE(reader_->err, 0);
}

TEST_F(BoundedReplies, SoIsOneInsideOfAnother) {
  EXPECT_EQ(read("*2\r\n*2000000000\r\n"), nullptr);
  EXPECT_NE(reader_->err, 0);
}

TEST_F(BoundedReplies, OthersAreRead) {
  const auto reply = read("*2\r\n$2\r\nhi\r\n*1\r\n:7\r\n");
  ASSERT_NE(reply, nullptr);
  ASSERT_EQ(reply->elements, 2U);
  EXPECT_EQ(reply->element[1]->element[0]->integer, 7);
}

}  // namespace
}  // namespace sio
