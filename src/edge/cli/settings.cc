#include "edge/cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace dray::cli {
namespace {

namespace fs = std::filesystem;

constexpr ByteCount kMostBytes = 1024 * 1024;
constexpr std::string_view kEnding = ".cfg.json";

// The folders with settings, the best first: run modes first, then the app whose name comes first.
std::vector<fs::path> find_folders(const std::string& directory) {
  std::vector<fs::path> apps, folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory + "/apps", ignored)) apps.push_back(entry.path());
  std::sort(apps.begin(), apps.end());
  for (auto folder : {"config.author", "config"}) {
    for (const auto& app : apps) {
      folders.push_back(app / folder);
      folders.push_back(app / "osgiconfig" / folder);
    }
  }
  return folders;
}

std::string find_file(const std::string& directory, const std::string& pid) {
  std::error_code ignored;
  for (const auto& folder : find_folders(directory)) {
    auto file = folder / (pid + std::string(kEnding));
    if (fs::is_regular_file(file, ignored)) return file.string();
  }
  return {};
}

// By name.
std::map<std::string, std::string> find_factory_files(const std::string& directory, const std::string& pid) {
  std::map<std::string, std::string> files;
  std::error_code ignored;
  for (const auto& folder : find_folders(directory)) {
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      auto name = entry.path().filename().string();
      if (name.starts_with(pid + "~") && name.ends_with(kEnding) && entry.is_regular_file(ignored))
        files.emplace(name, entry.path().string());
    }
  }
  return files;
}

// "$[env:SMTP_HOST;default=localhost]"
Result<std::string> replace_placeholders(const std::string& text) {
  std::string out;
  for (std::size_t at = 0;;) {
    auto begin = text.find("$[", at), end = text.find(']', begin);
    out += text.substr(at, begin - at);
    if (begin == text.npos) return out;
    if (end == text.npos) return Error{Code::invalid, "a placeholder \"$[\" has no end"};
    auto parts = split(std::string_view(text).substr(begin + 2, end - begin - 2), ';');
    auto colon = parts[0].find(':');
    auto kind = parts[0].substr(0, colon);
    if (colon == parts[0].npos || (kind != "env" && kind != "secret"))
      return Error{Code::invalid, fmt::format("\"$[{}]\" is no placeholder: it is $[env:NAME] or $[secret:NAME]",
                                              std::string(parts[0]))};
    auto name = std::string(parts[0].substr(colon + 1));
    const char* value = std::getenv(name.c_str());
    auto standard = std::find_if(parts.begin(), parts.end(), [](auto part) { return part.starts_with("default="); });
    if (!value && standard == parts.end())
      return Error{Code::invalid, fmt::format("the environment has no {}, and there is no default", name)};
    out += value ? std::string(value) : std::string(standard->substr(std::string_view("default=").size()));
    at = end + 1;
  }
}

Result<void> replace_in(json::value& value) {
  if (value.is_string()) {
    ASSIGN_OR_RETURN(auto text, replace_placeholders(std::string(value.get_string())));
    value = text;
  } else if (auto* array = value.if_array()) {
    for (auto& item : *array) RETURN_IF_ERROR(replace_in(item));
  }
  return ok();
}

}  // namespace

Error Settings::wrong(const std::string& key, const std::string& what) const {
  return {Code::invalid, fmt::format("{}: \"{}\" must be {}", file_, key, what)};
}

const json::value* Settings::find(const std::string& key) {
  known_.insert(key);
  const auto* value = values_.if_contains(key);
  return value && !value->is_null() ? value : nullptr;
}

Result<std::optional<std::string>> Settings::text(const std::string& key) {
  const auto* value = find(key);
  if (!value) return std::optional<std::string>();
  if (!value->is_string()) return wrong(key, "a text");
  return std::optional(std::string(value->get_string()));
}

Result<std::optional<bool>> Settings::boolean(const std::string& key) {
  const auto* value = find(key);
  if (!value) return std::optional<bool>();
  if (value->is_bool()) return std::optional(value->get_bool());
  if (value->is_string() && equal_ignoring_case(value->get_string(), "true")) return std::optional(true);
  if (value->is_string() && equal_ignoring_case(value->get_string(), "false")) return std::optional(false);
  return wrong(key, "true or false");
}

Result<std::optional<std::uint64_t>> Settings::number(const std::string& key) {
  const auto* value = find(key);
  if (!value) return std::optional<std::uint64_t>();
  if (value->is_int64() && value->get_int64() >= 0)
    return std::optional(static_cast<std::uint64_t>(value->get_int64()));
  if (value->is_string()) {
    if (auto number = parse_unsigned(value->get_string())) return number;
  }
  return wrong(key, "a number that is not negative");
}

Result<bool> Settings::is_negative(const std::string& key) {
  const auto* value = find(key);
  if (!value) return false;
  if (value->is_int64()) return value->get_int64() < 0;
  auto text = value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  return text.starts_with('-') && parse_unsigned(text.substr(1)).has_value();
}

Result<std::vector<std::string>> Settings::texts(const std::string& key) {
  const auto* value = find(key);
  std::vector<std::string> texts;
  if (!value) return texts;
  if (value->is_string()) return std::vector<std::string>{std::string(value->get_string())};
  if (!value->is_array()) return wrong(key, "a list of texts");
  for (const auto& item : value->get_array()) {
    if (!item.is_string()) return wrong(key, "a list of texts");
    texts.emplace_back(item.get_string());
  }
  return texts;
}

void Settings::warn_of_unknown() const {
  for (const auto& member : values_) {
    if (!known_.contains(std::string(member.key())))
      log::warn("{}: \"{}\" is not known here and changes nothing", file_, std::string_view(member.key()));
  }
}

namespace {

Result<Settings> read_settings_file(const std::string& file) {
  ASSIGN_OR_RETURN(auto text, read_file(file, kMostBytes));
  json::parse_options options;
  options.allow_comments = true;
  options.max_depth = 32;
  boost::system::error_code failure;
  auto value = json::parse(text, failure, {}, options);
  if (failure) return Error{Code::invalid, file + ": " + failure.message()};
  if (!value.is_object()) return Error{Code::invalid, file + ": an object is expected"};
  json::object values;
  for (auto& member : value.get_object()) {
    auto replaced = replace_in(member.value());
    if (!replaced) return Error{Code::invalid, file + ": " + replaced.error().message};
    std::string_view key = member.key();
    values[key.substr(0, key.find(':'))] = std::move(member.value());  // "smtp.port:Integer"
  }
  return Settings(file, std::move(values));
}

}  // namespace

Result<Settings> read_settings(const std::string& directory, const std::string& pid) {
  auto file = directory.empty() ? std::string() : find_file(directory, pid);
  return file.empty() ? Settings() : read_settings_file(file);
}

Result<std::vector<Settings>> read_factory_settings(const std::string& directory, const std::string& pid) {
  std::vector<Settings> all;
  if (directory.empty()) return all;
  for (const auto& [name, file] : find_factory_files(directory, pid)) {
    ASSIGN_OR_RETURN(auto settings, read_settings_file(file));
    all.push_back(std::move(settings));
  }
  return all;
}

std::optional<std::string> read_content(const std::string& directory, const std::string& path) {
  std::error_code ignored;
  auto file = directory + path;
  if (directory.empty() || path.find("/..") != path.npos || !fs::is_regular_file(file, ignored)) return std::nullopt;
  auto text = read_file(file, kMostBytes);
  if (text) return *std::move(text);
  log::warn("{}", text.error().message);
  return std::nullopt;
}

}  // namespace dray::cli
