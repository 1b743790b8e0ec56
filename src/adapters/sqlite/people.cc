#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

using model::Caller;
using model::User;

bool is_built_in(const std::string& group) {
  return group == model::kAdministrators || group == model::kDamUsers || group == model::kEveryone;
}
Error no_user(const std::string& id) { return {Code::not_found, "there is no user " + id}; }
Error no_group(const std::string& name) { return {Code::not_found, "there is no group " + name}; }

bool group_exists(Connection& connection, const std::string& group) {
  return connection.prepare("SELECT 1 FROM user_group WHERE name = ?").bind(group).step();
}
bool user_exists(Connection& connection, const std::string& user) {
  return connection.prepare("SELECT 1 FROM user WHERE id = ?").bind(user).step();
}
User user_of(const Statement& row) { return {row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4) != 0}; }

model::Preferences preferences_of(std::string_view text) {
  auto value = parse_json(text);
  if (!value || !value->is_object()) throw Failure(Code::corrupt, "the catalog holds damaged preferences");
  model::Preferences preferences;
  const auto& content = value->get_object();
  if (const auto* language = content.if_contains("language")) preferences.language = language->as_string();
  if (const auto* mail = content.if_contains("mailDownloads")) preferences.mail_downloads = mail->as_bool();
  return preferences;
}

class People final : public model::PeopleRepository {
 public:
  explicit People(SharedDatabase database) : database_(std::move(database)) {}

  Result<std::optional<User>> find_user(const std::string& id) override {
    return guarded([&]() -> Result<std::optional<User>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT id, name, email, password_hash, enabled FROM user WHERE id = ?");
      row.bind(id);
      if (!row.step()) return std::optional<User>();
      return std::optional(user_of(row));
    });
  }

  Result<void> put_user(const User& user) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction
          ->prepare(
              "INSERT INTO user VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
              " email = excluded.email, password_hash = excluded.password_hash, enabled = excluded.enabled")
          .bind(user.id, user.name, user.email, user.password_hash, user.enabled)
          .run();
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove_user(const std::string& id) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM user WHERE id = ?").bind(id).run();
      if (transaction->changes() == 0) return no_user(id);
      transaction->prepare("DELETE FROM access_rule WHERE principal = ?").bind(id).run();
      transaction->prepare("DELETE FROM download WHERE owner = ?").bind(id).run();
      transaction->prepare("DELETE FROM share WHERE owner = ?").bind(id).run();
      transaction.commit();
      return ok();
    });
  }

  Result<std::vector<User>> list_users() override {
    return guarded([&]() -> Result<std::vector<User>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT id, name, email, password_hash, enabled FROM user ORDER BY id");
      std::vector<User> users;
      while (row.step()) users.push_back(user_of(row));
      return users;
    });
  }

  Result<void> add_group(const std::string& group) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("INSERT OR IGNORE INTO user_group VALUES (?)").bind(group).run();
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove_group(const std::string& group) override {
    if (is_built_in(group)) return Error{Code::denied, "the group " + group + " is part of the system and stays"};
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM user_group WHERE name = ?").bind(group).run();
      if (transaction->changes() == 0) return no_group(group);
      transaction.commit();
      return ok();
    });
  }

  Result<std::vector<std::string>> list_groups() override {
    return guarded([&]() -> Result<std::vector<std::string>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT name FROM user_group ORDER BY name");
      std::vector<std::string> names;
      while (row.step()) names.push_back(row.text(0));
      return names;
    });
  }

  Result<void> add_member(const std::string& group, const std::string& user) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      if (!user_exists(*transaction.operator->(), user)) return no_user(user);
      if (!group_exists(*transaction.operator->(), group)) return no_group(group);
      transaction->prepare("INSERT OR IGNORE INTO member VALUES (?, ?)").bind(group, user).run();
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove_member(const std::string& group, const std::string& user) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      if (!group_exists(*transaction.operator->(), group)) return no_group(group);
      transaction->prepare("DELETE FROM member WHERE user_group = ? AND user = ?").bind(group, user).run();
      if (transaction->changes() == 0) return Error{Code::not_found, user + " is not a member of " + group};
      transaction.commit();
      return ok();
    });
  }

  Result<std::vector<std::string>> list_members(const std::string& group) override {
    return guarded([&]() -> Result<std::vector<std::string>> {
      auto reader = database_->read();
      if (!group_exists(*reader.operator->(), group)) return no_group(group);
      auto row = reader->prepare("SELECT user FROM member WHERE user_group = ? ORDER BY user");
      row.bind(group);
      std::vector<std::string> members;
      while (row.step()) members.push_back(row.text(0));
      return members;
    });
  }

  Result<model::Preferences> get_preferences(const std::string& user) override {
    return guarded([&]() -> Result<model::Preferences> {
      auto reader = database_->read();
      if (!user_exists(*reader.operator->(), user)) return no_user(user);
      auto row = reader->prepare("SELECT content FROM user_preferences WHERE user = ?");
      if (!row.bind(user).step()) return model::Preferences();
      return preferences_of(row.view(0));
    });
  }

  Result<void> put_preferences(const std::string& user, const model::Preferences& preferences) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      if (!user_exists(*transaction.operator->(), user)) return no_user(user);
      json::object content{{"language", preferences.language}};
      if (preferences.mail_downloads) content["mailDownloads"] = *preferences.mail_downloads;
      transaction->prepare("INSERT OR REPLACE INTO user_preferences VALUES (?, ?)")
          .bind(user, json::serialize(content))
          .run();
      transaction.commit();
      return ok();
    });
  }

  Result<Caller> get_caller(const std::string& user) override {
    return guarded([&]() -> Result<Caller> {
      auto reader = database_->read();
      {
        auto row = reader->prepare("SELECT enabled FROM user WHERE id = ?");
        row.bind(user);
        if (!row.step()) return no_user(user);
        if (!row.integer(0)) return Error{Code::denied, "the user " + user + " is disabled"};
      }
      Caller caller{user, {model::kEveryone}};
      auto row = reader->prepare("SELECT user_group FROM member WHERE user = ?");
      row.bind(user);
      while (row.step()) caller.groups.insert(row.text(0));
      return caller;
    });
  }

 private:
  SharedDatabase database_;
};

}  // namespace

std::unique_ptr<model::PeopleRepository> make_people(SharedDatabase database) {
  return std::make_unique<People>(std::move(database));
}

}  // namespace dray::sqlite
