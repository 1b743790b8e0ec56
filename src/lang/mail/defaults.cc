#include "lang/mail/defaults.h"

#include <algorithm>

#include "lang/mail/default_texts.h"

namespace dray::mail {

std::span<const DefaultTemplate> default_templates() {
  static const DefaultTemplate kTemplates[] = {
      {"/libs/settings/dam/adhocassetshare/de.txt", kSharedLinkDe},
      {"/libs/settings/dam/adhocassetshare/en.txt", kSharedLinkEn},
      {"/libs/settings/dam/adhocassetshare/fr.txt", kSharedLinkFr},
      {"/libs/settings/dam/workflow/notification/email/downloadasset/de.txt", kDownloadAssetDe},
      {"/libs/settings/dam/workflow/notification/email/downloadasset/en.txt", kDownloadAssetEn},
      {"/libs/settings/dam/workflow/notification/email/downloadasset/fr.txt", kDownloadAssetFr},
      {"/libs/settings/dam/workflow/notification/email/transientworkflowcompleted/de.txt", kDownloadCompletedDe},
      {"/libs/settings/dam/workflow/notification/email/transientworkflowcompleted/en.txt", kDownloadCompletedEn},
      {"/libs/settings/dam/workflow/notification/email/transientworkflowcompleted/fr.txt", kDownloadCompletedFr}};
  return kTemplates;
}

std::optional<std::string_view> find_default_template(std::string_view path) {
  auto all = default_templates();
  auto found = std::lower_bound(all.begin(), all.end(), path,
                                [](const DefaultTemplate& row, std::string_view wanted) { return row.path < wanted; });
  if (found == all.end() || found->path != path) return std::nullopt;
  return found->text;
}

}  // namespace dray::mail
