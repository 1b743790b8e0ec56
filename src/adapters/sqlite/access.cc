#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

using model::AccessRule;
using model::Effect;

const char* text_of_effect(Effect effect) { return effect == Effect::allow ? "allow" : "deny"; }

class Access final : public model::AccessRepository {
 public:
  explicit Access(SharedDatabase database) : database_(std::move(database)) {}

  Result<std::vector<AccessRule>> list_rules() override {
    return guarded([&]() -> Result<std::vector<AccessRule>> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT path, principal, effect, privileges FROM access_rule ORDER BY path, principal, effect");
      std::vector<AccessRule> rules;
      while (row.step()) {
        rules.push_back({AssetPath::trusted(row.text(0)), row.text(1), static_cast<model::PrivilegeSet>(row.integer(3)),
                         row.view(2) == "allow" ? Effect::allow : Effect::deny});
      }
      return rules;
    });
  }

  Result<void> put_rule(const AccessRule& rule) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("INSERT OR REPLACE INTO access_rule VALUES (?, ?, ?, ?)")
          .bind(rule.path.text(), rule.principal, text_of_effect(rule.effect),
                static_cast<std::int64_t>(rule.privileges))
          .run();
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove_rule(const AssetPath& path, const std::string& principal, Effect effect) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM access_rule WHERE path = ? AND principal = ? AND effect = ?")
          .bind(path.text(), principal, text_of_effect(effect))
          .run();
      if (transaction->changes() == 0) {
        return Error{Code::not_found, "there is no such rule for " + principal + " at " + path.text()};
      }
      transaction.commit();
      return ok();
    });
  }

 private:
  SharedDatabase database_;
};

}  // namespace

std::unique_ptr<model::AccessRepository> make_access(SharedDatabase database) {
  return std::make_unique<Access>(std::move(database));
}

}  // namespace dray::sqlite
