#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace sio {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(Errc::usage, std::to_string(n) + " is odd");
  return n / 2;
}

Result<int> quarter(int n) {
  SIO_TRY(const int once, half(n));
  SIO_TRY(int twice, half(once));
  return twice;
}

Status check_even(int n) {
  SIO_TRY(const int ignored, half(n));
  static_cast<void>(ignored);
  return {};
}

Status check_both(int a, int b) {
  SIO_TRY_STATUS(check_even(a));
  SIO_TRY_STATUS(check_even(b));
  return {};
}

TEST(Result, CarriesAValueThroughTry) {
  EXPECT_EQ(quarter(12), 3);
}

TEST(Result, ReturnsTheFirstErrorFromTry) {
  EXPECT_EQ(quarter(7).error().message, "7 is odd");
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
  EXPECT_EQ(quarter(6).error().code, Errc::usage);
}

TEST(Result, PassesAStatusOn) {
  EXPECT_TRUE(check_both(2, 4));
  EXPECT_EQ(check_both(2, 5).error().message, "5 is odd");
}

TEST(Result, BindsValuesThatOnlyMove) {
  const auto make = [](bool good) -> Result<std::unique_ptr<int>> {
    if (!good) return fail(Errc::io, "no");
    return std::make_unique<int>(7);
  };
  const auto use = [&](bool good) -> Result<int> {
    SIO_TRY(const std::unique_ptr<int> value, make(good));
    return *value;
  };
  EXPECT_EQ(use(true), 7);
  EXPECT_EQ(use(false).error().message, "no");
}

TEST(Result, SaysWhatWasBeingDone) {
  const auto read = []() -> Result<int> {
    auto value = half(3);
    if (!value) return fail_in("read config", std::move(value.error()));
    return value;
  };
  EXPECT_EQ(read().error().message, "read config: 3 is odd");
  EXPECT_EQ(read().error().code, Errc::usage);
}

}  // namespace
}  // namespace sio
