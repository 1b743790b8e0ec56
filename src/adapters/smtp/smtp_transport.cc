#include "adapters/smtp/smtp_transport.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <atomic>
#include <mutex>

#include "base/log.h"
#include "lang/mail/address.h"
#include "lang/mail/header_text.h"

namespace dray::smtp {
namespace {

void start_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

class List {
 public:
  List() = default;
  List(const List&) = delete;
  ~List() { curl_slist_free_all(list_); }
  void add(const std::string& text) { list_ = curl_slist_append(list_, text.c_str()); }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

struct HandleEnd {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, HandleEnd>;
struct MimeEnd {
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
};
using Mime = std::unique_ptr<curl_mime, MimeEnd>;

std::string with_crlf(const std::string& text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

std::string domain_of(const std::string& address) { return address.substr(address.find('@') + 1); }

void add_part(curl_mime* mime, const std::string& text, const char* type) {
  auto* part = curl_mime_addpart(mime);
  auto wire = with_crlf(text);
  curl_mime_data(part, wire.data(), wire.size());  // copied
  curl_mime_type(part, type);
  curl_mime_encoder(part, "quoted-printable");
}

struct Answers {
  bool is_greeted = false;  // the server takes mail from here
  std::string refusal;      // without anything that could break a log or a page
};

std::size_t keep_answer(char* data, std::size_t size, std::size_t count, void* target) {
  auto* answers = static_cast<Answers*>(target);
  std::string_view line(data, size * count);
  bool is_refusal = line.starts_with('4') || line.starts_with('5');
  answers->is_greeted = answers->is_greeted || line.starts_with('2');
  if (is_refusal && answers->refusal.empty()) answers->refusal = mail::clean_header_text(line.substr(0, 500));
  return size * count;
}

int log_dialogue(CURL*, curl_infotype type, char* data, std::size_t size, void*) {
  std::string_view text(data, size);
  if (type == CURLINFO_HEADER_IN) log::info("smtp: < {}", mail::clean_header_text(text));
  if (type == CURLINFO_HEADER_OUT)
    log::info("smtp: > {}",
              text.starts_with("AUTH") || text.find(' ') == text.npos ? "(left out)" : mail::clean_header_text(text));
  return 0;
}

class SmtpTransport final : public model::MailTransport {
 public:
  explicit SmtpTransport(SmtpConfig config) : config_(std::move(config)) { start_curl_once(); }

  Result<void> send(const model::OutgoingMail& mail) override {
    Handle handle(curl_easy_init());
    if (!handle) return Error{Code::unavailable, "no mail can be sent: libcurl has no memory"};
    List recipients, headers;
    Answers answers;
    std::string from = mail.from.address;
    char problem[CURL_ERROR_SIZE] = "";
    recipients.add(mail.to.address);
    fill(headers, mail);
    Mime mime(curl_mime_init(handle.get()));
    fill(mime.get(), handle.get(), mail);
    connect(handle.get());
    curl_easy_setopt(handle.get(), CURLOPT_MAIL_FROM, from.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle.get(), CURLOPT_MIMEPOST, mime.get());
    curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, problem);
    curl_easy_setopt(handle.get(), CURLOPT_HEADERFUNCTION, keep_answer);
    curl_easy_setopt(handle.get(), CURLOPT_HEADERDATA, &answers);
    curl_easy_setopt(handle.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle.get(), CURLOPT_XFERINFOFUNCTION, go_on);
    curl_easy_setopt(handle.get(), CURLOPT_XFERINFODATA, &stops_);
    auto code = curl_easy_perform(handle.get());
    if (code == CURLE_OK) return ok();
    return failure(handle.get(), code, problem, answers);
  }

  void stop() override { stops_ = true; }

 private:
  static int go_on(void* stops, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return *static_cast<std::atomic<bool>*>(stops) ? 1 : 0;  // asked every second
  }

  void connect(CURL* handle) const {
    auto url =
        fmt::format("{}://{}:{}", config_.encryption == Encryption::tls ? "smtps" : "smtp", config_.host, config_.port);
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, 20L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, static_cast<long>(config_.patience));
    long level = config_.encryption == Encryption::none           ? CURLUSESSL_NONE
                 : config_.encryption == Encryption::when_offered ? CURLUSESSL_TRY
                                                                  : CURLUSESSL_ALL;
    curl_easy_setopt(handle, CURLOPT_USE_SSL, level);
    if (!config_.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, config_.ca_file.c_str());
    if (!config_.user.empty()) {
      curl_easy_setopt(handle, CURLOPT_USERNAME, config_.user.c_str());
      curl_easy_setopt(handle, CURLOPT_PASSWORD, config_.password.c_str());
    }
    if (config_.log_dialogue) {
      curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
      curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, log_dialogue);
    }
  }

  // RFC 3834 says that no program shall answer: Auto-Submitted.
  static void fill(List& headers, const model::OutgoingMail& mail) {
    headers.add("Date: " + mail::format_date(mail.date));
    headers.add("From: " + mail::format_address({mail.from.name, mail.from.address}));
    headers.add("To: " + mail::format_address({mail.to.name, mail.to.address}));
    if (!mail.reply_to.address.empty())
      headers.add("Reply-To: " + mail::format_address({mail.reply_to.name, mail.reply_to.address}));
    headers.add("Subject: " + mail::encode_header_text(mail.subject, std::string_view("Subject: ").size()));
    headers.add(fmt::format("Message-ID: <{}@{}>", mail.id, domain_of(mail.from.address)));
    headers.add("Auto-Submitted: auto-generated");
  }

  static void fill(curl_mime* mime, CURL* handle, const model::OutgoingMail& mail) {
    if (mail.html.empty()) return add_part(mime, mail.text, "text/plain; charset=utf-8");
    auto* forms = curl_mime_init(handle);
    add_part(forms, mail.text, "text/plain; charset=utf-8");
    add_part(forms, mail.html, "text/html; charset=utf-8");
    auto* both = curl_mime_addpart(mime);
    curl_mime_subparts(both, forms);  // which owns them now
    curl_mime_type(both, "multipart/alternative");
  }

  Error failure(CURL* handle, CURLcode code, const char* problem, const Answers& answers) const {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    std::string what = *problem ? problem : curl_easy_strerror(code);
    if (status >= 400 && !answers.refusal.empty()) what = answers.refusal;
    auto message = fmt::format("{}:{}: {}", config_.host, config_.port, what);
    // Whoever runs this server can mend it, and the mail itself is well: signing in, TLS, a greeting that turns us
    // away.
    bool is_ours = code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED || code == CURLE_REMOTE_ACCESS_DENIED ||
                   !answers.is_greeted || status == 530 || status == 534 || status == 535 || status == 538;
    if (status >= 500 && status < 600 && !is_ours) return {Code::denied, message};
    return {status >= 400 ? Code::busy : Code::unavailable, message};
  }

  const SmtpConfig config_;
  std::atomic<bool> stops_ = false;
};

}  // namespace

std::unique_ptr<model::MailTransport> make_smtp_transport(SmtpConfig config) {
  return std::make_unique<SmtpTransport>(std::move(config));
}

}  // namespace dray::smtp
