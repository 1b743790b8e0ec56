// The client of bench/archive: it asks for bodies and throws them away, so that the server is what is measured.
//
//   drain --connect HOST:PORT --path P [--header H]... [--greet P] [--streams N] [--repeat N] [--range A-B]
//   drain --connect HOST:PORT --path P [--header H]... --streams N --rate B/S --seconds S [--receive-buffer B]
//   drain --connect HOST:PORT --path P [--header H]... [--greet P] --ranges N --size TOTAL --length L [--seed S]
//   drain --make DIR --count N --size S [--per-folder N] [--seed S]
//
// Bodies are received with MSG_TRUNC: the kernel discards them and copies nothing. Every answer must have the status
// and the Content-Length that the request calls for, and exactly as many bytes. Results are one line of JSON on
// standard output; the exit status is 0 when every request was answered in full, 1 when one was not, 2 for a wrong
// command line.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr size_t kHeadLimit = 16 * 1024;
constexpr size_t kReadSize = 1024 * 1024;
constexpr int kReadsPerTurn = 8;               // then the other streams have theirs
constexpr Seconds kPace{0.5};                  // a slow reader reads twice a second
constexpr std::chrono::seconds kPatience{60};  // without a byte from anyone

struct Options {
  std::string connect, path, greet, make;
  std::vector<std::string> headers;
  std::optional<std::pair<uint64_t, uint64_t>> range;
  uint64_t streams = 1, repeat = 1, rate = 0, seconds = 0, receive_buffer = 0;
  uint64_t ranges = 0, size = 0, length = 65536, seed = 1;
  uint64_t count = 0, per_folder = 1000;
};

// What keeps one request, or the whole program, from going on.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Failure system_failure(const std::string& what) { return Failure(what + ": " + std::strerror(errno)); }

double milliseconds(Clock::duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

// --- HTTP
// --------------------------------------------------------------------------------------------------------------

struct Head {
  int status = 0;
  uint64_t content_length = 0;
  std::string content_range;
};

std::optional<std::string> find_field(const std::string& head, const char* name) {
  const size_t name_length = std::strlen(name);
  for (size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
    const char* line = head.c_str() + at + 2;
    if (strncasecmp(line, name, name_length) != 0 || line[name_length] != ':') continue;
    const char* value = line + name_length + 1;
    value += std::strspn(value, " \t");
    return std::string(value, std::strcspn(value, "\r"));
  }
  return std::nullopt;
}

Head parse_head(const std::string& text) {
  Head head;
  if (std::sscanf(text.c_str(), "HTTP/1.1 %d", &head.status) != 1) throw Failure("the answer is not HTTP/1.1");
  const auto length = find_field(text, "Content-Length");
  if (length) head.content_length = std::strtoull(length->c_str(), nullptr, 10);
  if (!length && head.status != 204 && head.status != 304) throw Failure("the answer has no Content-Length");
  head.content_range = find_field(text, "Content-Range").value_or("");
  return head;
}

std::string format_range(std::pair<uint64_t, uint64_t> range) {
  return std::to_string(range.first) + "-" + std::to_string(range.second);
}

std::string format_request(const Options& options, const std::string& path,
                           std::optional<std::pair<uint64_t, uint64_t>> range) {
  std::string text = "GET " + path + " HTTP/1.1\r\nHost: " + options.connect + "\r\n";
  for (const auto& header : options.headers) text += header + "\r\n";
  if (range) text += "Range: bytes=" + format_range(*range) + "\r\n";
  return text + "\r\n";
}

void check_head(const Head& head, const Options& options, std::optional<std::pair<uint64_t, uint64_t>> range) {
  const int expected = range ? 206 : 200;
  if (head.status != expected) {
    throw Failure("status " + std::to_string(head.status) + " instead of " + std::to_string(expected));
  }
  if (range && head.content_length != range->second - range->first + 1) {
    throw Failure("Content-Length " + std::to_string(head.content_length) + " for bytes " + format_range(*range));
  }
  if (range && head.content_range.rfind("bytes " + format_range(*range) + "/", 0) != 0) {
    throw Failure("Content-Range \"" + head.content_range + "\" for bytes " + format_range(*range));
  }
  if (!range && options.size != 0 && head.content_length != options.size) {
    throw Failure("Content-Length " + std::to_string(head.content_length) + " instead of " +
                  std::to_string(options.size));
  }
}

// --- sockets
// -----------------------------------------------------------------------------------------------------------

sockaddr_in parse_address(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const size_t colon = text.rfind(':');
  const std::string host = text.substr(0, colon);
  if (colon == std::string::npos || inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    throw Failure("--connect needs an IPv4 address and a port, such as 127.0.0.1:8080");
  }
  address.sin_port = htons(static_cast<uint16_t>(std::strtoul(text.c_str() + colon + 1, nullptr, 10)));
  return address;
}

int open_connection(const Options& options) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw system_failure("socket");
  if (const int size = static_cast<int>(options.receive_buffer); size != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);  // before connect(): it bounds the window scale
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in address = parse_address(options.connect);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw system_failure("connect");
  return fd;
}

