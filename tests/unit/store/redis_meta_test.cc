#include "store/redis_meta.h"

#include <gtest/gtest.h>

#include "store/redis_lease.h"

namespace sio::store {
namespace {

TEST(RedisInfo, TellsWhatRedisIs) {
  const RedisInfo info = parse_info(
      "# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n\r\nrole:slave\r\nmaster_host:h\r\n"
      "master_port:6379\r\naof_enabled:1\r\nmaxmemory:100\r\nmaxmemory_policy:allkeys-lru\r\n");
  EXPECT_EQ(info.version, "7.0.15");
  EXPECT_EQ(info.run_id, "abc");
  EXPECT_EQ(info.role, "slave");
  EXPECT_EQ(info.master, "h:6379");
  EXPECT_EQ(info.maxmemory, "100");
  EXPECT_EQ(info.maxmemory_policy, "allkeys-lru");
  EXPECT_FALSE(info.syncs_always());
}

TEST(RedisInfo, KnowsNothingOfOtherText) {
  EXPECT_EQ(parse_info("").version, "");
  EXPECT_EQ(parse_info("no colon\n:\nrun_id").run_id, "");
}

TEST(RedisVersion, IsComparedByNumbers) {
  EXPECT_TRUE(is_at_least("6.2.0", 6, 2));
  EXPECT_TRUE(is_at_least("7.0", 6, 2));
  EXPECT_TRUE(is_at_least("10.0.1", 6, 2));
  EXPECT_FALSE(is_at_least("6.0.16", 6, 2));
  EXPECT_FALSE(is_at_least("5.4", 6, 2));
  EXPECT_TRUE(is_at_least("unknown", 6, 2));
}

TEST(LeaseHolder, SaysWhoItIs) {
  const LeaseHolder holder{
      .word = "secret",
      .process = {.host = "a host", .boot = "b", .pid_namespace = "", .pid = 17, .started = "99"},
      .since_ms = 1'769'868'306'123};
  const auto again = decode_holder(encode_holder(holder));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->word, "secret");
  EXPECT_EQ(again->process.host, "a?host");
  EXPECT_EQ(again->process.boot, "b");
  EXPECT_EQ(again->process.pid_namespace, "");
  EXPECT_EQ(again->process.pid, 17);
  EXPECT_EQ(again->process.started, "99");
  EXPECT_EQ(again->since_ms, holder.since_ms);
}

TEST(LeaseHolder, IsNotReadFromAnythingElse) {
  for (const std::string_view wrong :
       {"", "sio-lock", "sio-lock 2 w h 1 s 1 b n", "sio-lock 1 w h x s 1 b n",
        "sio-lock 1 w h 1 s x b n", "sio-lock 1 w h 1 s -1 b n", "sio-lock 1 w h 1 s 1 b",
        "sio-lock 1 w h 1 s 1 b n more", "sio-lock 1 w h 1 s 999999999999999999 b n"})
    EXPECT_FALSE(decode_holder(wrong)) << wrong;
  EXPECT_FALSE(decode_holder(std::string(5000, 'x')));
}

}  // namespace
}  // namespace sio::store
