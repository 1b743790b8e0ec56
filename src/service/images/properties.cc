#include "service/images/properties.h"

#include <fmt/format.h>

#include "base/json.h"

namespace dray::service {
namespace {

// Java properties: a backslash before what has a meaning there.
std::string escape_property(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += c;
    }
  }
  return out;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n')
      out += c;
  }
  return out;
}

}  // namespace

ImageText format_properties(const Properties& properties, const is::Question& question) {
  using Form = is::Question::Form;
  if (question.form == Form::xml) {
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<properties>\n";
    for (const auto& [name, value] : properties)
      text += fmt::format("  <property name=\"{}\" value=\"{}\"/>\n", escape_xml(name), escape_xml(value));
    return {"text/xml; charset=utf-8", text + "</properties>\n"};
  }
  if (question.form == Form::json || question.form == Form::javascript) {
    json::object object;
    for (const auto& [name, value] : properties) object[name] = value;
    auto handler = question.handler.empty() ? "s7jsonResponse" : question.handler;
    return {"text/javascript; charset=utf-8",
            fmt::format("/**/{}({},{});", handler, json::serialize(object), json::serialize(json::value(question.id)))};
  }
  std::string text = "#S7Z OK\n";
  for (const auto& [name, value] : properties) text += fmt::format("{}={}\n", name, escape_property(value));
  return {"text/plain; charset=utf-8", text};
}

}  // namespace dray::service