void send_request(int fd, const std::string& text) {
  if (send(fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    throw system_failure("send");
}

size_t receive(int fd, char* buffer, size_t size) {
  ssize_t got;
  while ((got = recv(fd, buffer, size, 0)) < 0 && errno == EINTR) {
  }
  if (got < 0) throw system_failure("recv");
  if (got == 0) throw Failure("the server closed the connection");
  return static_cast<size_t>(got);
}

// Throws away up to `size` bytes; 0 means that there are none yet.
size_t discard(int fd, size_t size, int flags) {
  static char scratch[kReadSize];  // never written to
  const ssize_t got = recv(fd, scratch, std::min(size, kReadSize), MSG_TRUNC | flags);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got < 0) throw system_failure("recv");
  if (got == 0) throw Failure("the server closed the connection");
  return static_cast<size_t>(got);
}

// One request on a blocking socket. `on_head` sees the head before the body is read to its end.
template <typename OnHead>
void exchange(int fd, const std::string& request, OnHead on_head) {
  send_request(fd, request);
  std::string text;
  size_t end;
  while ((end = text.find("\r\n\r\n")) == std::string::npos) {
    if (text.size() > kHeadLimit) throw Failure("the head of the answer is too long");
    char buffer[kHeadLimit];
    text.append(buffer, receive(fd, buffer, sizeof buffer));
  }
  const uint64_t in_hand = text.size() - end - 4;
  text.resize(end + 2);
  const Head head = parse_head(text);
  on_head(head);
  if (in_hand > head.content_length) throw Failure("more bytes than Content-Length says");
  for (uint64_t left = head.content_length - in_hand; left != 0;) left -= discard(fd, left, 0);
}

// A first small request, so that connecting and signing in are not measured.
void greet(int fd, const Options& options) {
  if (options.greet.empty()) return;
  exchange(fd, format_request(options, options.greet, std::nullopt), [&](const Head& head) {
    if (head.status == 401 || head.status == 403 || head.status >= 500) {
      throw Failure("status " + std::to_string(head.status) + " for " + options.greet);
    }
  });
}

std::string congestion_control(int fd) {
  char name[32] = {};
  socklen_t size = sizeof name;
  getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size);
  return name;
}

// --- downloads, one or thousands at once
// ---------------------------------------------------------------------------------

struct Stream {
  enum class State { head, body, done, failed };
  int fd = -1;
  State state = State::head;
  uint64_t answered = 0;  // requests so far
  std::string head;
  uint64_t left = 0;   // of the present body
  uint64_t bytes = 0;  // of all bodies
  Clock::time_point asked;
  double head_seconds = 0, first_body_seconds = 0,
         end_seconds = 0;  // the first two of the first answer, the last of all
  std::string error;
};

class Downloads {
 public:
  explicit Downloads(const Options& options)
      : options_(options), request_(format_request(options, options.path, options.range)), streams_(options.streams) {}

  // Returns whether every stream did what it was to do.
  bool run() {
    open();
    started_ = Clock::now();
    last_byte_ = started_;
    for (Stream& stream : streams_) guarded(stream, [&] { ask(stream); });
    while (open_ != 0 && !over()) {
      wait();
      if (options_.rate != 0) read_slowly();
      if (Clock::now() - last_byte_ > kPatience) throw Failure("no byte has come for a minute");
    }
    return print();
  }

