// Saves the files of an archive, without the archive.
#pragma once

#include "service/fetching/save.h"

namespace dray::fetching {

// Puts the entries of `file`, which `manifest` describes, into the folder `name` in `folder` (a descriptor). They
// gather in NAME.part, NAME.part.state says which are there (journal.h); after any kind of end, the same call goes on.
// Every file's SHA-256 is checked; a wrong one is fetched once more. If NAME does not exist it appears in one step,
// complete. If it does, equal files in it are left alone and not fetched, missing ones are added when all are there,
// and different ones are Code::conflict or, with Overwrite::yes, replaced. Code::corrupt: the manifest has names that
// cannot be used, or a file is wrong twice; the error names it.
Result<Saved> extract_artifact(const RemoteFile& file, const Manifest& manifest, int folder,
                               const std::string& folder_path, const std::string& name, const SaveOptions& options,
                               const Means& means);

}  // namespace dray::fetching
