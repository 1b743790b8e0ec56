// Finds the files of a folder.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/assets/asset.h"

namespace dray::service {

struct FoundFile {
  std::string path;  // relative to the folder, as the file system has it
  ByteCount size = 0;
  model::Nanoseconds modified{};
  std::uint64_t device = 0, inode = 0, links = 0;
};

struct ImportProblem {
  std::string path;  // relative; bytes that are not UTF-8 shown as U+FFFD
  std::string reason;
};

struct FileTree {
  std::vector<FoundFile> files;            // folder by folder, names in byte order
  std::vector<std::string> empty_folders;  // relative
  std::vector<ImportProblem> problems;     // what is not a file that can be imported
};

// Reads the whole tree below `root`. Symbolic links are followed to files inside the folder only; links to folders,
// special files and names that cannot be asset names end in `problems`. An Error only when `root` itself cannot be
// read. `found` is called now and then with the number of files so far; it answers false to stop.
Result<FileTree> read_file_tree(int root, const std::function<bool(std::size_t)>& found);

// Opens a file of the tree for reading; it cannot lead out of `root`.
Result<UniqueFd> open_in_tree(int root, const std::string& relative);

}  // namespace dray::service