 private:
  void open() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < streams_.size(); ++i) {
      Stream& stream = streams_[i];
      stream.fd = open_connection(options_);
      greet(stream.fd, options_);
      fcntl(stream.fd, F_SETFL, O_NONBLOCK);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, stream.fd, &event);
    }
    open_ = streams_.size();
  }

  template <typename Action>
  void guarded(Stream& stream, Action action) {
    try {
      action();
    } catch (const Failure& failure) {
      stream.error = failure.what();
      leave(stream, Stream::State::failed);
    }
  }

  void ask(Stream& stream) {
    stream.state = Stream::State::head;
    stream.head.clear();
    if (stream.answered == 0) stream.asked = Clock::now();
    send_request(stream.fd, request_);
  }

  void leave(Stream& stream, Stream::State state) {
    stream.state = state;
    stream.end_seconds = Seconds(Clock::now() - stream.asked).count();
    epoll_ctl(epoll_, EPOLL_CTL_DEL, stream.fd, nullptr);
    if (stream.head_seconds == 0) ++heads_;  // nobody waits for it any longer
    --open_;
  }

  void wait() {
    epoll_event events[64];
    const int ready = epoll_wait(epoll_, events, 64, options_.rate != 0 && reading() ? 2 : 1000);
    for (int i = 0; i < ready; ++i) {
      Stream& stream = streams_[events[i].data.u64];
      guarded(stream, [&] {
        if (stream.state == Stream::State::head) {
          read_head(stream);
        } else if (options_.rate != 0) {
          throw Failure("the server closed the connection");  // a slow reader is told of nothing else
        } else {
          read_body(stream);
        }
      });
    }
  }

  void read_head(Stream& stream) {
    char buffer[kHeadLimit];
    stream.head.append(buffer, receive(stream.fd, buffer, sizeof buffer));
    last_byte_ = Clock::now();
    const size_t end = stream.head.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (stream.head.size() > kHeadLimit) throw Failure("the head of the answer is too long");
      return;
    }
    const uint64_t in_hand = stream.head.size() - end - 4;
    stream.head.resize(end + 2);
    const Head head = parse_head(stream.head);
    check_head(head, options_, options_.range);
    if (in_hand > head.content_length) throw Failure("more bytes than Content-Length says");
    stream.head = {};
    stream.state = Stream::State::body;
    stream.left = head.content_length;
    if (stream.head_seconds == 0) head_arrived(stream);
    count(stream, in_hand);
  }

  void head_arrived(Stream& stream) {
    stream.head_seconds = Seconds(Clock::now() - stream.asked).count();
    ++heads_;
    if (options_.rate != 0) {  // from here on the clock says when to read; only a broken connection is still reported
      epoll_event event{.events = 0, .data = {.u64 = static_cast<uint64_t>(&stream - streams_.data())}};
      epoll_ctl(epoll_, EPOLL_CTL_MOD, stream.fd, &event);
    }
    if (!reading()) return;
    reading_since_ = Clock::now();
    std::fputs("reading\n", stderr);  // every head is here: the caller may begin to measure
  }

  void read_body(Stream& stream) {
    for (int i = 0; i < kReadsPerTurn && stream.state == Stream::State::body; ++i) {
      const size_t got = discard(stream.fd, stream.left, MSG_DONTWAIT);
      if (got == 0) return;
      count(stream, got);
    }
  }

  void count(Stream& stream, uint64_t got) {
    if (got != 0) last_byte_ = Clock::now();
    if (got != 0 && stream.bytes == 0) stream.first_body_seconds = Seconds(last_byte_ - stream.asked).count();
    stream.bytes += got;
    stream.left -= got;
    if (stream.left != 0) return;
    if (++stream.answered < options_.repeat) {
      ask(stream);
    } else {
      leave(stream, Stream::State::done);
    }
  }

  // Visits the streams in turn, so that each has its turn once in kPace and the server sees an even load.
  void read_slowly() {
    if (!reading()) return;
    const double pace = static_cast<double>(streams_.size()) / kPace.count();
    const auto due = static_cast<uint64_t>(Seconds(Clock::now() - reading_since_).count() * pace);
    for (; visits_ < due; ++visits_) {
      Stream& stream = streams_[visits_ % streams_.size()];
      if (stream.state != Stream::State::body) continue;
      const double seconds = Seconds(Clock::now() - stream.asked).count() - stream.head_seconds;
      const auto allowed = static_cast<uint64_t>(static_cast<double>(options_.rate) * seconds);
      if (allowed <= stream.bytes) continue;
      guarded(stream,
              [&] { count(stream, discard(stream.fd, std::min(allowed - stream.bytes, stream.left), MSG_DONTWAIT)); });
    }
  }

  bool reading() const { return heads_ == streams_.size(); }

  bool over() const {
    return options_.seconds != 0 && reading() && Clock::now() - reading_since_ > std::chrono::seconds(options_.seconds);
  }

  bool print() const {
    const double seconds = Seconds(Clock::now() - started_).count();
    uint64_t bytes = 0, failed = 0;
    std::string list, error;
    for (const Stream& stream : streams_) {
      bytes += stream.bytes;
      failed += stream.state == Stream::State::failed ? 1 : 0;
      if (error.empty()) error = stream.error;
      char line[256];
      std::snprintf(line, sizeof line, R"(%s{"bytes": %llu, "head_s": %.6f, "first_body_s": %.6f, "end_s": %.6f})",
                    list.empty() ? "" : ", ", static_cast<unsigned long long>(stream.bytes), stream.head_seconds,
                    stream.first_body_seconds, stream.end_seconds);
      list += line;
    }
    std::printf(R"({"bytes": %llu, "seconds": %.6f, "failed": %llu, "error": %s, "congestion_control": %s, )",
                static_cast<unsigned long long>(bytes), seconds, static_cast<unsigned long long>(failed),
                json_string(error).c_str(), json_string(congestion_control(streams_.front().fd)).c_str());
    std::printf("\"streams\": [%s]}\n", list.c_str());
    return failed == 0;
  }

  const Options& options_;
  const std::string request_;
  std::vector<Stream> streams_;
  int epoll_ = -1;
  size_t open_ = 0;   // streams neither done nor failed
  size_t heads_ = 0;  // streams whose first head has come
  uint64_t visits_ = 0;
  Clock::time_point started_, reading_since_, last_byte_;
};

