#include "adapters/sqlite/schema.h"

#include <fmt/format.h>

#include <array>

#include "adapters/sqlite/repositories.h"
#include "model/assets/protection.h"

namespace dray::sqlite {
namespace {

// A migration that has been released is never changed; a change is a new one at the end.
constexpr std::array kMigrations = {
    R"sql(
CREATE TABLE node (                    -- a folder when blob is NULL
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_key BLOB NOT NULL UNIQUE,      -- the path with NUL for each slash: byte order is the archive order
  parent INTEGER REFERENCES node (id),
  name TEXT NOT NULL,
  blob BLOB,                           -- SHA-256
  size BIGINT,
  crc32 BIGINT,
  mime_type TEXT,
  modified_ns BIGINT,                  -- since 1970, UTC
  version BIGINT,
  set_kind BIGINT,
  width BIGINT,
  height BIGINT
);
CREATE UNIQUE INDEX node_by_parent ON node (parent, name);
CREATE TABLE asset_metadata (node INTEGER PRIMARY KEY REFERENCES node (id) ON DELETE CASCADE, properties TEXT NOT NULL);
CREATE TABLE asset_version (
  node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  blob BLOB NOT NULL,
  size BIGINT NOT NULL,
  crc32 BIGINT NOT NULL,
  mime_type TEXT NOT NULL,
  modified_ns BIGINT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (node, version)
) WITHOUT ROWID;
INSERT INTO node (order_key, parent, name) VALUES (x'00', NULL, '');
INSERT INTO node (order_key, parent, name) SELECT x'00636f6e74656e74', id, 'content' FROM node WHERE order_key = x'00';
INSERT INTO node (order_key, parent, name)
  SELECT x'00636f6e74656e740064616d', id, 'dam' FROM node WHERE order_key = x'00636f6e74656e74';

CREATE TABLE user (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, password_hash TEXT NOT NULL, enabled BIGINT NOT NULL);
CREATE TABLE user_group (name TEXT PRIMARY KEY);
CREATE TABLE member (
  user_group TEXT NOT NULL REFERENCES user_group (name) ON DELETE CASCADE,
  user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  PRIMARY KEY (user_group, user)
) WITHOUT ROWID;
CREATE INDEX member_by_user ON member (user, user_group);
INSERT INTO user_group VALUES ('administrators'), ('dam-users'), ('everyone');
CREATE TABLE credential (
  secret_hash BLOB PRIMARY KEY,
  kind TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT
);
CREATE INDEX credential_by_user ON credential (user);
CREATE TABLE access_rule (
  path TEXT NOT NULL,
  principal TEXT NOT NULL,
  effect TEXT NOT NULL,
  privileges BIGINT NOT NULL,
  PRIMARY KEY (path, principal, effect)
) WITHOUT ROWID;
INSERT INTO access_rule VALUES         -- model::default_rules(); a test compares
  ('/content/dam', 'dam-users', 'allow', 8), ('/content/dam', 'everyone', 'allow', 7),
  ('/var/dam/jobs/download', 'everyone', 'allow', 1);

CREATE TABLE download (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  created BIGINT NOT NULL,
  status TEXT NOT NULL,
  total_size BIGINT NOT NULL,
  total_count BIGINT NOT NULL,
  message TEXT NOT NULL,
  targets TEXT NOT NULL,
  turns TEXT NOT NULL,
  skipped TEXT NOT NULL
);
CREATE INDEX download_by_owner ON download (owner, number);
CREATE TABLE artifact (
  download INTEGER NOT NULL REFERENCES download (number) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  mime_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  entry_count BIGINT NOT NULL,
  content BLOB NOT NULL,
  crc32 BIGINT NOT NULL,
  last_modified BIGINT NOT NULL,
  PRIMARY KEY (download, position)
) WITHOUT ROWID;

CREATE TABLE event (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  time BIGINT NOT NULL,
  type TEXT NOT NULL,
  user TEXT NOT NULL,
  path TEXT NOT NULL,
  details TEXT NOT NULL
);
)sql",
    R"sql(
CREATE TABLE rendition (               -- of an original's content, whatever assets have it
  original BLOB NOT NULL,              -- SHA-256
  recipe TEXT NOT NULL,
  name TEXT NOT NULL,                  -- of a static one
  blob BLOB,                           -- NULL: it could not be made
  size BIGINT NOT NULL,
  crc32 BIGINT NOT NULL,
  mime_type TEXT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  failure TEXT NOT NULL,
  made BIGINT NOT NULL,
  PRIMARY KEY (original, recipe)
) WITHOUT ROWID;
CREATE TABLE job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  state BIGINT NOT NULL,               -- model::JobState
  attempts BIGINT NOT NULL,
  due BIGINT NOT NULL,                 -- waiting: not before; running: the end of the lease
  failure TEXT NOT NULL,
  UNIQUE (kind, subject)
);
CREATE INDEX job_by_kind ON job (kind, state, due);
ALTER TABLE download ADD COLUMN needed BIGINT NOT NULL DEFAULT 3;  -- model::PrivilegeSet: read, original
CREATE TABLE image_profile (name TEXT PRIMARY KEY, content TEXT NOT NULL);  -- as JSON
CREATE TABLE smart_crop (
  node INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  x REAL NOT NULL,                     -- fractions of the picture
  y REAL NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL,
  target_width BIGINT NOT NULL,
  target_height BIGINT NOT NULL,
  by_hand BIGINT NOT NULL,
  original BLOB NOT NULL,              -- that it was found on
  PRIMARY KEY (node, name)
) WITHOUT ROWID;
CREATE TABLE image_preset (name TEXT PRIMARY KEY COLLATE NOCASE, query TEXT NOT NULL);
INSERT INTO image_preset VALUES        -- Adobe's advice for masters of 2000 x 2000
  ('Cross-Sell', 'wid=75&hei=75&fmt=jpeg&qlt=80,0&resMode=sharp2&op_usm=1.5,0.8,5,0'),
  ('Thumbnail', 'wid=150&hei=150&fmt=jpeg&qlt=80,0&resMode=sharp2&op_usm=1.1,1,5,0'),
  ('Main', 'wid=350&hei=350&fmt=jpeg&qlt=80,0&resMode=sharp2&op_usm=1,1,6,0'),
  ('Enlarge', 'wid=500&hei=500&fmt=jpeg&qlt=80,0&resMode=sharp2&op_usm=1.2,1.2,5,0'),
  ('!_s7product', 'wid=350&hei=350&fmt=jpeg&qlt=85,0&resMode=sharp2&op_usm=0.9,1.0,8,0');
)sql",
    R"sql(
