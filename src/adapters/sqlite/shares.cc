#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

using model::Share;

#define SHARE_COLUMNS                                                                                      \
  "id, token_hash, owner, created, expires, revoked, title, items, originals, renditions, password_hash, " \
  "download_limit, downloads, recipients"

std::string format_items(const std::vector<model::SharedItem>& items) {
  json::array array;
  for (const auto& item : items) array.push_back(json::array{item.path.text(), item.node});
  return json::serialize(array);
}

std::string format_texts(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return json::serialize(array);
}

json::array array_of(std::string_view text) {
  auto value = parse_json(text);
  if (!value || !value->is_array()) throw Failure(Code::corrupt, "the catalog holds a damaged shared link");
  return std::move(value->get_array());
}

Share share_of(const Statement& row) {
  Share share;
  share.id = row.text(0);
  share.token_hash = row.digest(1);
  share.owner = row.text(2);
  share.created = time_of(row.integer(3));
  share.expires = time_of(row.integer(4));
  if (!row.is_null(5)) share.revoked = time_of(row.integer(5));
  share.title = row.text(6);
  for (const auto& item : array_of(row.view(7))) {
    const auto& fields = item.as_array();
    share.items.push_back(
        {AssetPath::trusted(std::string(fields.at(0).as_string())), fields.at(1).to_number<std::int64_t>()});
  }
  share.originals = row.integer(8) != 0;
  share.renditions = row.integer(9) != 0;
  share.password_hash = row.text(10);
  if (!row.is_null(11)) share.download_limit = static_cast<std::uint64_t>(row.integer(11));
  share.downloads = static_cast<std::uint64_t>(row.integer(12));
  for (const auto& text : array_of(row.view(13))) share.recipients.emplace_back(text.as_string());
  return share;
}

class Shares final : public model::ShareRepository {
 public:
  explicit Shares(SharedDatabase database) : database_(std::move(database)) {}

  Result<void> put(const Share& share, const model::Along& along) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction
          ->prepare("INSERT INTO share (" SHARE_COLUMNS
                    ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                    " token_hash = excluded.token_hash, owner = excluded.owner, created = excluded.created,"
                    " expires = excluded.expires, revoked = excluded.revoked, title = excluded.title,"
                    " items = excluded.items, originals = excluded.originals, renditions = excluded.renditions,"
                    " password_hash = excluded.password_hash, download_limit = excluded.download_limit,"
                    " downloads = excluded.downloads, recipients = excluded.recipients")
          .bind(share.id, share.token_hash, share.owner, number_of(share.created), number_of(share.expires),
                share.revoked ? std::optional(number_of(*share.revoked)) : std::nullopt, share.title,
                format_items(share.items), share.originals, share.renditions, share.password_hash,
                share.download_limit ? std::optional(static_cast<std::int64_t>(*share.download_limit)) : std::nullopt,
                share.downloads, format_texts(share.recipients))
          .run();
      add_events(*transaction.operator->(), along.events);
      add_jobs(*transaction.operator->(), along.jobs, {});
      transaction.commit();
      return ok();
    });
  }

  Result<bool> set_expiry(const std::string& id, Seconds expires, const model::Along& along) override {
    return change(id, number_of(expires), std::nullopt, along);
  }

  Result<bool> revoke(const std::string& id, Seconds now, const model::Along& along) override {
    return change(id, std::nullopt, number_of(now), along);
  }

  Result<std::optional<Share>> find(const std::string& id) const override {
    return guarded([&]() -> Result<std::optional<Share>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT " SHARE_COLUMNS " FROM share WHERE id = ?");
      row.bind(id);
      if (!row.step()) return std::optional<Share>();
      return std::optional(share_of(row));
    });
  }

  Result<std::optional<Share>> find_by_token(const Sha256& token_hash) const override {
    return guarded([&]() -> Result<std::optional<Share>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT " SHARE_COLUMNS " FROM share WHERE token_hash = ?");
      row.bind(token_hash);
      if (!row.step()) return std::optional<Share>();
      return std::optional(share_of(row));
    });
  }

  Result<std::vector<Share>> list(const std::string& owner, const std::string& before,
                                  std::size_t limit) const override {
    return guarded([&]() -> Result<std::vector<Share>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT " SHARE_COLUMNS
                                 " FROM share WHERE (?1 = '' OR owner = ?1) AND (?2 = '' OR"
                                 " number < (SELECT number FROM share WHERE id = ?2)) ORDER BY number DESC LIMIT ?3");
      row.bind(owner, before, static_cast<std::int64_t>(limit));
      std::vector<Share> shares;
      while (row.step()) shares.push_back(share_of(row));
      return shares;
    });
  }

  Result<bool> count_download(const std::string& id) override {
    return guarded([&]() -> Result<bool> {
      auto transaction = database_->write();
      transaction
          ->prepare(
              "UPDATE share SET downloads = downloads + 1 WHERE id = ?"
              " AND (download_limit IS NULL OR downloads < download_limit)")
          .bind(id)
          .run();
      bool is_allowed = transaction->changes() > 0;
      transaction.commit();
      return is_allowed;
    });
  }

  Result<void> uncount_download(const std::string& id) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("UPDATE share SET downloads = downloads - 1 WHERE id = ? AND downloads > 0").bind(id).run();
      transaction.commit();
      return ok();
    });
  }

  Result<void> remove(const std::string& id) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("DELETE FROM share WHERE id = ?").bind(id).run();
      if (transaction->changes() == 0) return Error{Code::not_found, "there is no shared link " + id};
      transaction.commit();
      return ok();
    });
  }

  Result<model::LinkSettings> get_settings() const override {
    return guarded([&]() -> Result<model::LinkSettings> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT content FROM setting WHERE name = 'links'");
      if (!row.step()) return model::LinkSettings();
      ASSIGN_OR_RETURN(auto value, parse_json(row.view(0)));
      return model::link_settings_from_json(value);
    });
  }

  Result<void> put_settings(const model::LinkSettings& settings) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("INSERT OR REPLACE INTO setting VALUES ('links', ?)")
          .bind(json::serialize(to_json(settings)))
          .run();
      transaction.commit();
      return ok();
    });
  }

 private:
  using Number = std::optional<std::int64_t>;

  Result<bool> change(const std::string& id, Number expires, Number revoked, const model::Along& along) {
    return guarded([&]() -> Result<bool> {
      auto transaction = database_->write();
      transaction
          ->prepare("UPDATE share SET expires = coalesce(?, expires), revoked = ? WHERE id = ? AND revoked IS NULL")
          .bind(expires, revoked, id)
          .run();
      if (transaction->changes() == 0) return false;
      add_events(*transaction.operator->(), along.events);
      add_jobs(*transaction.operator->(), along.jobs, {});
      transaction.commit();
      return true;
    });
  }

  SharedDatabase database_;
};

}  // namespace

std::unique_ptr<model::ShareRepository> make_shares(SharedDatabase database) {
  return std::make_unique<Shares>(std::move(database));
}

}  // namespace dray::sqlite