// --- random ranges
// -------------------------------------------------------------------------------------------------------

double percentile(const std::vector<double>& sorted, double share) {
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
}

bool read_ranges(const Options& options) {
  if (options.length == 0 || options.size < options.length) throw Failure("--size must be at least --length");
  const int fd = open_connection(options);
  greet(fd, options);
  std::mt19937_64 random(options.seed);
  std::vector<double> times;
  for (uint64_t i = 0; i < options.ranges; ++i) {
    const uint64_t first = random() % (options.size - options.length + 1);
    const std::pair range(first, first + options.length - 1);
    const auto asked = Clock::now();
    exchange(fd, format_request(options, options.path, range),
             [&](const Head& head) { check_head(head, options, range); });
    times.push_back(milliseconds(Clock::now() - asked));
  }
  const double first = times.front();
  std::sort(times.begin(), times.end());
  std::printf(R"({"count": %zu, "first_ms": %.4f, "p50_ms": %.4f, "p90_ms": %.4f, "p99_ms": %.4f, "max_ms": %.4f})",
              times.size(), first, percentile(times, 0.5), percentile(times, 0.9), percentile(times, 0.99),
              times.back());
  std::puts("");
  return true;
}

// --- test material
// -------------------------------------------------------------------------------------------------------

uint64_t mix(uint64_t x) {  // SplitMix64's output function
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

void write_file(const std::string& path, uint64_t key, uint64_t size, std::vector<uint64_t>& buffer) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) throw system_failure(path);
  uint64_t counter = mix(key);
  for (uint64_t left = size; left != 0;) {
    const uint64_t part = std::min<uint64_t>(left, buffer.size() * sizeof(uint64_t));
    const size_t words = (part + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    for (size_t i = 0; i < words; ++i) buffer[i] = mix(counter += 0x9e3779b97f4a7c15u);
    if (write(fd, buffer.data(), part) != static_cast<ssize_t>(part)) throw system_failure(path);
    left -= part;
  }
  close(fd);
}

