// The templates that Dray ships: the layer /libs. Others take their place under /apps or /conf.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace dray::mail {

struct DefaultTemplate {
  std::string_view path;  // of the file, as in the repository
  std::string_view text;  // for parse_template()
};

// The two mails about downloads and the one with a shared link, each in German, English and French; sorted by path.
std::span<const DefaultTemplate> default_templates();

// path: ".../downloadasset/en.txt"
std::optional<std::string_view> find_default_template(std::string_view path);

}  // namespace dray::mail
