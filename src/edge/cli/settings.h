// Settings in AEM's form, one file for each PID, in a directory with the installation's own content:
//
//   DIR/apps/<app>/config/<PID>.cfg.json                JSON objects; config.author goes before config
//   DIR/apps/<app>/osgiconfig/config/<PID>.cfg.json
//   DIR/apps/settings/..., DIR/conf/<tenant>/settings/...  mail templates, licences and the like
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace dray::cli {

// The settings of one PID. Every getter notes what it was asked for, so that what nobody knows can be told by name.
class Settings {
 public:
  Settings() = default;
  Settings(std::string file, json::object values) : file_(std::move(file)), values_(std::move(values)) {}

  bool is_there() const { return !file_.empty(); }
  const std::string& file() const { return file_; }
  // Code::invalid names the file and the key. A number or a truth value may be written as a text, as AEM writes them.
  Result<std::optional<std::string>> text(const std::string& key);
  Result<std::optional<bool>> boolean(const std::string& key);
  Result<std::optional<std::uint64_t>> number(const std::string& key);
  Result<bool> is_negative(const std::string& key);                // a whole number that is
  Result<std::vector<std::string>> texts(const std::string& key);  // or one alone
  void warn_of_unknown() const;                                    // once everything has been asked for

 private:
  Error wrong(const std::string& key, const std::string& what) const;
  const json::value* find(const std::string& key);

  std::string file_;  // empty: there is none
  json::object values_;
  std::set<std::string> known_;
};

// Empty settings where there is no file, or no directory is named. Texts have $[env:NAME] and $[secret:NAME], both of
// the environment and with ";default=...", replaced. Code::invalid: malformed.
Result<Settings> read_settings(const std::string& directory, const std::string& pid);

// Of a factory: every <PID>~<name>.cfg.json, by name; where several folders have one of a name, the best.
Result<std::vector<Settings>> read_factory_settings(const std::string& directory, const std::string& pid);

// The content of a file of the directory, like "/apps/settings/dam/adhocassetshare/en.txt".
std::optional<std::string> read_content(const std::string& directory, const std::string& path);

}  // namespace dray::cli
