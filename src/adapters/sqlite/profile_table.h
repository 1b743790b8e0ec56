// A table of profiles, each with a name and its content as JSON: image profiles and processing profiles.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "adapters/sqlite/repositories.h"
#include "model/renditions/profile_folders.h"

namespace dray::sqlite {

// Literals, as Connection::prepare() wants them.
struct ProfileStatements {
  const char* list;    // name and content, by name
  const char* put;     // name, content
  const char* remove;  // name
};

template <typename Profile>
class ProfileTable {
 public:
  using FromJson = Result<Profile> (*)(std::string name, const json::value& content);

  // `kind` is what they are called in messages: "image profile".
  ProfileTable(SharedDatabase database, ProfileStatements statements, std::string_view kind, FromJson from_json)
      : database_(std::move(database)), statements_(statements), kind_(kind), from_json_(from_json) {}

  Result<std::vector<Profile>> list() const {
    return guarded([&]() -> Result<std::vector<Profile>> {
      auto reader = database_->read();
      return read_all(*reader.operator->());
    });
  }

  Result<void> put(const Profile& profile) {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      ASSIGN_OR_RETURN(auto all, read_all(*transaction.operator->()));
      RETURN_IF_ERROR(model::check_folders_are_free(profile, all, kind_));
      transaction->prepare(statements_.put).bind(profile.name, json::serialize(to_json(profile))).run();
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove(const std::string& name) {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare(statements_.remove).bind(name).run();
      if (transaction->changes() == 0) return Error{Code::not_found, fmt::format("there is no {} {}", kind_, name)};
      transaction.commit();
      return ok();
    });
  }

 private:
  Result<std::vector<Profile>> read_all(Connection& connection) const {
    auto row = connection.prepare(statements_.list);
    std::vector<Profile> profiles;
    while (row.step()) {
      ASSIGN_OR_RETURN(auto content, parse_json(row.view(1)));
      ASSIGN_OR_RETURN(auto profile, from_json_(row.text(0), content));
      profiles.push_back(std::move(profile));
    }
    return profiles;
  }

  const SharedDatabase database_;
  const ProfileStatements statements_;
  const std::string_view kind_;
  const FromJson from_json_;
};

}  // namespace dray::sqlite
