// Pipes, files, terminals and children on the loop.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/child.h"
#include "net/fd_sink.h"
#include "net/fd_source.h"
#include "net/unique_fd.h"

namespace sio::net {
namespace {

using ::testing::HasSubstr;

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read, write;
};

bool is_non_blocking(int fd) {
  return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

std::string read_all(int fd) {
  std::string all;
  char bytes[65536];
  for (ssize_t n = 0; (n = ::read(fd, bytes, sizeof bytes)) > 0;)
    all.append(bytes, static_cast<std::size_t>(n));
  return all;
}

class FdTest : public testing::TestWithParam<bool>, public FdSourceEvents, public FdSinkEvents {
 protected:
  void on_bytes(std::string_view bytes) override {
    EXPECT_LE(bytes.size(), 256u * 1024);
    got_ += bytes;
  }
  void on_end(const Status& status) override {
    ended_ = true;
    status_ = status;
    loop_->stop();
  }
  void on_drained() override {
    drained_ = true;
    loop_->stop();
  }
  void on_broken(const Error& error, bool reader_gone) override {
    broken_ = error.message;
    reader_gone_ = reader_gone;
    loop_->stop();
  }
  std::unique_ptr<FdSource> source(int fd, bool paused = false) {
    return std::move(*FdSource::open(*loop_, fd, *this, paused));
  }
  std::unique_ptr<FdSink> sink(int fd) { return std::move(*FdSink::open(*loop_, fd, *this)); }

  std::unique_ptr<Loop> loop_ = std::move(*Loop::create({.many_sockets = GetParam()}));
  std::string got_;
  bool ended_ = false;
  Status status_;
  bool drained_ = false;
  std::string broken_;
  bool reader_gone_ = false;
};

INSTANTIATE_TEST_SUITE_P(Loops, FdTest, testing::Values(false, true),
                         [](const auto& test) { return test.param ? "Libev" : "Poll"; });

// --- FdSource

TEST_P(FdTest, ReadsAPipeToItsEnd) {
  Pipe pipe;
  ASSERT_EQ(::write(pipe.write.get(), "all of it", 9), 9);
  pipe.write.reset();
  const auto reader = source(pipe.read.get());
  loop_->run();
  EXPECT_EQ(got_, "all of it");
  EXPECT_TRUE(status_);
}

TEST_P(FdTest, ReadsMoreThanAPipeHolds) {
  Pipe pipe;
  std::thread writer([&pipe] {
    const std::string bytes(1'000'000, 'x');
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t n = ::write(pipe.write.get(), bytes.data() + at, bytes.size() - at);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    pipe.write.reset();
  });
  const auto reader = source(pipe.read.get());
  loop_->run();
  writer.join();
  EXPECT_EQ(got_.size(), 1'000'000u);
}

TEST_P(FdTest, ReadsARegularFileInSlices) {
  char path[] = "/tmp/sio-fd-XXXXXX";
  const UniqueFd fd(::mkstemp(path));
  const std::string content(1'000'000, 'f');
  std::ofstream(path) << content;
  const auto reader = source(fd.get());
  loop_->run();
  ::unlink(path);
  EXPECT_TRUE(got_ == content);
}

TEST_P(FdTest, EndsAtOnceOnDevNull) {
  const UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto reader = source(fd.get());
  loop_->run();
  EXPECT_TRUE(ended_);
  EXPECT_EQ(got_, "");
}

TEST_P(FdTest, ReadsASocket) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const UniqueFd near(ends[0]);
  UniqueFd far(ends[1]);
  ASSERT_EQ(::write(far.get(), "hello", 5), 5);
  far.reset();
  const auto reader = source(near.get());
  loop_->run();
  EXPECT_EQ(got_, "hello");
}

TEST_P(FdTest, ReadsATerminal) {
  const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_EQ(::grantpt(terminal.get()), 0);
  ASSERT_EQ(::unlockpt(terminal.get()), 0);
  const UniqueFd user(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(user);
  const auto reader = source(user.get());
  EXPECT_FALSE(is_non_blocking(user.get()));
  ASSERT_EQ(::write(terminal.get(), "typed\n\x04", 7), 7);  // ^D ends it
  loop_->run();
  EXPECT_EQ(got_, "typed\n");
}

TEST_P(FdTest, LeavesTheModeThatOthersSeeAlone) {
  Pipe in, out;
  const auto reader = source(in.read.get());
  const auto writer = sink(out.write.get());
  EXPECT_FALSE(is_non_blocking(in.read.get()));
  EXPECT_FALSE(is_non_blocking(out.write.get()));
}

TEST_P(FdTest, ReadsNothingWhilePaused) {
  Pipe pipe;
  ASSERT_EQ(::write(pipe.write.get(), "later", 5), 5);
  pipe.write.reset();
  const auto reader = source(pipe.read.get(), true);
  // Many turns, each of which would have read it.
  int turns = 0;
  std::function<void()> turn = [&] {
    if (++turns == 20) return loop_->stop();
    loop_->post(turn);
  };
  loop_->post(turn);
  loop_->run();
  EXPECT_EQ(got_, "");
  EXPECT_FALSE(ended_);
  reader->resume();
  loop_->run();
  EXPECT_EQ(got_, "later");
  EXPECT_TRUE(ended_);
}

TEST_P(FdTest, MayBeDestroyedFromInsideItsEvent) {
  struct Once : FdSourceEvents {
    void on_bytes(std::string_view) override {
      source.reset();
      loop->stop();
    }
    void on_end(const Status&) override {}
    Loop* loop = nullptr;
    std::unique_ptr<FdSource> source;
  } once;
  const UniqueFd fd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  once.loop = loop_.get();
  once.source = std::move(*FdSource::open(*loop_, fd.get(), once));
  loop_->run();
  EXPECT_EQ(once.source, nullptr);
}

TEST_P(FdTest, ReportsWhatCannotBeRead) {
  const UniqueFd fd(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto reader = source(fd.get());
  loop_->run();
  ASSERT_FALSE(status_);
  EXPECT_THAT(status_.error().message, HasSubstr("Is a directory"));
}

TEST_P(FdTest, RefusesADescriptorThatIsClosed) {
  EXPECT_FALSE(FdSource::open(*loop_, 9999, *this));
  EXPECT_FALSE(FdSink::open(*loop_, 9999, *this));
}

// --- FdSink

TEST_P(FdTest, WritesWhatAReaderTakesSlowly) {
  Pipe pipe;
  auto writer = sink(pipe.write.get());
  std::string expected;
  for (int i = 0; i < 100'000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    writer->write(line);
    expected += line;
  }
  EXPECT_EQ(writer->backlog(), expected.size());
  pipe.write.reset();
  std::string read;
  std::thread reader;
  // Not before a turn has left something: on_drained() is told of nothing else.
  const std::function<void()> read_when_behind = [&] {
    if (writer->backlog() == expected.size()) return loop_->post(read_when_behind);
    reader = std::thread([&] { read = read_all(pipe.read.get()); });
  };
  loop_->post(read_when_behind);
  loop_->run();
  EXPECT_TRUE(drained_);
  EXPECT_EQ(writer->backlog(), 0u);
  writer.reset();
  reader.join();
  EXPECT_TRUE(read == expected);
}

TEST_P(FdTest, NoticesAReaderThatGoesWhileThereIsNothingToWrite) {
  Pipe pipe;
  const auto writer = sink(pipe.write.get());
  loop_->post([&] { pipe.read.reset(); });
  loop_->run();
  EXPECT_EQ(broken_, "write: Broken pipe");
  EXPECT_TRUE(reader_gone_);
}

TEST_P(FdTest, NoticesAReaderThatGoesWhileThereIsSomethingToWrite) {
  Pipe pipe;
  const auto writer = sink(pipe.write.get());
  writer->write(std::string(1'000'000, 'x'));
  loop_->post([&] { pipe.read.reset(); });
  loop_->run();
  EXPECT_TRUE(reader_gone_);
}

TEST_P(FdTest, ReportsADeviceThatIsFull) {
  const UniqueFd fd(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const auto writer = sink(fd.get());
  writer->write("lost");
  loop_->run();
  EXPECT_THAT(broken_, HasSubstr("No space left"));
  EXPECT_FALSE(reader_gone_);
}

TEST_P(FdTest, WritesARegularFileFromWhereItStands) {
  char path[] = "/tmp/sio-fd-XXXXXX";
  const UniqueFd fd(::mkstemp(path));
  ASSERT_EQ(::write(fd.get(), "before ", 7), 7);
  const auto writer = sink(fd.get());
  writer->write(std::string(3'000'000, 'w'));
  loop_->run();
  EXPECT_TRUE(drained_);
  ASSERT_EQ(::write(fd.get(), " after", 6), 6);
  ::lseek(fd.get(), 0, SEEK_SET);
  const std::string content = read_all(fd.get());
  ::unlink(path);
  EXPECT_TRUE(content == "before " + std::string(3'000'000, 'w') + " after");
}

TEST_P(FdTest, FlushesEverythingBeforeLeaving) {
  Pipe pipe;
  auto writer = sink(pipe.write.get());
  pipe.write.reset();
  writer->write(std::string(1'000'000, 'l'));
  std::string read;
  std::thread reader([&] { read = read_all(pipe.read.get()); });
  EXPECT_TRUE(writer->flush_blocking());
  writer.reset();
  reader.join();
  EXPECT_EQ(read.size(), 1'000'000u);
}

TEST_P(FdTest, FlushesNothingToAReaderThatIsGone) {
  Pipe pipe;
  const auto writer = sink(pipe.write.get());
  writer->write("nobody reads this");
  pipe.read.reset();
  EXPECT_FALSE(writer->flush_blocking());
}

// --- Child

class ChildTest : public testing::TestWithParam<bool>, public ChildEvents {
 protected:
  void on_output(std::string_view bytes) override { output_ += bytes; }
  void on_input_drained() override { ++drained_; }
  void on_exit(int status) override {
    status_ = status;
    loop_->stop();
  }
  std::unique_ptr<Child> start(const std::string& command) {
    return std::move(*Child::start(*loop_, {command, {{"SIO_TEST", "from the test"}}}, *this));
  }

  std::unique_ptr<Loop> loop_ = std::move(*Loop::create({.many_sockets = GetParam()}));
  std::string output_;
  int drained_ = 0;
  int status_ = -1;
};

INSTANTIATE_TEST_SUITE_P(Loops, ChildTest, testing::Values(false, true),
                         [](const auto& test) { return test.param ? "Libev" : "Poll"; });

TEST_P(ChildTest, SeesAllOutputBeforeTheExit) {
  const auto child = start("echo \"$SIO_TEST\"; exit 3");
  loop_->run();
  EXPECT_EQ(output_, "from the test\n");
  EXPECT_EQ(WEXITSTATUS(status_), 3);
}

TEST_P(ChildTest, FeedsItsInputAndReadsItsOutput) {
  const auto child = start("cat");
  std::string sent;
  for (int i = 0; i < 50'000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    child->write(line);
    sent += line;
  }
  EXPECT_EQ(child->input_backlog(), sent.size());
  child->close_input();
  loop_->run();
  EXPECT_TRUE(output_ == sent);
  EXPECT_EQ(status_, 0);
}

TEST_P(ChildTest, TellsWhenItsInputWasTaken) {
  struct Feeder : ChildEvents {
    void on_output(std::string_view) override {}
    void on_input_drained() override {
      if (++rounds == 10) return child->close_input();
      child->write("more\n");
    }
    void on_exit(int) override { loop->stop(); }
    Loop* loop = nullptr;
    std::unique_ptr<Child> child;
    int rounds = 0;
  } feeder;
  feeder.loop = loop_.get();
  feeder.child = std::move(*Child::start(*loop_, {"cat > /dev/null", {}}, feeder));
  feeder.child->write("first\n");
  loop_->run();
  EXPECT_EQ(feeder.rounds, 10);
}

TEST_P(ChildTest, ClosesAnInputThatWasWrittenFromWithinAnEvent) {
  struct Starter : FdSourceEvents {
    void on_bytes(std::string_view bytes) override {
      child = std::move(*Child::start(*loop, {"cat", {}}, *events));
      child->write(bytes);
      child->close_input();
    }
    void on_end(const Status&) override {}
    Loop* loop = nullptr;
    ChildEvents* events = nullptr;
    std::unique_ptr<Child> child;
  } starter;
  starter.loop = loop_.get();
  starter.events = this;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto source = std::move(*FdSource::open(*loop_, ends[0], starter));
  ASSERT_EQ(::write(ends[1], "hello", 5), 5);
  loop_->run();
  EXPECT_EQ(output_, "hello");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_P(ChildTest, TellsOfASignalThatEndedIt) {
  const auto child = start("sleep 100");
  child->kill(SIGKILL);
  loop_->run();
  ASSERT_TRUE(WIFSIGNALED(status_));
  EXPECT_EQ(WTERMSIG(status_), SIGKILL);
}

TEST_P(ChildTest, SurvivesACommandThatDoesNotReadItsInput) {
  const auto child = start("exit 0");
  child->write(std::string(1'000'000, 'x'));
  loop_->run();
  EXPECT_EQ(status_, 0);
}

TEST_P(ChildTest, DoesNotWaitForAGrandchildThatKeepsTheOutputOpen) {
  const auto child = start("echo done; sleep 100 & exit 0");
  loop_->run();
  EXPECT_EQ(output_, "done\n");
  EXPECT_EQ(status_, 0);
  ::kill(-child->pid(), SIGKILL);
}

TEST_P(ChildTest, HoldsItsOutputBackWhilePaused) {
  const auto child = start("yes | head -c 1000000");
  child->pause_output();
  loop_->post([&] { child->resume_output(); });
  loop_->run();
  EXPECT_EQ(output_.size(), 1'000'000u);
}

TEST_P(ChildTest, EndsTheCommandWhenDestroyed) {
  auto child = start("trap '' TERM; exec sleep 100");
  const int pid = child->pid();
  child->kill(SIGCONT);
  child.reset();
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_P(ChildTest, GivesTheCommandItsSignalsBack) {
  const auto child = start("kill -PIPE $$; echo survived");
  loop_->run();
  EXPECT_EQ(output_, "");
  EXPECT_EQ(WTERMSIG(status_), SIGPIPE);
}

}  // namespace
}  // namespace sio::net
