// What the administrator says about shared links: AEM's page Tools > Assets > Assets Configuration > Link Share.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/people/people.h"

namespace dray::model {

enum class Behaviour { editable, read_only, hidden };  // of a box in the dialog; hidden: its value is used all the same

struct LinkBox {
  bool value = false;  // as it stands at first
  Behaviour behaviour = Behaviour::editable;

  bool operator==(const LinkBox&) const = default;
};

enum class Sharers { everyone, only, except };  // everyone: whoever may share the asset

struct LinkSettings {
  LinkBox originals{false}, renditions{true};
  std::chrono::days validity{7};  // where a link says nothing
  std::chrono::days longest{365};
  Sharers sharers = Sharers::everyone;
  std::vector<std::string> groups;  // of `only` and `except`

  bool operator==(const LinkSettings&) const = default;
};

bool may_share(const LinkSettings& settings, const Caller& caller);  // administrators always may

json::object to_json(const LinkSettings& settings);
// What is missing is as in LinkSettings(). Code::invalid: malformed, or nothing could be shared with them.
Result<LinkSettings> link_settings_from_json(const json::value& value);

}  // namespace dray::model
