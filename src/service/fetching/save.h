// Saves an artifact as one file.
#pragma once

#include <optional>
#include <string>

#include "service/fetching/journal.h"
#include "service/fetching/manifest.h"
#include "service/fetching/means.h"
#include "service/fetching/transfer.h"

namespace dray::fetching {

enum class Overwrite { no, yes };
enum class Verify { no, yes };

struct SaveOptions {
  Overwrite overwrite = Overwrite::no;  // what exists under the name and is something else
  Restart restart = Restart::no;        // forget what an earlier run has left
  Verify verify = Verify::no;
};

// An artifact that is where it belongs.
struct Saved {
  std::string name;  // in the output folder
  Identity identity;
  ByteCount bytes_fetched = 0;
  bool was_complete = false;  // nothing had to be fetched
  bool verified = false;
  bool is_folder = false;
  std::uint64_t files = 1;
};

// The manifest of an artifact when it is needed; nullptr if the server has none. From one thread.
using GetManifest = std::function<Result<const Manifest*>()>;

// Saves `file` in `folder` (a descriptor) as `name`. The bytes gather in NAME.part, NAME.part.state says which are
// there (journal.h); after any kind of end, the same call goes on. NAME appears in one step, with bytes that survive a
// power cut. If NAME is a complete copy already, that is found by its mark, or else by comparing it with the manifest.
// Code::conflict: another process is at it; NAME is something else; or what was left is of another version.
// Code::corrupt: what was fetched or found fails the verification and is now NAME.corrupt.
Result<Saved> save_artifact(const RemoteFile& file, int folder, const std::string& folder_path, const std::string& name,
                            const SaveOptions& options, const GetManifest& manifest, const Means& means);

// A full disk is told in words that say what to do; other errors pass.
Error explain_disk(Error error, const std::string& name);

}  // namespace dray::fetching
