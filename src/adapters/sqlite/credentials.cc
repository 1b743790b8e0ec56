#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

using model::Credential;
using model::CredentialKind;

const char* text_of_kind(CredentialKind kind) { return kind == CredentialKind::token ? "token" : "session"; }

Credential credential_of(const Statement& row) {
  Credential credential{row.digest(0), row.view(1) == "token" ? CredentialKind::token : CredentialKind::session,
                        row.text(2),   row.text(3),
                        row.text(4),   time_of(row.integer(5)),
                        std::nullopt};
  if (!row.is_null(6)) credential.expires = time_of(row.integer(6));
  return credential;
}

class Credentials final : public model::CredentialRepository {
 public:
  explicit Credentials(SharedDatabase database) : database_(std::move(database)) {}

  Result<void> put(const Credential& credential) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      std::optional<std::int64_t> expires;
      if (credential.expires) expires = number_of(*credential.expires);
      transaction->prepare("INSERT INTO credential VALUES (?, ?, ?, ?, ?, ?, ?)")
          .bind(credential.secret_hash, text_of_kind(credential.kind), credential.id, credential.user, credential.label,
                number_of(credential.created), expires)
          .run();
      transaction.commit();
      return ok();
    });
  }

  Result<std::optional<Credential>> find(const Sha256& secret_hash) override {
    return guarded([&]() -> Result<std::optional<Credential>> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT secret_hash, kind, id, user, label, created, expires FROM credential WHERE secret_hash = ?");
      row.bind(secret_hash);
      if (!row.step()) return std::optional<Credential>();
      return std::optional(credential_of(row));
    });
  }

  Result<std::vector<Credential>> list(const std::string& user, CredentialKind kind) override {
    return guarded([&]() -> Result<std::vector<Credential>> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT secret_hash, kind, id, user, label, created, expires FROM credential"
          " WHERE user = ? AND kind = ? ORDER BY created, id");
      row.bind(user, text_of_kind(kind));
      std::vector<Credential> credentials;
      while (row.step()) credentials.push_back(credential_of(row));
      return credentials;
    });
  }

  Result<void> remove(const std::string& id) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM credential WHERE id = ?").bind(id).run();
      if (transaction->changes() == 0) return Error{Code::not_found, "there is no token " + id};
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove_expired(Seconds now) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM credential WHERE expires <= ?").bind(number_of(now)).run();
      transaction.commit();
      return ok();
    });
  }

 private:
  SharedDatabase database_;
};

}  // namespace

std::unique_ptr<model::CredentialRepository> make_credentials(SharedDatabase database) {
  return std::make_unique<Credentials>(std::move(database));
}

}  // namespace dray::sqlite
