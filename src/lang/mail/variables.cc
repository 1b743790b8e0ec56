#include "lang/mail/variables.h"

#include <algorithm>

#include "lang/mail/characters.h"

namespace dray::mail {
namespace {

constexpr std::string_view kWorkflow[] = {
    "download.assetCount",  "download.expires", "download.failures", "download.fileCount",     "download.id",
    "download.links",       "download.message", "download.name",     "download.partCount",     "download.size",
    "download.state",       "download.url",     "event.EventType",   "event.TimeStamp",        "event.User",
    "host.prefix",          "initiator.email",  "initiator.home",    "initiator.name",         "instance.id",
    "instance.state",       "item.id",          "item.node.id",      "item.node.title",        "model.id",
    "model.title",          "model.version",    "participant.email", "participant.familyName", "participant.id",
    "participant.language", "participant.name", "payload.data",      "payload.path",           "payload.path.open",
    "payload.type"};

constexpr std::string_view kLinkShare[] = {"emailInitiator", "emailMessage", "emailSubject",
                                           "host.prefix",    "linkExpiry",   "pagePath"};

// Of Asset Share Commons.
struct Alias {
  std::string_view name, meant;
};
constexpr Alias kAliases[] = {{"assetLinkListHtml", "pagePath"},
                              {"assetLinksHTML", "pagePath"},
                              {"message", "emailMessage"},
                              {"subject", "emailSubject"}};

bool is_known(Family family, std::string_view name) {
  auto names = family == Family::workflow ? known_workflow_variables() : known_link_share_variables();
  return std::binary_search(names.begin(), names.end(), name);
}

std::string_view real_name(Family family, std::string_view name) {
  if (family != Family::link_share) return name;
  for (const auto& alias : kAliases)
    if (alias.name == name) return alias.meant;
  return name;
}

bool is_in_name(char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_'; }

// variable = "${" 1*( letter / digit / "." / "-" / "_" ) "}"
// The name of the one that `text` starts with, or "".
std::string_view leading_variable(std::string_view text) {
  auto name = text.substr(2);
  auto end = std::find_if_not(name.begin(), name.end(), is_in_name);
  return end != name.end() && *end == '}' ? name.substr(0, static_cast<std::size_t>(end - name.begin())) : "";
}

}  // namespace

std::span<const std::string_view> known_workflow_variables() { return kWorkflow; }
std::span<const std::string_view> known_link_share_variables() { return kLinkShare; }

std::optional<std::string_view> find_value(Family family, const Variables& variables, std::string_view name) {
  if (auto given = variables.find(name); given != variables.end()) return given->second;
  auto real = real_name(family, name);
  if (auto given = variables.find(real); given != variables.end()) return given->second;
  if (is_known(family, real)) return "";
  return std::nullopt;
}

std::string replace_variables(std::string_view text, const ValueOf& value_of) {
  std::string out;
  for (auto at = text.find("${"); at != text.npos; at = text.find("${")) {
    out += text.substr(0, at);
    text.remove_prefix(at);
    auto name = leading_variable(text);
    auto whole = text.substr(0, name.empty() ? 2 : name.size() + 3);
    auto value = name.empty() ? std::nullopt : value_of(name);
    out += value ? std::string_view(*value) : whole;
    text.remove_prefix(whole.size());
  }
  return out += text;
}

}  // namespace dray::mail
