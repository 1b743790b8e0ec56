// Licences that are pages of the installation and no assets.
#pragma once

#include <optional>
#include <string>

namespace dray::cli {

// The HTML of the page at a path below /apps/settings/dam/drm/licenses, /conf/<tenant>/settings/dam/drm/licenses,
// /libs/settings/dam/drm/licenses or, as long ago, /etc/dam/drm/licenses: in `directory`, of the file of that name
// where it ends in .html, .htm or .txt, else with .html or .txt behind it. nullopt: there is none, or it is no such
// path.
std::optional<std::string> read_licence_page(const std::string& directory, const std::string& path);

}  // namespace dray::cli