CREATE TABLE processing_profile (name TEXT PRIMARY KEY, content TEXT NOT NULL);  -- as JSON
DELETE FROM job WHERE kind = 'renditions';  -- jobs are for assets now, no longer for contents
)sql",
    R"sql(
ALTER TABLE download ADD COLUMN in_background BIGINT NOT NULL DEFAULT 0;
ALTER TABLE download ADD COLUMN finished BIGINT;
ALTER TABLE download ADD COLUMN progress TEXT NOT NULL DEFAULT '[0,0,0,0,0,0,0]';  -- as JSON
ALTER TABLE download ADD COLUMN request TEXT NOT NULL DEFAULT '{}';                -- as JSON
UPDATE download SET finished = created;
CREATE INDEX download_processing ON download (number) WHERE status = 'PROCESSING';
ALTER TABLE job ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX job_by_owner ON job (kind, owner);
CREATE TABLE job_turn (                -- when an owner last had a turn, as a running number
  kind TEXT NOT NULL,
  owner TEXT NOT NULL,
  taken BIGINT NOT NULL,
  PRIMARY KEY (kind, owner)
) WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE download ADD COLUMN expires BIGINT;
ALTER TABLE download ADD COLUMN is_expired BIGINT NOT NULL DEFAULT 0;
ALTER TABLE download ADD COLUMN notice TEXT NOT NULL DEFAULT 'read';
UPDATE download SET expires = finished + 1209600 WHERE finished IS NOT NULL;  -- 14 days
ALTER TABLE download ADD COLUMN name TEXT NOT NULL DEFAULT '';
CREATE TABLE user_preferences (user TEXT PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE, content TEXT NOT NULL);
CREATE INDEX download_unread ON download (owner) WHERE notice = 'unread';
CREATE INDEX download_expiring ON download (is_expired, expires);
CREATE TABLE share (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  token_hash BLOB NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  revoked BIGINT,
  title TEXT NOT NULL,
  items TEXT NOT NULL,                 -- JSON list of [path, node]
  originals BIGINT NOT NULL,
  renditions BIGINT NOT NULL,
  password_hash TEXT NOT NULL,
  download_limit BIGINT,
  downloads BIGINT NOT NULL,
  recipients TEXT NOT NULL             -- JSON list of addresses
);
CREATE INDEX share_by_owner ON share (owner, number);
CREATE TABLE download_change (         -- the latest ones
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  download TEXT NOT NULL,
  owner TEXT NOT NULL
);
)sql",
    R"sql(
