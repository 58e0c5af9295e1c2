#include "base/redis_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

RedisUrl parsed(std::string_view text) {
  const Result<RedisUrl> url = parse_redis_url(text);
  EXPECT_TRUE(url) << text << ": " << url.error().message;
  return url.value_or(RedisUrl{});
}

std::string refusal_of(std::string_view text) {
  const Result<RedisUrl> url = parse_redis_url(text);
  EXPECT_FALSE(url) << text;
  if (url) return {};
  EXPECT_EQ(url.error().code, Errc::usage);
  return url.error().message;
}

TEST(RedisUrl, NamesAHost) {
  const RedisUrl url = parsed("redis://Redis.example.org");
  EXPECT_EQ(url.host, "redis.example.org");
  EXPECT_EQ(url.port, 6379);
  EXPECT_EQ(url.db, 0u);
  EXPECT_FALSE(url.wants_auth());
  EXPECT_TRUE(url.parameters.empty());
}

TEST(RedisUrl, NamesEverything) {
  const RedisUrl url = parsed("REDIS://me:p%40ss%00%2f@h:7000/15?key=my%20queue&replicas=2&e=");
  EXPECT_EQ(url.host, "h");
  EXPECT_EQ(url.port, 7000);
  EXPECT_EQ(url.user, "me");
  EXPECT_EQ(url.password, std::string("p@ss\0/", 6));
  EXPECT_EQ(url.db, 15u);
  EXPECT_THAT(url.parameters,
              ElementsAre(Pair("key", "my queue"), Pair("replicas", "2"), Pair("e", "")));
  EXPECT_EQ(*url.parameter("replicas"), "2");
  EXPECT_EQ(url.parameter("none"), nullptr);
}

TEST(RedisUrl, KnowsTheDefaultUserByItsPasswordAlone) {
  const RedisUrl url = parsed("redis://:secret:with:colons@h/");
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.password, "secret:with:colons");
  EXPECT_FALSE(parsed("redis://:@h").wants_auth());
  EXPECT_TRUE(parsed("redis://nopass:@h").wants_auth());
}

TEST(RedisUrl, TakesAPasswordWithAnUnescapedAt) {
  EXPECT_EQ(parsed("redis://u:p@ss@h").password, "p@ss");
}

TEST(RedisUrl, NamesIpv6Addresses) {
  EXPECT_EQ(parsed("redis://[::1]").host, "::1");
  EXPECT_EQ(parsed("redis://[FE80::1%25eth0]:1").host, "fe80::1%eth0");
  EXPECT_THAT(refusal_of("redis://::1:6379"), HasSubstr("brackets"));
  EXPECT_THAT(refusal_of("redis://[zz]"), HasSubstr("not an IPv6 address"));
}

TEST(RedisUrl, NamesAUnixSocket) {
  const RedisUrl url = parsed("redis+unix://u:p@/run/redis%3f.sock?db=3&key=q");
  EXPECT_EQ(url.unix_path, "/run/redis?.sock");
  EXPECT_EQ(url.host, "");
  EXPECT_EQ(url.password, "p");
  EXPECT_EQ(url.db, 3u);
  EXPECT_THAT(url.parameters, ElementsAre(Pair("key", "q")));
  EXPECT_THAT(refusal_of("redis+unix://run/redis.sock"), HasSubstr("begins with /"));
  EXPECT_THAT(refusal_of("redis+unix://"), HasSubstr("no path"));
  EXPECT_THAT(refusal_of("redis+unix:///" + std::string(107, 'x')), HasSubstr("longer than 107"));
  EXPECT_THAT(refusal_of("redis+unix:///a%00b"), HasSubstr("NUL"));
}

TEST(RedisUrl, SaysWhatIsWrong) {
  EXPECT_THAT(refusal_of("redis://"), HasSubstr("no host"));
  EXPECT_THAT(refusal_of("redis://h:0"), HasSubstr("not a port"));
  EXPECT_THAT(refusal_of("redis://h:70000"), HasSubstr("not a port"));
  EXPECT_THAT(refusal_of("redis://h/one"), HasSubstr("a database is a number"));
  EXPECT_THAT(refusal_of("redis://h/1/2"), HasSubstr("a database is a number"));
  EXPECT_THAT(refusal_of("redis://h/2147483648"), HasSubstr("a database is a number"));
  EXPECT_THAT(refusal_of("redis://h/1?db=2"), HasSubstr("two databases"));
  EXPECT_THAT(refusal_of("redis://h#x"), HasSubstr("%23"));
  EXPECT_THAT(refusal_of("redis://h x"), HasSubstr("white space"));
  EXPECT_THAT(refusal_of("redis://h_ost!"), HasSubstr("not a host name"));
  EXPECT_THAT(refusal_of("http://h"), HasSubstr("not the address of a Redis server"));
  EXPECT_THAT(refusal_of("redis:h"), HasSubstr("not the address of a Redis server"));
  EXPECT_THAT(refusal_of("redis://h?key"), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(refusal_of("redis://h?a=1&a=2"), HasSubstr("twice"));
  EXPECT_THAT(refusal_of("redis://" + std::string(5000, 'h')), HasSubstr("more than 4096"));
  EXPECT_THAT(refusal_of("redis://" + std::string(300, 'h')), HasSubstr("more than 253"));
}

TEST(RedisUrl, RefusesTls) {
  EXPECT_THAT(refusal_of("rediss://h"), HasSubstr("TLS is not spoken"));
}

TEST(RedisUrl, AsksWhetherAWordIsAUserOrAPassword) {
  EXPECT_THAT(refusal_of("redis://word@h"), HasSubstr("a user or a password?"));
}

TEST(RedisUrl, ShowsNoSecrets) {
  EXPECT_EQ(parsed("redis://u:secret@h/2?token=secret").printable(), "redis://u:***@h:6379/2");
  EXPECT_EQ(parsed("redis://:secret@[::1%25eth0]").printable(), "redis://:***@[::1%25eth0]:6379");
  EXPECT_EQ(parsed("redis+unix://:secret@/a%3fb?db=1").printable(),
            "redis+unix://:***@/a%3Fb?db=1");
  for (const std::string_view wrong :
       {"redis://u:secret@h:port", "redis://u:secret%@h", "redis://secret@h", "rediss://:secret@h",
        "redis://u:se/secret@h", "redis://h/x?password=secret", "http://u:secret@h",
        "redis://u:secret@", "u:secret@h", "redis://u:secret ?@h"})
    EXPECT_THAT(refusal_of(wrong), Not(HasSubstr("secret")));
}

TEST(RedisUrl, NamesAParameterThatNobodyKnows) {
  const std::string_view names[] = {"key", "replicas"};
  EXPECT_TRUE(parsed("redis://h?key=a").expect_parameters(names));
  const Status refused = parsed("redis://h?kez=secret").expect_parameters(names);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "redis://h:6379: there is no parameter \"kez\" (there are db, key, replicas)");
}

TEST(RedisUrl, IsKnownByItsScheme) {
  EXPECT_TRUE(looks_like_redis("redis://h"));
  EXPECT_TRUE(looks_like_redis("REDISS:"));
  EXPECT_TRUE(looks_like_redis("redis+unix:/x"));
  EXPECT_FALSE(looks_like_redis("redis"));
  EXPECT_FALSE(looks_like_redis("/var/redis:"));
}

}  // namespace
}  // namespace sio
