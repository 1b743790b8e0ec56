#include "edge/cli/progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>

#include "base/json.h"
#include "base/text.h"

namespace dray::cli {
namespace {

using Time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

// The rate over the last five seconds: steady to the eye, and soon right after a change.
class Rate {
 public:
  void add(Time now, ByteCount bytes) {
    if (!samples_.empty() && now - samples_.back().time < kBetween) {
      samples_.back().bytes = bytes;
      return;
    }
    samples_.push_back({now, bytes});
    while (samples_.size() > 2 && now - samples_[1].time > kWindow) samples_.pop_front();
  }
  std::optional<double> bytes_per_second(Time now) const {
    if (samples_.empty()) return std::nullopt;
    auto passed = std::chrono::duration<double>(now - samples_.front().time).count();
    if (passed < 0.5) return std::nullopt;
    return static_cast<double>(samples_.back().bytes - samples_.front().bytes) / passed;
  }

 private:
  static constexpr milliseconds kWindow{5000}, kBetween{100};
  struct Sample {
    Time time;
    ByteCount bytes;
  };
  std::deque<Sample> samples_;
};

struct View {
  ProgressState state;
  std::optional<double> bytes_per_second;

  std::optional<std::uint64_t> seconds_left() const {
    if (!bytes_per_second || *bytes_per_second < 1 || state.bytes_total < state.bytes_done) return std::nullopt;
    return static_cast<std::uint64_t>(static_cast<double>(state.bytes_total - state.bytes_done) / *bytes_per_second +
                                      0.5);
  }
};

std::string text_of(const View& view) {
  const auto& state = view.state;
  auto text = format_size(state.bytes_done);
  if (state.bytes_total) {
    auto percent = 100 * static_cast<double>(state.bytes_done) / static_cast<double>(state.bytes_total);
    text = fmt::format("{:3.0f}%  {} of {}", std::min(percent, 100.0), text, format_size(state.bytes_total));
  }
  if (state.files_total) text += fmt::format(", {} of {} files", state.files_done, state.files_total);
  if (!state.files_total && state.files_done) text += fmt::format(", {} files", state.files_done);
  if (view.bytes_per_second) text += fmt::format(", {}/s", format_size(static_cast<ByteCount>(*view.bytes_per_second)));
  if (auto left = view.seconds_left(); left && *left > 0) text += fmt::format(", {} left", format_duration(*left));
  return text;
}

// Cut to so many columns, taking a character for one column: a bar that is a little short is no harm.
std::string fitted(const std::string& text, std::size_t columns) {
  std::size_t used = 0, end = 0;
  while (end < text.size() && used < columns) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    ++used;
  }
  return text.substr(0, end);
}

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

// In one write, so that lines of several threads do not mix.
void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

class ShownProgress : public Progress {
 public:
  explicit ShownProgress(milliseconds every) : every_(every) {}

  void update(const ProgressState& state) final {
    std::lock_guard lock(mutex_);
    auto now = std::chrono::steady_clock::now();
    state_ = state;
    rate_.add(now, state.bytes_done);
    if (shown_ && now - *shown_ < every_) return;
    if (!shown_ && !shows_first()) {
      shown_ = now;
      return;
    }
    shown_ = now;
    show({state_, rate_.bytes_per_second(now)});
  }

 protected:
  virtual void show(const View& view) = 0;
  virtual bool shows_first() const { return true; }
  View last_view() {
    std::lock_guard lock(mutex_);
    return {state_, rate_.bytes_per_second(std::chrono::steady_clock::now())};
  }

 private:
  const milliseconds every_;
  std::mutex mutex_;  // guards what follows, and showing
  ProgressState state_;
  Rate rate_;
  std::optional<Time> shown_;
};

class Bar final : public ShownProgress {
 public:
  explicit Bar(std::string what) : ShownProgress(milliseconds(100)), what_(std::move(what)) {}
  ~Bar() override {
    show(last_view());
    put("\n");
  }

 private:
  void show(const View& view) override {
    put("\r" + fitted(what_ + "  " + text_of(view), terminal_columns() - 1) + "\x1b[K");
  }
  const std::string what_;
};

class Lines final : public ShownProgress {
 public:
  explicit Lines(std::string what) : ShownProgress(milliseconds(5000)), what_(std::move(what)) {}
  ~Lines() override { show(last_view()); }

 private:
  void show(const View& view) override { put(what_ + "  " + text_of(view) + "\n"); }
  bool shows_first() const override { return false; }
  const std::string what_;
};

class JsonLines final : public ShownProgress {
 public:
  JsonLines() : ShownProgress(milliseconds(1000)) {}
  ~JsonLines() override { show(last_view()); }

 private:
  static json::value known(std::uint64_t total) { return total ? json::value(total) : json::value(nullptr); }
  void show(const View& view) override {
    const auto& state = view.state;
    auto rate = view.bytes_per_second;
    auto left = view.seconds_left();
    json::object object{
        {"bytesDone", state.bytes_done},
        {"bytesTotal", known(state.bytes_total)},
        {"filesDone", state.files_done},
        {"filesTotal", known(state.files_total)},
        {"bytesPerSecond", rate ? json::value(static_cast<std::uint64_t>(*rate)) : json::value(nullptr)},
        {"secondsLeft", left ? json::value(*left) : json::value(nullptr)}};
    put(json::serialize(object) + "\n");
  }
};

}  // namespace

ProgressStyle choose_style(bool json) {
  if (json) return ProgressStyle::json;
  return ::isatty(STDERR_FILENO) ? ProgressStyle::bar : ProgressStyle::lines;
}

std::unique_ptr<Progress> make_progress(ProgressStyle style, std::string what) {
  switch (style) {
    case ProgressStyle::bar:
      return std::make_unique<Bar>(std::move(what));
    case ProgressStyle::lines:
      return std::make_unique<Lines>(std::move(what));
    case ProgressStyle::json:
      return std::make_unique<JsonLines>();
    case ProgressStyle::silent:
      break;
  }
  return std::make_unique<SilentProgress>();
}

}  // namespace dray::cli
