// The variables of mail templates: ${name}, and what stands for it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dray::mail {

enum class Family { workflow, link_share };
using Variables = std::map<std::string, std::string, std::less<>>;

// The names that templates of each family may use; sorted. The second has the names of Asset Share Commons too.
std::span<const std::string_view> known_workflow_variables();
std::span<const std::string_view> known_link_share_variables();

// The value as given. In the family link_share `message`, `subject`, `assetLinksHTML` and `assetLinkListHtml`, when not
// given, are emailMessage, emailSubject and pagePath. Known without a value: "". Unknown: nullopt.
std::optional<std::string_view> find_value(Family family, const Variables& variables, std::string_view name);

// Each ${name} becomes what `value_of` gives for the name, or stays as it is if that is nothing. Values are not looked
// at again. A name is letters, digits, dots, hyphens and underscores; other text in braces is no variable.
using ValueOf = std::function<std::optional<std::string>(std::string_view name)>;
std::string replace_variables(std::string_view text, const ValueOf& value_of);

}  // namespace dray::mail
