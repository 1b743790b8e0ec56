#include "adapters/sqlite/repositories.h"

namespace dray::sqlite {
namespace {

using model::Artifact;
using model::ArtifactKind;
using model::Download;
using model::Notice;
using model::Skipped;

std::string format_paths(const std::vector<AssetPath>& paths) {
  json::array array;
  for (const auto& path : paths) array.emplace_back(path.text());
  return json::serialize(array);
}

std::string format_turns(const std::vector<model::RightsTurn>& turns) {
  json::array array;
  for (const auto& turn : turns) array.push_back(json::array{turn.path.text(), turn.allowed});
  return json::serialize(array);
}

std::string format_skipped(const std::vector<Skipped>& skipped) {
  json::array array;
  for (const auto& item : skipped) {
    json::array fields{item.path, item.reason, item.message};
    if (!item.licence.empty()) fields.emplace_back(item.licence);
    array.push_back(std::move(fields));
  }
  return json::serialize(array);
}

json::array array_of(std::string_view text) {
  auto value = parse_json(text);
  if (!value || !value->is_array()) throw Failure(Code::corrupt, "the catalog holds a damaged download");
  return std::move(value->get_array());
}

std::vector<AssetPath> paths_of(std::string_view text) {
  std::vector<AssetPath> paths;
  for (const auto& item : array_of(text)) paths.push_back(AssetPath::trusted(std::string(item.as_string())));
  return paths;
}

std::vector<model::RightsTurn> turns_of(std::string_view text) {
  std::vector<model::RightsTurn> turns;
  auto array = array_of(text);
  for (const auto& item : array) {
    const auto& fields = item.as_array();
    turns.push_back({AssetPath::trusted(std::string(fields.at(0).as_string())), fields.at(1).as_bool()});
  }
  return turns;
}

std::vector<Skipped> skipped_of(std::string_view text) {
  std::vector<Skipped> skipped;
  for (const auto& item : array_of(text)) {
    const auto& fields = item.as_array();
    skipped.push_back({std::string(fields.at(0).as_string()), std::string(fields.at(1).as_string()),
                       std::string(fields.at(2).as_string()),
                       fields.size() > 3 ? std::string(fields.at(3).as_string()) : std::string()});
  }
  return skipped;
}

std::string format_progress(const model::DownloadProgress& progress) {
  return json::serialize(json::array{progress.assets, progress.assets_done, progress.bytes, progress.bytes_done,
                                     progress.renditions, progress.renditions_done, number_of(progress.begun)});
}

model::DownloadProgress progress_of(std::string_view text) {
  auto array = array_of(text);
  auto number = [&](std::size_t i) { return array.at(i).to_number<std::uint64_t>(); };
  return {number(0), number(1), number(2), number(3), number(4), number(5), time_of(array.at(6).to_number<int64_t>())};
}

json::object object_of(std::string_view text) {
  auto value = parse_json(text);
  if (!value || !value->is_object()) throw Failure(Code::corrupt, "the catalog holds a damaged download");
  return std::move(value->get_object());
}

#define DOWNLOAD_COLUMNS                                                                                    \
  "number, id, owner, created, status, total_size, total_count, message, targets, turns, skipped, needed, " \
  "in_background, finished, progress, request, expires, is_expired, notice, name, "                         \
  "assets_expire"

Artifact artifact_of(const Statement& row, int first) {
  return {row.text(first),
          row.view(first + 1) == "archive" ? ArtifactKind::archive : ArtifactKind::file,
          row.text(first + 2),
          static_cast<ByteCount>(row.integer(first + 3)),
          static_cast<std::uint64_t>(row.integer(first + 4)),
          row.digest(first + 5),
          static_cast<std::uint32_t>(row.integer(first + 6)),
          time_of(row.integer(first + 7))};
}

Download download_of(Connection& connection, const Statement& row) {
  Download download;
  download.id = row.text(1);
  download.owner = row.text(2);
  download.created = time_of(row.integer(3));
  auto status = model::parse_download_status(row.view(4));
  if (!status) throw Failure(Code::corrupt, "the catalog holds a download of unknown status");
  download.status = *status;
  download.total_size = static_cast<ByteCount>(row.integer(5));
  download.total_count = static_cast<std::uint64_t>(row.integer(6));
  download.message = row.text(7);
  download.targets = paths_of(row.view(8));
  download.turns = turns_of(row.view(9));
  download.skipped = skipped_of(row.view(10));
  download.needed = static_cast<model::PrivilegeSet>(row.integer(11));
  download.in_background = row.integer(12) != 0;
  if (!row.is_null(13)) download.finished = time_of(row.integer(13));
  download.progress = progress_of(row.view(14));
  download.request = object_of(row.view(15));
  if (!row.is_null(16)) download.expires = time_of(row.integer(16));
  download.is_expired = row.integer(17) != 0;
  auto notice = model::parse_notice(row.view(18));
  if (!notice) throw Failure(Code::corrupt, "the catalog holds a download of unknown notice");
  download.notice = *notice;
  download.name = row.text(19);
  if (!row.is_null(20)) download.assets_expire = time_of(row.integer(20));
  auto artifacts = connection.prepare(
      "SELECT name, kind, mime_type, size, entry_count, content, crc32, last_modified FROM artifact"
      " WHERE download = ? ORDER BY position");
  artifacts.bind(row.integer(0));
  while (artifacts.step()) download.artifacts.push_back(artifact_of(artifacts, 0));
  return download;
}

class Downloads final : public model::DownloadRepository {
 public:
  explicit Downloads(SharedDatabase database) : database_(std::move(database)) {}

