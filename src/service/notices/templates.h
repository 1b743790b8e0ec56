// Finds the template of a mail: a file of the repository, or else one that Dray ships.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/asset_path.h"
#include "lang/mail/template.h"

namespace dray::service {

enum class MailKind { to_oneself, to_others, shared_link };

// Which configuration the assets below a folder have, as cq:conf says in AEM.
struct Tenant {
  AssetPath folder;
  std::string conf;  // "/conf/wknd-shared"
};

struct TemplatesConfig {
  // The content of a file of the repository, like "/apps/settings/dam/adhocassetshare/en.txt"; nullopt: there is none.
  std::function<std::optional<std::string>(const std::string& path)> read;
  std::vector<Tenant> tenants;
};

// Safe for use from any thread where `read` is.
class Templates {
 public:
  explicit Templates(TemplatesConfig config) : config_(std::move(config)) {}

  // For someone with that language, about assets at `path`. The best language that any layer has wins; the layers are
  // the tenant's configuration, those above it up to /conf/global, /apps, /libs. One that is malformed is logged and
  // passed over.
  mail::Template find(MailKind kind, const std::string& language, const AssetPath& path) const;
  // Of files that lie where AEM no longer reads them: where each should go.
  std::vector<std::string> misplaced() const;

 private:
  std::vector<std::string> layers_for(const AssetPath& path) const;
  std::optional<mail::Template> read(MailKind kind, const std::string& file) const;

  const TemplatesConfig config_;
};

}  // namespace dray::service
