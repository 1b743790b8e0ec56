#include "lang/is/command.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"

namespace dray::is {
namespace {

constexpr std::size_t kMostCommands = 1000;
constexpr int kDeepestMacro = 8;
constexpr std::size_t kLongestValue = 64 * 1024;

Error invalid(std::string message) { return {Code::invalid, std::move(message)}; }

class Parser {
 public:
  explicit Parser(const FindMacro& find_macro) : find_macro_(find_macro) {}

  void define(std::string_view name, std::string_view value) { variables_.emplace(name, value); }

  Result<void> read(std::string_view query, int depth) {
    for (auto piece : split(query, '&')) {
      if (piece.empty() || piece.front() == '.') continue;
      if (++count_ > kMostCommands) return invalid(fmt::format("the request has more than {} commands", kMostCommands));
      auto equals = piece.find('=');
      bool is_macro = equals == piece.npos && piece.size() > 2 && piece.front() == '$' && piece.back() == '$';
      RETURN_IF_ERROR(is_macro ? read_macro(piece.substr(1, piece.size() - 2), depth)
                               : read_command(piece.substr(0, equals), equals != piece.npos,
                                              equals == piece.npos ? std::string_view() : piece.substr(equals + 1)));
    }
    return ok();
  }

  std::vector<Command> commands;

 private:
  Result<void> read_macro(std::string_view written, int depth) {
    ASSIGN_OR_RETURN(auto name, decode(written));
    ASSIGN_OR_RETURN(auto text, find_macro_(ascii_lower(name)));
    if (!text) return invalid(fmt::format("there is no image preset ${}$", name));
    if (depth == kDeepestMacro) return invalid(fmt::format("the image preset ${}$ goes round in circles", name));
    return read(*text, depth + 1);
  }

  Result<void> read_command(std::string_view name, bool has_value, std::string_view written) {
    if (name.empty() || name == "$") return invalid("a command has no name");
    ASSIGN_OR_RETURN(auto value, decode(written));
    if (name.front() == '$') {
      if (!has_value || name.find('$', 1) != name.npos)
        return invalid(fmt::format("{} is neither a preset, like $name$, nor a variable, like $name=value", name));
      variables_[ascii_lower(name.substr(1))] = std::move(value);
      return ok();
    }
    auto lower = ascii_lower(name);
    auto& command = commands.emplace_back(Command{std::move(lower), {}});
    if (command.name == "layer" || command.name == "effect")
      command.value = std::move(value);
    else
      append_replacing_variables(value, command.value);
    if (command.value.size() > kLongestValue) return invalid(fmt::format("the value of {} is too long", command.name));
    return ok();
  }

  static Result<std::string> decode(std::string_view written) {
    auto text = percent_decode(written);
    if (!text) return invalid(fmt::format("\"{}\" has a % without two hexadecimal digits behind it", written));
    if (!is_valid_utf8(*text) || text->find('\0') != text->npos)
      return invalid("the request has bytes that are not text");
    return *std::move(text);
  }

  // `$name$` of a name that is not known stays as it is.
  void append_replacing_variables(std::string_view value, std::string& out) const {
    for (std::size_t at = 0; out.size() <= kLongestValue;) {  // what is longer is refused by the caller
      auto begin = value.find('$', at);
      auto end = begin == value.npos ? value.npos : value.find('$', begin + 1);
      if (end == value.npos) {
        out += value.substr(at);
        return;
      }
      auto known = variables_.find(ascii_lower(value.substr(begin + 1, end - begin - 1)));
      if (known == variables_.end()) {
        out += value.substr(at, end - at);  // the second '$' may begin another name
        at = end;
      } else {
        out += value.substr(at, begin - at);
        out += known->second;
        at = end + 1;
      }
    }
  }

  const FindMacro& find_macro_;
  std::map<std::string, std::string> variables_;  // by name in lower case
  std::size_t count_ = 0;
};

}  // namespace

Result<std::optional<std::string>> no_macro(std::string_view) { return std::optional<std::string>(); }

Result<std::vector<Command>> parse_query(std::string_view query, const FindMacro& find_macro, std::string_view object) {
  Parser parser(find_macro);
  if (!object.empty()) parser.define("object", object);
  RETURN_IF_ERROR(parser.read(query, 0));
  return std::move(parser.commands);
}

}  // namespace dray::is
