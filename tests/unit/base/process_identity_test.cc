#include "base/process_identity.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sio {
namespace {

TEST(ProcessIdentity, IsKnownOnThisMachine) {
  const ProcessIdentity here = this_process();
  EXPECT_FALSE(here.host.empty());
  EXPECT_FALSE(here.boot.empty());
  EXPECT_EQ(here.pid, getpid());
  EXPECT_FALSE(here.started.empty());
  EXPECT_EQ(here, this_process());
}

TEST(ProcessIdentity, LivesWhileTheProcessDoes) {
  EXPECT_FALSE(is_gone(this_process()));
}

TEST(ProcessIdentity, IsGoneWithItsProcess) {
  ProcessIdentity child = this_process();
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
  child.pid = pid;
  EXPECT_TRUE(is_gone(child)) << "though nobody has waited for it";
  waitpid(pid, nullptr, 0);
  EXPECT_TRUE(is_gone(child));
}

TEST(ProcessIdentity, IsGoneWhenAnotherProcessHasItsPid) {
  ProcessIdentity before = this_process();
  before.started += "0";
  EXPECT_TRUE(is_gone(before));
}

TEST(ProcessIdentity, IsNotKnownToBeGoneElsewhere) {
  ProcessIdentity elsewhere = this_process();
  elsewhere.started += "0";
  ProcessIdentity in_container = elsewhere;
  elsewhere.boot = "another";
  in_container.pid_namespace = "another";
  EXPECT_FALSE(is_gone(elsewhere));
  EXPECT_FALSE(is_gone(in_container));
  EXPECT_FALSE(is_gone({}));
}

}  // namespace
}  // namespace sio
