#include "lang/mail/plain_text.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/text.h"
#include "lang/mail/characters.h"
#include "lang/mail/entities.h"
#include "lang/mail/html_reader.h"

namespace dray::mail {
namespace {

// Around these an empty line is left.
constexpr std::string_view kParagraphs[] = {"blockquote", "dl", "fieldset", "figure", "h1", "h2",  "h3",    "h4",
                                            "h5",         "h6", "hr",       "ol",     "p",  "pre", "table", "ul"};
// Before and after these a line ends.
constexpr std::string_view kLines[] = {
    "address", "article", "aside",  "body", "caption", "center", "dd",  "details", "div",     "dt",      "figcaption",
    "footer",  "form",    "header", "html", "li",      "main",   "nav", "option",  "section", "summary", "tr"};
// What may stand in <head>; any other element ends it, as in browsers.
constexpr std::string_view kOfHead[] = {"base",   "html",  "link",     "meta", "noscript",
                                        "script", "style", "template", "title"};

bool is_in(std::span<const std::string_view> list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// An address as it may stand between '<' and '>'.
std::string clean_address(std::string_view href) {
  auto decoded = clean_lines(decode_entities(href));
  std::erase_if(decoded, [](char c) { return is_white(c) && c != ' '; });
  std::string out;
  for (char c : trim(decoded)) {
    if (c == '<')
      out += "%3C";
    else if (c == '>')
      out += "%3E";
    else if (c == ' ')
      out += "%20";
    else
      out += c;
  }
  return out;
}

// Puts words together into lines.
class LineWriter {
 public:
  void write(std::string_view text) {
    while (!text.empty()) {
      auto [code, bytes] = first_character(text);
      text.remove_prefix(bytes.size());
      if (is_white(bytes.front()) || code == 0xA0)
        wants_blank_ = true;
      else if (!is_control(code) && code != 0xAD)
        put(bytes);
    }
  }
  void append(std::string_view text) { out_ += text; }  // right behind the last word

  void want_blank() { wants_blank_ = true; }
  void want_breaks(int count) { breaks_ = std::max(breaks_, count); }  // at least
  void add_break() { breaks_ = std::min(breaks_ + 1, 2); }
  void start_item() { prefix_ = "- "; }
  void end_item() { prefix_ = ""; }

  // What was written since mark() was called last.
  void mark() {
    mark_.reset();
    waits_for_mark_ = true;
  }
  std::string_view since_mark() const { return mark_ ? std::string_view(out_).substr(*mark_) : ""; }

  std::string finish() && { return std::move(out_); }

 private:
  void put(std::string_view character) {
    if (breaks_ > 0 && !out_.empty())
      out_.append(static_cast<std::size_t>(breaks_), '\n');
    else if (wants_blank_ && !out_.empty())
      out_ += ' ';
    out_ += std::exchange(prefix_, "");
    breaks_ = 0;
    wants_blank_ = false;
    if (std::exchange(waits_for_mark_, false)) mark_ = out_.size();
    out_ += character;
  }

  std::string out_;
  int breaks_ = 0;
  bool wants_blank_ = false;
  std::string_view prefix_;
  std::optional<std::size_t> mark_;
  bool waits_for_mark_ = false;
};

// Says what each token of HTML means for the lines.
class PlainTextMaker {
 public:
  void add(const HtmlToken& token) {
    if (token.kind == HtmlToken::Kind::text)
      add_text(token.text);
    else
      add_tag(token);
  }
  std::string finish() && {
    end_link();
    return std::move(lines_).finish();
  }

 private:
  void add_text(std::string_view text) {
    if (!in_head_) lines_.write(decode_entities(text));
  }

  void add_tag(const HtmlToken& tag) {
    bool opens = tag.kind == HtmlToken::Kind::open;
    if (tag.name == "head")
      in_head_ = opens;
    else if (opens && !is_in(kOfHead, tag.name))
      in_head_ = false;
    if (tag.name == "a") {
      end_link();
      if (opens) start_link(tag.href);
    }
    break_lines(tag.name);
    if (tag.name == "li") opens ? lines_.start_item() : lines_.end_item();
  }

  void break_lines(std::string_view name) {
    if (name == "br")
      lines_.add_break();
    else if (name == "td" || name == "th")
      lines_.want_blank();
    else if (is_in(kParagraphs, name))
      lines_.want_breaks(2);
    else if (is_in(kLines, name))
      lines_.want_breaks(1);
  }

  void start_link(std::string_view href) {
    auto address = clean_address(href);
    if (address.empty() || address.starts_with('#')) return;  // leads nowhere outside the mail
    link_ = std::move(address);
    lines_.mark();
  }

  void end_link() {
    if (!link_) return;
    auto address = *std::exchange(link_, std::nullopt);
    auto text = lines_.since_mark();
    if (text.empty())
      lines_.write(address);
    else if (text != address && "mailto:" + std::string(text) != address)
      lines_.append(" <" + address + ">");
  }

  LineWriter lines_;
  std::optional<std::string> link_;
  bool in_head_ = false;
};

}  // namespace

std::string plain_text_of_html(std::string_view html) {
  auto valid = replace_invalid_utf8(html);
  HtmlReader reader(valid);
  PlainTextMaker maker;
  while (auto token = reader.next()) maker.add(*token);
  return std::move(maker).finish();
}

std::string with_html_breaks(std::string_view escaped) {
  std::string out;
  for (char c : escaped) {
    if (c == '\n')
      out += "<br>";
    else
      out += c;
  }
  return out;
}

std::string html_of_plain_text(std::string_view text) {
  std::string html = "<!DOCTYPE html>\n<html><body style=\"font-family: sans-serif; line-height: 1.4\">\n";
  for (std::size_t at = 0; at < text.size();) {
    auto link = std::min(text.find("https://", at), text.find("http://", at));
    html += with_html_breaks(escape_html(text.substr(at, link - at)));
    if (link == text.npos) break;
    auto end = std::min(text.find_first_of(" \t\n<>\"", link), text.size());
    auto address = escape_html(text.substr(link, end - link));
    html += "<a href=\"" + address + "\">" + address + "</a>";
    at = end;
  }
  return html + "\n</body></html>\n";
}

}  // namespace dray::mail
