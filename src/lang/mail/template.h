// Templates of mails: read from a file, filled with values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lang/mail/variables.h"

namespace dray::mail {

enum class BodyKind { text, html };

struct Template {
  Family family = Family::workflow;
  std::optional<std::string> subject;  // nullopt, in the family link_share only: what the sender typed
  std::string body;                    // its line ends are LF
  BodyKind kind = BodyKind::text;      // html: the first character of the body that is not blank is '<'

  bool operator==(const Template&) const = default;
};

// Family workflow: a properties file with `subject` and at least one of `header`, `message` and `footer`, which make
// the body in this order with nothing between them; other keys are ignored. Family link_share: a body, before it
// perhaps a line "subject: ...", before that perhaps an HTML comment, which is no part of the mail. Code::invalid:
// malformed, without a subject (workflow), without a body, or not UTF-8 (link_share); the message names the line where
// there is one.
Result<Template> parse_template(Family family, std::string_view file);

// Line ends are LF. Everything is valid UTF-8 without control characters, the subject is one line.
struct Rendered {
  std::string subject;
  std::string text;
  std::string html;                  // empty: a mail of plain text only; else `text` says the same
  std::vector<std::string> unknown;  // variables that stayed as they were; sorted, none twice

  bool operator==(const Rendered&) const = default;
};

// Variables are replaced once, see find_value() and replace_variables(). In HTML every value is escaped, with its line
// breaks as <br>. Where the subject of a shared link's mail is missing or comes out blank, it is what the sender typed
// or, if that is empty, "<sender> shared assets with you".
Rendered render(const Template& source, const Variables& variables);

}  // namespace dray::mail
