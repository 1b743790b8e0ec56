#include "service/fetching/connection.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/text.h"

namespace dray::fetching {
namespace {

constexpr std::size_t kLargestErrorBody = 64 * 1024;
constexpr std::size_t kMostFields = 200;
constexpr int kMostRedirects = 5;

void start_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

class FieldList {
 public:
  ~FieldList() { curl_slist_free_all(list_); }
  void add(const std::string& field) { list_ = curl_slist_append(list_, field.c_str()); }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

Outlook outlook_of(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return Outlook::final;
    default:
      return Outlook::may_pass;
  }
}

// The answer to one request as libcurl hands it over.
class Answer {
 public:
  Answer(Receiver& receiver, const StopSignal& stop) : receiver_(receiver), stop_(stop) {}

  void take_line(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // also after a "100 Continue", whose fields are forgotten
      head_ = {};
      return;
    }
    auto colon = line.find(':');
    if (colon == std::string_view::npos || head_.fields.size() >= kMostFields) return;
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    head_.fields.push_back({std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  }

  bool take_body(int status, Bytes bytes) {
    if (!begin(status)) return false;
    if (taken_) {
      trouble_ = receiver_.body(bytes);
      return !trouble_;
    }
    auto room = kLargestErrorBody - std::min(kLargestErrorBody, error_body_.size());
    error_body_ += text_of(bytes).substr(0, room);
    return bytes.size() <= room;
  }

  // Once per answer, before its body; an answer may have none.
  bool begin(int status) {
    if (begun_) return true;
    begun_ = true;
    head_.status = status;
    taken_ = receiver_.takes(status);
    if (taken_) trouble_ = receiver_.head(head_);
    return !trouble_;
  }

  bool begun() const { return begun_; }
  bool taken() const { return taken_; }
  bool is_stopped() const { return stop_.requested(); }
  const AnswerHead& head() const { return head_; }
  const std::string& error_body() const { return error_body_; }
  const std::optional<Trouble>& trouble() const { return trouble_; }

 private:
  Receiver& receiver_;
  const StopSignal& stop_;
  AnswerHead head_;
  bool begun_ = false, taken_ = false;
  std::string error_body_;
  std::optional<Trouble> trouble_;
};

struct Transfer {
  CURL* handle;
  Answer* answer;
};

int status_of(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::size_t on_header(char* data, std::size_t one, std::size_t size, void* transfer) {
  static_cast<Transfer*>(transfer)->answer->take_line({data, size});
  return one * size;
}

std::size_t on_body(char* data, std::size_t one, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  bool go_on = transfer.answer->take_body(status_of(transfer.handle), bytes_of({data, size}));
  return go_on ? one * size : CURL_WRITEFUNC_ERROR;
}

int on_progress(void* transfer, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(transfer)->answer->is_stopped() ? 1 : 0;
}

class CurlConnection final : public Connection {
 public:
  CurlConnection(const ClientConfig& config, const StopSignal& stop)
      : config_(config), stop_(stop), handle_(curl_easy_init()) {}
  ~CurlConnection() override { curl_easy_cleanup(handle_); }

  std::optional<Trouble> exchange(const Request& request, Receiver& receiver) override {
    auto url = request.url;
    for (int redirects = 0;; ++redirects) {
      Answer answer(receiver, stop_);
      auto code = perform(request, url, answer);
      if (auto trouble = trouble_of(code, answer, url)) return trouble;
      if (answer.taken()) return std::nullopt;
      auto location = redirect_of(request, answer.head());
      if (!location) return trouble_of_status(answer.head(), answer.error_body(), SystemClock().now());
      auto next = resolve_url(url, *location);
      if (!next) return Trouble{next.error(), Outlook::final, {}};
      if (next->origin != url.origin || redirects == kMostRedirects) {
        return Trouble{{Code::denied, "the server sends us to another place, which is not followed: " + next->origin},
                       Outlook::final,
                       {}};
      }
      url = *next;
    }
  }

 private:
  CURLcode perform(const Request& request, const Url& url, Answer& answer) {
    curl_easy_reset(handle_);  // the connection itself is kept
    error_text_[0] = '\0';
    FieldList fields;
    add_fields(request, url, fields);
    Transfer transfer{handle_, &answer};
    set_transport(request, url);
    set(CURLOPT_HTTPHEADER, fields.get());
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_XFERINFOFUNCTION, on_progress);
    set(CURLOPT_XFERINFODATA, &transfer);
    set(CURLOPT_NOPROGRESS, 0L);
    if (request.method == "POST") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.data());
    }
    auto code = curl_easy_perform(handle_);
    if (code == CURLE_OK && !answer.begin(status_of(handle_))) return CURLE_WRITE_ERROR;  // there was no body
    return code;
  }

  void set_transport(const Request& request, const Url& url) {
    set(CURLOPT_URL, url.text.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));  // each range on a connection of its own
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, error_text_);
    set(CURLOPT_USERAGENT, "dray/" DRAY_VERSION);
    set(CURLOPT_BUFFERSIZE, 256L * 1024);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_CONNECTTIMEOUT,
        static_cast<long>(std::min<std::chrono::seconds>(config_.silence, std::chrono::seconds(30)).count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.silence.count()));
    set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // a proxy does not get to see the credentials
    if (!config_.ca_file.empty()) set(CURLOPT_CAINFO, config_.ca_file.c_str());
  }

  void add_fields(const Request& request, const Url& url, FieldList& fields) const {
    for (const auto& field : request.fields) fields.add(field);
    fields.add("Expect:");  // not for so little
    if (request.method == "POST") fields.add("Content-Type: application/json");
    if (config_.credentials && config_.credentials->origin == url.origin) {
      fields.add("Authorization: " + config_.credentials->authorization);
    }
  }

  // What went wrong on the way; not what the status means.
  std::optional<Trouble> trouble_of(CURLcode code, const Answer& answer, const Url& url) const {
    if (stop_.requested()) return Trouble{stopped(), Outlook::final, {}};
    if (answer.trouble()) return answer.trouble();
    if (code == CURLE_OK || (answer.begun() && !answer.taken())) return std::nullopt;
    auto why = error_text_[0] ? std::string(error_text_) : std::string(curl_easy_strerror(code));
    return Trouble{{Code::unavailable, fmt::format("{}: {}", url.origin, printable(why))}, outlook_of(code), {}};
  }

  static std::optional<std::string> redirect_of(const Request& request, const AnswerHead& head) {
    if (request.method != "GET" || head.status < 301 || head.status > 308 || head.status == 304) return std::nullopt;
    auto location = head.find("Location");
    return location ? std::optional(std::string(*location)) : std::nullopt;
  }

  template <typename T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(handle_, option, value);
  }

  const ClientConfig& config_;
  const StopSignal& stop_;
  CURL* handle_;
  char error_text_[CURL_ERROR_SIZE] = {};
};

}  // namespace

std::unique_ptr<Connection> open_connection(const ClientConfig& config, const StopSignal& stop) {
  start_curl_once();
  return std::make_unique<CurlConnection>(config, stop);
}

}  // namespace dray::fetching
