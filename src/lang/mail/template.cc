#include "lang/mail/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "lang/mail/characters.h"
#include "lang/mail/header_text.h"
#include "lang/mail/plain_text.h"
#include "lang/mail/properties.h"

namespace dray::mail {
namespace {

bool is_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), is_white); }

BodyKind kind_of(std::string_view body) {
  auto first = std::find_if_not(body.begin(), body.end(), is_white);
  return first != body.end() && *first == '<' ? BodyKind::html : BodyKind::text;
}

Result<Template> make_template(Family family, std::optional<std::string> subject, std::string_view body) {
  auto clean = clean_lines(body);
  if (is_blank(clean)) return Error{Code::invalid, "the template has no body"};
  auto kind = kind_of(clean);
  return Template{family, std::move(subject), std::move(clean), kind};
}

Result<Template> parse_workflow_template(std::string_view file) {
  ASSIGN_OR_RETURN(auto keys, parse_properties(file));
  if (is_blank(keys["subject"])) return Error{Code::invalid, "the template has no subject: a line \"subject=...\""};
  auto body = keys["header"] + keys["message"] + keys["footer"];
  if (is_blank(body)) return Error{Code::invalid, "the template has no body: neither header, message nor footer"};
  return make_template(Family::workflow, keys["subject"], body);
}

std::size_t line_of(std::string_view text, std::size_t offset) {
  auto before = text.substr(0, offset);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

// Of text that is not UTF-8 throughout. U+FFFD may begin like the bytes it replaces, but has no line end.
std::size_t first_invalid_line(std::string_view text) {
  auto valid = replace_invalid_utf8(text);
  auto differs = std::mismatch(text.begin(), text.end(), valid.begin(), valid.end()).first;
  return line_of(text, static_cast<std::size_t>(differs - text.begin()));
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }
std::string_view without_first_line(std::string_view text) {
  return text.substr(std::min(first_line(text).size() + 1, text.size()));
}

std::string_view skip_blank_lines(std::string_view text) {
  while (!text.empty() && is_blank(first_line(text))) text = without_first_line(text);
  return text;
}

constexpr std::string_view kSubject = "subject:", kComment = "<!--", kEndOfComment = "-->";

// template     = { blank-line } [ html-comment ] { blank-line } [ subject-line [ blank-line ] ] body
// html-comment = "<!--" *any "-->"
// subject-line = "subject:" *white text line-end            ; in upper or lower case
Result<Template> read_link_share_template(std::string_view file) {
  auto rest = skip_blank_lines(file);
  if (rest.starts_with(kComment)) {
    auto end = rest.find(kEndOfComment, 2);  // as browsers see it, "<!-->" is whole
    if (end == rest.npos) {
      auto line = line_of(file, file.size() - rest.size());
      return Error{Code::invalid, fmt::format("line {}: the comment has no end, write --> after it", line)};
    }
    rest = skip_blank_lines(rest.substr(end + kEndOfComment.size()));
  }
  std::optional<std::string> subject;
  if (equal_ignoring_case(rest.substr(0, kSubject.size()), kSubject)) {
    subject = clean_header_text(first_line(rest).substr(kSubject.size()));
    rest = without_first_line(rest);
    if (is_blank(first_line(rest))) rest = without_first_line(rest);
  }
  return make_template(Family::link_share, std::move(subject), rest);
}

Result<Template> parse_link_share_template(std::string_view file) {
  if (!is_valid_utf8(file)) {
    auto line = first_invalid_line(file);
    return Error{Code::invalid, fmt::format("line {}: the template is not UTF-8 text, save it as UTF-8", line)};
  }
  if (file.starts_with(kByteOrderMark)) file.remove_prefix(kByteOrderMark.size());
  return read_link_share_template(clean_lines(file));
}

// Safe as text and within quoted attributes.
std::string html_of_value(std::string_view value) { return with_html_breaks(escape_html(value)); }

// Fills texts of one template and remembers which names meant nothing.
class Filler {
 public:
  Filler(Family family, const Variables& variables) : family_(family), variables_(variables) {}

  std::string fill(std::string_view text, BodyKind kind) {
    return replace_variables(text, [&](std::string_view name) -> std::optional<std::string> {
      auto value = find_value(family_, variables_, name);
      if (!value) unknown_.emplace(name);
      if (!value) return std::nullopt;
      auto clean = clean_lines(*value);
      return kind == BodyKind::html ? html_of_value(clean) : clean;
    });
  }
  std::string fill_subject(std::string_view text) { return clean_header_text(fill(text, BodyKind::text)); }
  std::vector<std::string> unknown() const { return {unknown_.begin(), unknown_.end()}; }

 private:
  Family family_;
  const Variables& variables_;
  std::set<std::string, std::less<>> unknown_;
};

std::string subject_of(const Template& source, Filler& filler) {
  auto subject = source.subject ? filler.fill_subject(*source.subject) : "";
  if (!subject.empty() || source.family == Family::workflow) return subject;
  auto typed = filler.fill_subject("${emailSubject}");
  return typed.empty() ? filler.fill_subject("${emailInitiator} shared assets with you") : typed;
}

}  // namespace

Result<Template> parse_template(Family family, std::string_view file) {
  return family == Family::workflow ? parse_workflow_template(file) : parse_link_share_template(file);
}

Rendered render(const Template& source, const Variables& variables) {
  Filler filler(source.family, variables);
  Rendered out;
  out.subject = subject_of(source, filler);
  auto body = filler.fill(source.body, source.kind);
  if (source.kind == BodyKind::html) {
    out.html = std::move(body);
    out.text = plain_text_of_html(out.html);
  } else {
    out.text = std::move(body);
  }
  out.unknown = filler.unknown();
  return out;
}

}  // namespace dray::mail
