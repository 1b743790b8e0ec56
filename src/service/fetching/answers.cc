#include "service/fetching/answers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "lang/http/validators.h"

namespace dray::fetching {
namespace {

constexpr std::size_t kLongestTag = 1000;
constexpr std::size_t kLongestMessage = 500;

struct StatusMeaning {
  int status;
  Code code;
  Outlook outlook;
  const char* message;
};
constexpr StatusMeaning kMeanings[] = {
    {400, Code::invalid, Outlook::final, "the server refuses the request as malformed"},
    {401, Code::unauthenticated, Outlook::final, "the server does not know these credentials, or needs some"},
    {403, Code::denied, Outlook::final, "the server denies access"},
    {404, Code::not_found, Outlook::final, "there is no such thing on the server"},
    {408, Code::unavailable, Outlook::may_pass, "the server gave up waiting"},
    {410, Code::gone, Outlook::final, "it is no longer on the server"},
    {412, Code::conflict, Outlook::final, "it has changed on the server"},
    {413, Code::too_large, Outlook::final, "the server refuses it as too large"},
    {416, Code::conflict, Outlook::final, "it has changed on the server"},
    {429, Code::busy, Outlook::may_pass, "the server has too much to do"},
    {503, Code::busy, Outlook::may_pass, "the server is busy"},
};

StatusMeaning meaning_of(int status) {
  for (const auto& meaning : kMeanings) {
    if (meaning.status == status) return meaning;
  }
  if (status >= 500) return {status, Code::unavailable, Outlook::may_pass, "the server failed"};
  if (status >= 400) return {status, Code::invalid, Outlook::final, "the server refuses the request"};
  return {status, Code::unavailable, Outlook::final, "the server answers what was not asked"};
}

std::string message_in(std::string_view body) {
  auto parsed = parse_json(body);
  if (!parsed || !parsed->is_object()) return "";
  const auto* message = parsed->get_object().if_contains("error");
  return message && message->is_string() ? printable(message->get_string()) : "";
}

std::optional<std::chrono::seconds> retry_after(const AnswerHead& head, Seconds now) {
  auto value = head.find("Retry-After");
  if (!value) return std::nullopt;
  if (auto seconds = parse_unsigned(*value)) {
    return std::chrono::seconds(std::min<std::uint64_t>(*seconds, 1'000'000'000));
  }
  auto date = http::parse_http_date(*value);
  if (!date) return std::nullopt;
  return std::max(*date - now, std::chrono::seconds(0));
}

Trouble changed() {
  return {{Code::conflict, "it has changed on the server; run with --restart to start anew"}, Outlook::final, {}};
}

Trouble confused(std::string what) { return {{Code::corrupt, std::move(what)}, Outlook::may_pass, {}}; }

// "bytes " and what follows
std::optional<std::string_view> after_unit(std::string_view value) {
  value = trim(value);
  if (value.size() < 6 || !equal_ignoring_case(value.substr(0, 6), "bytes ")) return std::nullopt;
  return trim(value.substr(6));
}

// The length of the control character (C0, DEL or C1) that `text` begins with, 0 if it does not.
std::size_t control_size(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x20 || first == 0x7F) return 1;
  return first == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0 ? 2 : 0;
}

}  // namespace

std::optional<std::string_view> AnswerHead::find(std::string_view name) const {
  for (const auto& field : fields) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string> strong_etag(std::string_view text) {
  text = trim(text);
  if (text.starts_with("W/")) return std::nullopt;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  auto may_stand = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '"'; };
  if (text.empty() || text.size() > kLongestTag || !std::all_of(text.begin(), text.end(), may_stand))
    return std::nullopt;
  return fmt::format("\"{}\"", text);
}

// Content-Range = "bytes" SP first "-" last "/" complete-length   (RFC 9110, section 14.4)
std::optional<ContentRange> parse_content_range(std::string_view value) {
  auto rest = after_unit(value);
  if (!rest) return std::nullopt;
  auto dash = rest->find('-'), slash = rest->find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return std::nullopt;
  auto first = parse_unsigned(rest->substr(0, dash));
  auto last = parse_unsigned(rest->substr(dash + 1, slash - dash - 1));
  auto size = parse_unsigned(rest->substr(slash + 1));
  if (!first || !last || !size || *last < *first || *size <= *last) return std::nullopt;
  return ContentRange{{*first, *last - *first + 1}, *size};
}

std::optional<ByteCount> parse_unsatisfied_range(std::string_view value) {
  auto rest = after_unit(value);
  if (!rest || !rest->starts_with("*/")) return std::nullopt;
  return parse_unsigned(rest->substr(2));
}

std::optional<Trouble> check_partial(const AnswerHead& head, ByteRange asked, const Identity& expected) {
  auto tag = head.find("ETag");
  if (!tag) return confused("the server's answer has no ETag");
  if (strong_etag(*tag) != expected.etag) return changed();
  if (head.status == 200)
    return Trouble{{Code::invalid, "the server does not send ranges of this file"}, Outlook::final, {}};
  if (head.status != 206)
    return Trouble{
        {Code::invalid, fmt::format("the server answers a range with status {}", head.status)}, Outlook::final, {}};
  if (auto coding = head.find("Content-Encoding"); coding && !equal_ignoring_case(trim(*coding), "identity")) {
    return confused("the server's answer is encoded, which was not asked");
  }
  auto field = head.find("Content-Range");
  auto range = field ? parse_content_range(*field) : std::nullopt;
  if (!range) return confused("the server's answer does not say which bytes it has");
  if (range->size != expected.size) return changed();
  if (range->range != asked) {
    return confused(fmt::format("the server sends other bytes than asked for: from {} on instead of {}",
                                range->range.offset, asked.offset));
  }
  return std::nullopt;
}

Trouble trouble_of_status(const AnswerHead& head, std::string_view body, Seconds now) {
  auto meaning = meaning_of(head.status);
  auto said = message_in(body);
  auto message = said.empty() ? fmt::format("{} (status {})", meaning.message, head.status) : said;
  if (meaning.code == Code::conflict) message += "; run with --restart to start anew";
  return {{meaning.code, message, fmt::format("status {}", head.status)}, meaning.outlook, retry_after(head, now)};
}

std::string printable(std::string_view text) {
  auto valid = replace_invalid_utf8(text.substr(0, kLongestMessage));
  std::string out;
  for (std::size_t i = 0; i < valid.size();) {
    auto control = control_size(std::string_view(valid).substr(i));
    out += control ? '?' : valid[i];
    i += control ? control : 1;
  }
  return out;
}

}  // namespace dray::fetching
