#include "model/people/people.h"

#include <algorithm>

namespace dray::model {

Result<void> check_principal(const std::string& id) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '@';
  };
  if (id.empty() || id.size() > 64 || !std::all_of(id.begin(), id.end(), allowed)) {
    return Error{Code::invalid,
                 "the name of a user or group has 1 to 64 letters, digits, dots, dashes, underscores or @"};
  }
  return ok();
}

}  // namespace dray::model
