// What the program says about itself, on stderr: one line a message, as text or as JSON.
#pragma once

#include <string_view>

namespace sio {

// secrets: the same as trace, and what it shows is shown whole.
enum class LogLevel { error, warning, info, debug, trace, secrets };
// journal: text with the level in front as systemd's journal wants it, `<3>` for an error.
enum class LogFormat { text, json, journal };

// Process-wide because stderr is. Set once by main before anything else runs; then read only.
void set_log_level(LogLevel level);
void set_log_format(LogFormat format);
bool log_enabled(LogLevel level);

// Whether stderr leads to systemd's journal: what $JOURNAL_STREAM says is what stderr is.
bool stderr_is_journal();
// "<3>": how the journal is told that a line is an error. See sd-daemon(3).
std::string_view journal_prefix(LogLevel level);

// Writes one line with one write(2), so that lines of several processes do not mix. `message` is
// cleaned of control characters: a peer cannot forge a second line or move the cursor. Any thread.
void log(LogLevel level, std::string_view message);

}  // namespace sio