// DIR/00000/0000000.bin and so on. The same seed gives the same bytes; no two files have the same content.
bool make_files(const Options& options) {
  if (options.count == 0 || options.per_folder == 0) throw Failure("--make needs --count and --size");
  std::vector<uint64_t> buffer(kReadSize / sizeof(uint64_t));
  std::string folder;
  for (uint64_t i = 0; i < options.count; ++i) {
    char name[64];
    if (i % options.per_folder == 0) {
      std::snprintf(name, sizeof name, "/%05llu", static_cast<unsigned long long>(i / options.per_folder));
      folder = options.make + name;
      std::error_code error;
      if (std::filesystem::create_directories(folder, error); error) throw Failure(folder + ": " + error.message());
    }
    std::snprintf(name, sizeof name, "/%07llu.bin", static_cast<unsigned long long>(i));
    write_file(folder + name, (options.seed << 32) + i, options.size, buffer);
  }
  return true;
}

// --- command line
// ----------------------------------------------------------------------------------------------------------

uint64_t parse_number(const std::string& name, const std::string& text) {
  char* end = nullptr;
  const uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') throw std::invalid_argument(name + " needs a number, not \"" + text + "\"");
  return value;
}

std::pair<uint64_t, uint64_t> parse_range(const std::string& text) {
  const size_t dash = text.find('-');
  if (dash == std::string::npos) throw std::invalid_argument("--range needs FIRST-LAST");
  return {parse_number("--range", text.substr(0, dash)), parse_number("--range", text.substr(dash + 1))};
}

Options parse_options(int argc, char** argv) {
  Options options;
  const std::pair<const char*, std::string*> texts[] = {{"--connect", &options.connect},
                                                        {"--path", &options.path},
                                                        {"--greet", &options.greet},
                                                        {"--make", &options.make}};
  const std::pair<const char*, uint64_t*> numbers[] = {{"--streams", &options.streams},
                                                       {"--repeat", &options.repeat},
                                                       {"--rate", &options.rate},
                                                       {"--seconds", &options.seconds},
                                                       {"--receive-buffer", &options.receive_buffer},
                                                       {"--ranges", &options.ranges},
                                                       {"--size", &options.size},
                                                       {"--length", &options.length},
                                                       {"--seed", &options.seed},
                                                       {"--count", &options.count},
                                                       {"--per-folder", &options.per_folder}};
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (i + 1 == argc) throw std::invalid_argument(name + " needs a value");
    const std::string value = argv[++i];
    const auto is_named = [&](const auto& known) { return name == known.first; };
    if (const auto* text = std::find_if(std::begin(texts), std::end(texts), is_named); text != std::end(texts)) {
      *text->second = value;
    } else if (const auto* number = std::find_if(std::begin(numbers), std::end(numbers), is_named);
               number != std::end(numbers)) {
      *number->second = parse_number(name, value);
    } else if (name == "--header") {
      options.headers.push_back(value);
    } else if (name == "--range") {
      options.range = parse_range(value);
    } else {
      throw std::invalid_argument("unknown option " + name);
    }
  }
  if (options.make.empty() && (options.connect.empty() || options.path.empty())) {
    throw std::invalid_argument("either --make, or --connect and --path");
  }
  if (options.streams == 0) throw std::invalid_argument("--streams must be at least 1");
  return options;
}

void allow_many_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

bool run(const Options& options) {
  if (!options.make.empty()) return make_files(options);
  if (options.ranges != 0) return read_ranges(options);
  return Downloads(options).run();
}

}  // namespace

int main(int argc, char** argv) {
  allow_many_files();
  try {
    return run(parse_options(argc, argv)) ? 0 : 1;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "drain: %s\n", error.what());
    return 2;
  } catch (const Failure& failure) {
    std::fprintf(stderr, "drain: %s\n", failure.what());
    return 1;
  }
}