CREATE TABLE setting (name TEXT PRIMARY KEY, content TEXT NOT NULL);  -- as JSON
ALTER TABLE node ADD COLUMN expires BIGINT;                            -- model::Protection, of the metadata
ALTER TABLE node ADD COLUMN licence_pages TEXT NOT NULL DEFAULT '';  -- paths, a line for each
ALTER TABLE node ADD COLUMN restrictions TEXT NOT NULL DEFAULT '';
ALTER TABLE download ADD COLUMN assets_expire BIGINT;
)sql",
    R"sql(
CREATE INDEX download_and_owner ON download (id, owner);
CREATE TABLE download_recipient (      -- who was mailed about it
  download TEXT NOT NULL REFERENCES download (id) ON DELETE CASCADE,
  user TEXT NOT NULL,
  PRIMARY KEY (download, user)
) WITHOUT ROWID;
INSERT OR IGNORE INTO download_recipient (download, user)
  SELECT download.id, email.value FROM download, json_each(download.request, '$.email') email
  WHERE email.type = 'text';
)sql",
};

constexpr std::size_t kWithProtection = 6;  // the first version that has it

// Of assets that came in before it was kept.
void fill_protection(Connection& connection) {
  std::vector<std::pair<std::int64_t, model::Protection>> found;
  {
    auto row = connection.prepare("SELECT node, properties FROM asset_metadata");
    while (row.step()) {
      auto properties = parse_json(row.view(1));
      if (!properties || !properties->is_object()) continue;
      auto protection = model::protection_of(properties->get_object());
      if (protection != model::Protection()) found.emplace_back(row.integer(0), std::move(protection));
    }
  }
  for (const auto& [node, protection] : found) {
    auto expires = protection.expires ? std::optional(number_of(*protection.expires)) : std::nullopt;
    connection.prepare("UPDATE node SET expires = ?, licence_pages = ?, restrictions = ? WHERE id = ?")
        .bind(expires, format_pages(protection), protection.restrictions, node)
        .run();
  }
}

std::size_t schema_version(Connection& connection) {
  auto statement = connection.prepare("PRAGMA user_version");
  statement.step();
  return static_cast<std::size_t>(statement.integer(0));
}

}  // namespace

void migrate(Database& database) {
  auto transaction = database.write();
  auto version = schema_version(*transaction.operator->());
  if (version > kMigrations.size()) {
    throw Failure(Code::conflict, fmt::format("the catalog has schema {} and this Dray knows {}: use the newer Dray",
                                              version, kMigrations.size()));
  }
  for (auto next = version; next < kMigrations.size(); ++next) transaction->execute(kMigrations[next]);
  if (version > 0 && version < kWithProtection) fill_protection(*transaction.operator->());
  if (version < kMigrations.size()) transaction->execute(fmt::format("PRAGMA user_version = {}", kMigrations.size()));
  transaction.commit();
}

}  // namespace dray::sqlite