  Result<void> put(const Download& download, const model::Along& along) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      put_in(*transaction.operator->(), download);
      add_events(*transaction.operator->(), along.events);
      add_jobs(*transaction.operator->(), along.jobs, {});
      transaction.commit();
      return ok();
    });
  }

  Result<bool> complete(const Download& download, const model::Along& along) override {
    return guarded([&]() -> Result<bool> {
      auto transaction = database_->write();
      auto completed = download;
      {
        auto row = transaction->prepare("SELECT in_background FROM download WHERE id = ? AND status = 'PROCESSING'");
        if (!row.bind(download.id).step()) return false;
        completed.in_background |= row.integer(0) != 0;
      }
      completed.notice = completed.in_background ? Notice::unread : Notice::read;
      put_in(*transaction.operator->(), completed);
      add_events(*transaction.operator->(), along.events);
      add_jobs(*transaction.operator->(), along.jobs, {});
      transaction.commit();
      return true;
    });
  }

  Result<void> note_progress(const std::string& id, const model::DownloadProgress& progress) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      transaction->prepare("UPDATE download SET progress = ? WHERE id = ? AND status = 'PROCESSING'")
          .bind(format_progress(progress), id)
          .run();
      if (transaction->changes() > 0) note_change(*transaction.operator->(), id);
      transaction.commit();
      return ok();
    });
  }

  Result<bool> send_to_background(const std::string& id) override {
    return guarded([&]() -> Result<bool> {
      auto transaction = database_->write();
      transaction->prepare("UPDATE download SET in_background = 1 WHERE id = ? AND status = 'PROCESSING'")
          .bind(id)
          .run();
      bool is_processing = transaction->changes() > 0;
      if (is_processing) note_change(*transaction.operator->(), id);
      transaction.commit();
      return is_processing;
    });
  }

  Result<std::optional<Download>> find(const std::string& id) const override {
    return guarded([&]() -> Result<std::optional<Download>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT " DOWNLOAD_COLUMNS " FROM download WHERE id = ?");
      row.bind(id);
      if (!row.step()) return std::optional<Download>();
      return std::optional(download_of(*reader.operator->(), row));
    });
  }

  // From two indexes alone.
  Result<bool> is_reader(const std::string& id, const std::string& user) const override {
    return guarded([&]() -> Result<bool> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT EXISTS (SELECT 1 FROM download INDEXED BY download_and_owner WHERE id = ?1 AND owner = ?2)"
          " OR EXISTS (SELECT 1 FROM download_recipient WHERE download = ?1 AND user = ?2)");
      row.bind(id, user).step();
      return row.integer(0) != 0;
    });
  }

  Result<std::vector<Download>> list(const std::string& owner, const std::string& before, std::size_t limit,
                                     model::Listing listing) const override {
    return guarded([&]() -> Result<std::vector<Download>> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT " DOWNLOAD_COLUMNS
                                 " FROM download WHERE owner = ?1 AND (?2 = '' OR"
                                 " number < (SELECT number FROM download WHERE id = ?2))"
                                 " AND (?4 OR notice <> 'dismissed') ORDER BY number DESC LIMIT ?3");
      row.bind(owner, before, static_cast<std::int64_t>(limit), listing == model::Listing::all);
      std::vector<Download> downloads;
      while (row.step()) downloads.push_back(download_of(*reader.operator->(), row));
      return downloads;
    });
  }

  Result<std::uint64_t> count_unread(const std::string& owner) const override {
    return guarded([&]() -> Result<std::uint64_t> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT count(*) FROM download WHERE owner = ? AND notice = 'unread' AND status <> 'PROCESSING'");
      row.bind(owner).step();
      return static_cast<std::uint64_t>(row.integer(0));
    });
  }

  Result<bool> set_notice(const std::string& owner, const std::string& id, Notice notice) override {
    return guarded([&]() -> Result<bool> {
      auto transaction = database_->write();
      transaction
          ->prepare(
              "UPDATE download SET notice = ?1 WHERE id = ?2 AND owner = ?3 AND status <> 'PROCESSING'"
              " AND notice <> ?1")
          .bind(model::name_of(notice), id, owner)
          .run();
      bool is_new = transaction->changes() > 0;
      if (is_new) note_change(*transaction.operator->(), id);
      transaction.commit();
      return is_new;
    });
  }

  Result<std::size_t> expire(Seconds now, std::size_t limit) override {
    return guarded([&]() -> Result<std::size_t> {
      auto transaction = database_->write();
      auto due = ids_of(transaction
                            ->prepare("SELECT id FROM download WHERE is_expired = 0 AND expires <= ?"
                                      " AND status <> 'PROCESSING' ORDER BY expires LIMIT ?")
                            .bind(number_of(now), static_cast<std::int64_t>(limit)));
      for (const auto& id : due) {
        transaction->prepare("DELETE FROM artifact WHERE download = (SELECT number FROM download WHERE id = ?)")
            .bind(id)
            .run();
        transaction
            ->prepare(
                "UPDATE download SET is_expired = 1, notice = CASE WHEN in_background AND notice = 'read'"
                " THEN 'unread' ELSE notice END WHERE id = ?")
            .bind(id)
            .run();
        note_change(*transaction.operator->(), id);
      }
      transaction.commit();
      return due.size();
    });
  }

  Result<std::size_t> remove_expired(Seconds before, std::size_t limit) override {
    return guarded([&]() -> Result<std::size_t> {
      auto transaction = database_->write();
      auto due = ids_of(
          transaction->prepare("SELECT id FROM download WHERE is_expired = 1 AND expires < ? ORDER BY expires LIMIT ?")
              .bind(number_of(before), static_cast<std::int64_t>(limit)));
      for (const auto& id : due) {
        note_change(*transaction.operator->(), id);
        transaction->prepare("DELETE FROM download WHERE id = ?").bind(id).run();
      }
      transaction.commit();
      return due.size();
    });
  }

  Result<std::vector<model::DownloadChange>> list_changes(std::uint64_t after, std::size_t limit) const override {
    return guarded([&]() -> Result<std::vector<model::DownloadChange>> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT number, download, owner FROM download_change WHERE number > ? ORDER BY number LIMIT ?");
      row.bind(after, static_cast<std::int64_t>(limit));
      std::vector<model::DownloadChange> changes;
      while (row.step()) changes.push_back({static_cast<std::uint64_t>(row.integer(0)), row.text(1), row.text(2)});
      return changes;
    });
  }

  Result<std::uint64_t> last_change() const override {
    return guarded([&]() -> Result<std::uint64_t> {
      auto reader = database_->read();
      auto row = reader->prepare("SELECT coalesce(max(number), 0) FROM download_change");
      row.step();
      return static_cast<std::uint64_t>(row.integer(0));
    });
  }

  Result<void> remove(const std::string& id, const model::Along& along) override {
    return guarded([&]() -> Result<void> {
      auto transaction = database_->write();
      note_change(*transaction.operator->(), id);
      transaction->prepare("DELETE FROM download WHERE id = ?").bind(id).run();
      if (transaction->changes() == 0) return Error{Code::not_found, "there is no download " + id};
      add_events(*transaction.operator->(), along.events);
      add_jobs(*transaction.operator->(), along.jobs, {});
      transaction.commit();
      return ok();
    });
  }

  Result<void> visit_artifacts(
      const std::function<Result<void>(const std::string&, const Artifact&)>& visit) const override {
    return guarded([&]() -> Result<void> {
      auto reader = database_->read();
      auto row = reader->prepare(
          "SELECT id, a.name, a.kind, a.mime_type, a.size, a.entry_count, a.content, a.crc32, a.last_modified"
          " FROM download JOIN artifact a ON a.download = number ORDER BY number, a.position");
      while (row.step()) RETURN_IF_ERROR(visit(row.text(0), artifact_of(row, 1)));
      return ok();
    });
  }

 private:
  static std::vector<std::string> ids_of(Statement& row) {
    std::vector<std::string> ids;
    while (row.step()) ids.push_back(row.text(0));
    return ids;
  }

  static void note_change(Connection& connection, const std::string& id) {
    constexpr std::int64_t kKept = 100'000;
    connection.prepare("INSERT INTO download_change (download, owner) SELECT id, owner FROM download WHERE id = ?")
        .bind(id)
        .run();
    if (connection.changes() == 0) return;
    connection.prepare("DELETE FROM download_change WHERE number <= ?").bind(connection.last_id() - kKept).run();
  }

  static void put_in(Connection& connection, const Download& download) {
    connection
        .prepare(
            "INSERT INTO download (id, owner, created, status, total_size, total_count, message, targets, turns, "
            "skipped, needed, in_background, finished, progress, request, expires, is_expired, notice, name, "
            "assets_expire) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO "
            "UPDATE SET owner = "
            "excluded.owner,"
            " created = excluded.created, status = excluded.status, total_size = excluded.total_size,"
            " total_count = excluded.total_count, message = excluded.message, targets = excluded.targets,"
            " turns = excluded.turns, skipped = excluded.skipped, needed = excluded.needed,"
            " in_background = excluded.in_background, finished = excluded.finished, progress = excluded.progress,"
            " request = excluded.request, expires = excluded.expires, is_expired = excluded.is_expired,"
            " notice = excluded.notice, name = excluded.name, assets_expire = excluded.assets_expire")
        .bind(download.id, download.owner, number_of(download.created), model::name_of(download.status),
              download.total_size, download.total_count, download.message, format_paths(download.targets),
              format_turns(download.turns), format_skipped(download.skipped),
              static_cast<std::int64_t>(download.needed), download.in_background,
              download.finished ? std::optional(number_of(*download.finished)) : std::nullopt,
              format_progress(download.progress), json::serialize(download.request),
              download.expires ? std::optional(number_of(*download.expires)) : std::nullopt, download.is_expired,
              model::name_of(download.notice), download.name,
              download.assets_expire ? std::optional(number_of(*download.assets_expire)) : std::nullopt)
        .run();
    put_recipients(connection, download);
    std::int64_t number = 0;
    {
      auto row = connection.prepare("SELECT number FROM download WHERE id = ?");
      row.bind(download.id).step();
      number = row.integer(0);
    }
    connection.prepare("DELETE FROM artifact WHERE download = ?").bind(number).run();
    std::int64_t position = 0;
    for (const auto& artifact : download.artifacts) {
      connection.prepare("INSERT INTO artifact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .bind(number, position++, artifact.name, artifact.kind == ArtifactKind::archive ? "archive" : "file",
                artifact.mime_type, artifact.size, artifact.entry_count, artifact.content, artifact.crc32,
                number_of(artifact.last_modified))
          .run();
    }
    note_change(connection, download.id);
  }

  static void put_recipients(Connection& connection, const Download& download) {
    connection.prepare("DELETE FROM download_recipient WHERE download = ?").bind(download.id).run();
    for (const auto& user : model::recipients_of(download)) {
      connection.prepare("INSERT OR IGNORE INTO download_recipient (download, user) VALUES (?, ?)")
          .bind(download.id, user)
          .run();
    }
  }

  SharedDatabase database_;
};

}  // namespace

std::unique_ptr<model::DownloadRepository> make_downloads(SharedDatabase database) {
  return std::make_unique<Downloads>(std::move(database));
}

}  // namespace dray::sqlite
