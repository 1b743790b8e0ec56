// What the server's answers mean: whether they are what was asked for, and if not, whether trying again may help. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "lang/http/head.h"

namespace dray::fetching {

struct AnswerHead {
  int status = 0;
  std::vector<http::Field> fields;

  std::optional<std::string_view> find(std::string_view name) const;  // names are compared without regard to case
};

enum class Outlook { final, may_pass };

// Why an exchange did not do what it should.
struct Trouble {
  Error error;
  Outlook outlook = Outlook::final;
  std::optional<std::chrono::seconds> retry_after;  // the server's wish
};

// What makes two files the same, whatever their address.
struct Identity {
  std::string etag;  // strong, with its quotes
  ByteCount size = 0;

  bool operator==(const Identity&) const = default;
};

// Takes a tag with or without quotes. nullopt: weak, empty, with characters no tag has, or longer than 1000 bytes.
std::optional<std::string> strong_etag(std::string_view text);

struct ContentRange {
  ByteRange range;
  ByteCount size = 0;

  bool operator==(const ContentRange&) const = default;
};
std::optional<ContentRange> parse_content_range(std::string_view value);   // "bytes 0-9/100"; the size must be known
std::optional<ByteCount> parse_unsatisfied_range(std::string_view value);  // "bytes */100"

// The head of an answer to a request for `asked` of the file `expected`: exactly these bytes of exactly this file. A
// wrong range may pass (somebody on the way is confused); another file does not.
std::optional<Trouble> check_partial(const AnswerHead& head, ByteRange asked, const Identity& expected);

// A status that is not a success. `body` may hold {"error": "..."}, which becomes the message.
Trouble trouble_of_status(const AnswerHead& head, std::string_view body, Seconds now);

// The same text for a terminal: what is not UTF-8 and every control character replaced, cut after 500 bytes.
std::string printable(std::string_view text);

}  // namespace dray::fetching
