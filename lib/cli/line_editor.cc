// Libedit draws and edits; everything that waits is ours, because it runs on the loop: keys are put
// together before it sees them (it would wait for the rest of an escape sequence), commands of its
// that read further keys are unbound, and it is called once a key, in its "unbuffered" mode.
//
// It has no call that takes the line off the screen. But it redraws what has changed: a key of our
// own empties line and prompt, and showing the line again is putting both back.

#include "cli/line_editor.h"

#include <fcntl.h>
#include <histedit.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <langinfo.h>
#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <utility>

#include "cli/key_reader.h"
#include "cli/line_history.h"

namespace sio::cli {
namespace {

constexpr wchar_t kHideKey = 0x1c;  // KeyReader keeps it from the keyboard
// A key that is not whole after this time was broken off.
constexpr Duration kKeyTime = std::chrono::milliseconds(100);
// How long a slow terminal is waited for before it is looked at again.
constexpr Duration kLookAgain = std::chrono::milliseconds(20);

std::wstring to_wide(std::string_view text) {
  std::wstring wide;
  KeyReader reader;
  reader.feed(text);
  while (const auto key = reader.next()) wide += *key;
  return wide;
}

void append_utf8(std::string& out, wchar_t wide) {
  const auto c = static_cast<std::uint32_t>(wide);
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    tail(12), tail(6), tail(0);
  }
}

std::string to_utf8(std::wstring_view wide) {
  std::string text;
  for (const wchar_t c : wide) append_utf8(text, c);
  return text;
}

// Libedit asks the C library what characters look like.
void speak_utf8() {
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
}

class Editor final : public LineEditor,
                     private net::FdSourceEvents,
                     private net::Timer::Handler,
                     private net::SignalHandler {
 public:
  Editor(net::Loop& loop, LineEditorOptions options, net::FdSourceEvents& events,
         LineEditorOwner& owner)
      : loop_(loop),
        options_(std::move(options)),
        prompt_(to_wide(options_.prompt)),
        events_(events),
        owner_(owner),
        key_timer_(loop, *this),
        show_timer_(loop, *this),
        history_file_(options_.history) {}
  ~Editor() override { close(); }

  Status start();

  void pause() override;
  void resume() override;
  void make_room() override;
  void make_room_for(std::string_view bytes) override;
  void leave() override { close(); }

 private:
  static int next_character(EditLine* el, wchar_t* c);
  static unsigned char hide_line(EditLine* el, wint_t c);
  static wchar_t* prompt_of(EditLine* el);
  static Editor& self(EditLine* el);

  void configure();
  void load_history();
  void on_bytes(std::string_view bytes) override;
  void on_end(const Status& status) override;
  void on_timer(net::Timer& timer) override;
  void on_signal(int signal_number) override;

  void take_keys();
  void press(std::wstring_view key);
  void accept(std::wstring line);
  void begin_line();
  void end(const Status& status);
  void close();
  void suspend();
  void wake();
  void resize();
  void show();
  std::size_t rows_above_cursor() const;

  net::Loop& loop_;
  LineEditorOptions options_;
  std::wstring prompt_;
  net::FdSourceEvents& events_;
  LineEditorOwner& owner_;
  net::Timer key_timer_;
  net::Timer show_timer_;
  LineHistory history_file_;
  std::unique_ptr<net::FdSource> source_;
  KeyReader keys_;
  std::wstring pressed_;  // what is left of the present key
  EditLine* el_ = nullptr;
  HistoryW* history_ = nullptr;
  std::FILE* screen_ = nullptr;
  termios before_{};
  std::wstring kept_line_;  // while it is off the screen
  std::size_t kept_cursor_ = 0;
  bool hidden_ = false;
  bool paused_ = false;
  bool ended_ = false;
  bool at_line_start_ = true;
  bool is_one_terminal_ = ::isatty(STDOUT_FILENO) == 1;
};

Editor& Editor::self(EditLine* el) {
  void* data = nullptr;
  el_get(el, EL_CLIENTDATA, &data);
  return *static_cast<Editor*>(data);
}

Status Editor::start() {
  if (::tcgetattr(STDIN_FILENO, &before_) != 0)
    return fail(Errc::io, std::string("the terminal's settings: ") + std::strerror(errno));
  net::FdSourceEvents& events = *this;
  SIO_TRY(source_, net::FdSource::open(loop_, STDIN_FILENO, events));
  for (const int number : {SIGTSTP, SIGCONT, SIGWINCH})
    SIO_TRY_STATUS(loop_.watch_signal(number, *this));
  speak_utf8();
  const int fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  screen_ = fd < 0 ? nullptr : ::fdopen(fd, "w");
  if (screen_ != nullptr)
    el_ = el_init_fd("sio", stdin, screen_, screen_, STDIN_FILENO, STDERR_FILENO, STDERR_FILENO);
  if (el_ == nullptr) return fail(Errc::io, "line editing is not possible here");
  configure();
  load_history();
  el_set(el_, EL_UNBUFFERED, 1);
  return {};
}

void Editor::configure() {
  el_set(el_, EL_CLIENTDATA, this);
  el_set(el_, EL_SIGNAL, 0);
  el_set(el_, EL_EDITOR, "emacs");
  el_wset(el_, EL_PROMPT, &Editor::prompt_of);
  el_wset(el_, EL_GETCFN, &Editor::next_character);
  el_set(el_, EL_ADDFN, "sio-hide", "Takes the line off the screen", &Editor::hide_line);
  el_set(el_, EL_BIND, "^\\", "sio-hide", nullptr);
  el_set(el_, EL_BIND, "^]", "ed-delete-next-char", nullptr);
  // Commands that would wait for more keys; the search by prefix does not.
  el_set(el_, EL_BIND, "^R", "ed-search-prev-history", nullptr);
  el_set(el_, EL_BIND, "^S", "ed-search-next-history", nullptr);
  el_set(el_, EL_BIND, "^W", "ed-delete-prev-word", nullptr);
  el_set(el_, EL_BIND, "^U", "vi-kill-line-prev", nullptr);
  el_set(el_, EL_BIND, "^V", "ed-unassigned", nullptr);
  // A terminal that somebody has stopped with ^S would stop the whole loop. And between two lines
  // nothing that is typed ahead may be echoed.
  el_set(el_, EL_SETTY, "-d", "-ixon", nullptr);
  el_set(el_, EL_SETTY, "-x", "-ixon", "-icanon", "-echo", nullptr);
}

void Editor::load_history() {
  history_ = history_winit();
  if (history_ == nullptr) return;
  HistEventW event;
  history_w(history_, &event, H_SETSIZE, static_cast<int>(LineHistory::kLines));
  for (const std::string& line : history_file_.load())
    history_w(history_, &event, H_ENTER, to_wide(line).c_str());
  el_wset(el_, EL_HIST, history_w, history_);
}

// --- What libedit asks for

int Editor::next_character(EditLine* el, wchar_t* c) {
  Editor& editor = self(el);
  if (editor.pressed_.empty()) {
    errno = EAGAIN;
    return -1;
  }
  *c = editor.pressed_.front();
  editor.pressed_.erase(0, 1);
  return 1;
}

wchar_t* Editor::prompt_of(EditLine* el) {
  static wchar_t nothing[] = L"";
  Editor& editor = self(el);
  return editor.hidden_ ? nothing : editor.prompt_.data();
}

unsigned char Editor::hide_line(EditLine* el, wint_t) {
  Editor& editor = self(el);
  const LineInfoW* line = el_wline(el);
  editor.kept_line_.assign(line->buffer, line->lastchar);
  editor.kept_cursor_ = static_cast<std::size_t>(line->cursor - line->buffer);
  el_cursor(el, static_cast<int>(line->lastchar - line->cursor));
  el_wdeletestr(el, static_cast<int>(editor.kept_line_.size()));
  editor.hidden_ = true;
  return CC_REFRESH;
}

// --- The screen

void Editor::make_room() {
  if (el_ == nullptr || hidden_) return;
  press({&kHideKey, 1});
  show_timer_.arm_in(Duration::zero());
}

void Editor::make_room_for(std::string_view bytes) {
  make_room();
  if (!bytes.empty() && is_one_terminal_) at_line_start_ = bytes.back() == '\n';
}

void Editor::show() {
  if (el_ == nullptr || !hidden_) return;
  show_timer_.cancel();
  if (!at_line_start_) std::fputs("\r\n", screen_);
  at_line_start_ = true;
  hidden_ = false;
  el_winsertstr(el_, kept_line_.c_str());
  const LineInfoW* line = el_wline(el_);
  el_cursor(el_, static_cast<int>(kept_cursor_) - static_cast<int>(line->cursor - line->buffer));
  el_set(el_, EL_REFRESH);
  take_keys();
}

// How far down the cursor is from where the prompt begins, if the terminal has wrapped the line at
// its present width.
std::size_t Editor::rows_above_cursor() const {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 0;
  const LineInfoW* line = el_wline(el_);
  std::wstring text = prompt_;
  text.append(line->buffer, line->cursor);
  std::size_t columns = 0;
  for (const wchar_t c : text) columns += static_cast<std::size_t>(std::max(0, ::wcwidth(c)));
  return columns / size.ws_col;
}

void Editor::resize() {
  if (el_ == nullptr) return;
  if (!hidden_) {
    if (const std::size_t rows = rows_above_cursor(); rows > 0)
      std::fprintf(screen_, "\x1b[%zuA", rows);
    std::fputs("\r\x1b[J", screen_);
  }
  el_resize(el_);
  if (!hidden_) el_set(el_, EL_REFRESH);
}

// --- Keys

void Editor::on_bytes(std::string_view bytes) {
  keys_.feed(bytes);
  take_keys();
}

void Editor::take_keys() {
  key_timer_.cancel();
  while (!paused_ && !hidden_ && !ended_) {
    const auto key = keys_.next();
    if (!key) break;
    press(*key);
  }
  if (!paused_ && !hidden_ && !ended_ && keys_.waits()) key_timer_.arm_in(kKeyTime);
}

// One call of libedit for each key, however many characters stand for it.
void Editor::press(std::wstring_view key) {
  pressed_ = key;
  while (!pressed_.empty() && el_ != nullptr) {
    int count = 0;
    const wchar_t* text = el_wgets(el_, &count);
    if (hidden_ || text == nullptr || count <= 0) continue;
    const std::wstring line(text, static_cast<std::size_t>(count));
    if (line == L"\x04") return end({});
    if (line.back() == L'\n' || line.back() == L'\r') accept(line.substr(0, line.size() - 1));
  }
}

void Editor::accept(std::wstring line) {
  std::string text = to_utf8(line);
  HistEventW event;
  if (history_file_.add(text) && history_ != nullptr)
    history_w(history_, &event, H_ENTER, line.c_str());
  begin_line();
  text += options_.delimiter;
  events_.on_bytes(text);
}

void Editor::begin_line() {
  el_set(el_, EL_UNBUFFERED, 0);
  el_set(el_, EL_UNBUFFERED, 1);
}

void Editor::on_timer(net::Timer& timer) {
  if (&timer == &key_timer_) return keys_.drop();
  if (owner_.has_shown_all()) return show();
  show_timer_.arm_in(kLookAgain);
}

void Editor::pause() {
  paused_ = true;
  if (!ended_) source_->pause();
}

void Editor::resume() {
  if (!std::exchange(paused_, false) || ended_) return;
  take_keys();
  if (!paused_ && !ended_) source_->resume();
}

// --- The end, for good or for a while

void Editor::on_end(const Status& status) {
  end(status);
}

void Editor::end(const Status& status) {
  if (std::exchange(ended_, true)) return;
  close();
  loop_.post([&events = events_, status] { events.on_end(status); });
}

void Editor::close() {
  if (el_ == nullptr) return;
  make_room();
  if (source_ != nullptr) source_->pause();
  show_timer_.cancel();
  key_timer_.cancel();
  el_set(el_, EL_UNBUFFERED, 0);
  el_end(std::exchange(el_, nullptr));
  if (history_ != nullptr) history_wend(std::exchange(history_, nullptr));
  std::fclose(std::exchange(screen_, nullptr));
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

void Editor::on_signal(int signal_number) {
  if (signal_number == SIGWINCH) return resize();
  if (signal_number == SIGCONT) return wake();
  suspend();
}

// The process stops inside raise(), and goes on behind it.
void Editor::suspend() {
  make_room();
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  std::signal(SIGTSTP, SIG_DFL);
  ::raise(SIGTSTP);
  ::sigprocmask(SIG_UNBLOCK, &stop, nullptr);
  ::sigprocmask(SIG_BLOCK, &stop, nullptr);
}

void Editor::wake() {
  if (el_ == nullptr) return;
  make_room();
  begin_line();
  at_line_start_ = true;
  show();
}

}  // namespace

bool LineEditor::is_possible() {
  const char* const terminal = std::getenv("TERM");
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1 && terminal != nullptr &&
         *terminal != '\0' && std::string_view(terminal) != "dumb";
}

Result<std::unique_ptr<LineEditor>> LineEditor::open(net::Loop& loop, LineEditorOptions options,
                                                     net::FdSourceEvents& events,
                                                     LineEditorOwner& owner) {
  auto editor = std::make_unique<Editor>(loop, std::move(options), events, owner);
  SIO_TRY_STATUS(editor->start());
  return editor;
}

}  // namespace sio::cli
