#include "base/json.h"

#include <fmt/format.h>

namespace dray {
namespace {

void indent(std::string& out, int depth) { out.append(static_cast<std::size_t>(depth) * 2, ' '); }

void format(const json::value& value, int depth, std::string& out) {
  if (auto* object = value.if_object(); object && !object->empty()) {
    out += "{\n";
    bool first = true;
    for (const auto& member : *object) {
      if (!std::exchange(first, false)) out += ",\n";
      indent(out, depth + 1);
      out += json::serialize(member.key());
      out += ": ";
      format(member.value(), depth + 1, out);
    }
    out += "\n";
    indent(out, depth);
    out += "}";
  } else if (auto* array = value.if_array(); array && !array->empty()) {
    out += "[\n";
    bool first = true;
    for (const auto& item : *array) {
      if (!std::exchange(first, false)) out += ",\n";
      indent(out, depth + 1);
      format(item, depth + 1, out);
    }
    out += "\n";
    indent(out, depth);
    out += "]";
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = 32;
  json::error_code failure;
  json::stream_parser parser(json::storage_ptr(), options);
  auto used = parser.write_some(text.data(), text.size(), failure);
  if (!failure && used < text.size() && text.substr(used).find_first_not_of(" \t\r\n") != std::string_view::npos) {
    return Error{Code::invalid, fmt::format("the JSON text goes on after its end, at byte {}", used)};
  }
  if (!failure) parser.finish(failure);
  if (failure)
    return Error{Code::invalid, fmt::format("the JSON text is not valid at byte {}: {}", used, failure.message())};
  return parser.release();
}

std::string format_json(const json::value& value) {
  std::string out;
  format(value, 0, out);
  out += "\n";
  return out;
}

}  // namespace dray
