#include "cli/exit_code.h"

#include <gtest/gtest.h>

namespace sio::cli {
namespace {

using client::Ending;

struct Row {
  Ending ending;
  int status;
};

class ExitCodeTest : public testing::TestWithParam<Row> {};

TEST_P(ExitCodeTest, IsWhatTheManualSays) {
  EXPECT_EQ(exit_code({.ending = GetParam().ending, .signal_number = 2}), GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(Table, ExitCodeTest,
                         testing::Values(Row{Ending::done, 0}, Row{Ending::reader_gone, 0},
                                         Row{Ending::work_failed, 1}, Row{Ending::usage, 2},
                                         Row{Ending::unreachable, 3}, Row{Ending::refused, 4},
                                         Row{Ending::incompatible, 5}, Row{Ending::lost, 6},
                                         Row{Ending::unconfirmed, 7}, Row{Ending::gap, 8},
                                         Row{Ending::timed_out, 124},
                                         Row{Ending::not_runnable, 126},
                                         Row{Ending::not_found, 127}, Row{Ending::signalled, 130}));

}  // namespace
}  // namespace sio::cli
