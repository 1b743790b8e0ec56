// Files: reads and writes that deal with EINTR and short counts, and say which file failed.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace dray {

Result<UniqueFd> open_file(const std::string& path, int flags, int mode = 0600);  // O_CLOEXEC is added
Result<std::string> read_file(const std::string& path, ByteCount limit);          // Code::too_large beyond `limit`

// Reads until `into` is full or the file ends; the number of bytes read.
Result<std::size_t> read_at(int fd, ByteCount offset, MutableBytes into, const std::string& name);
Result<void> write_at(int fd, ByteCount offset, Bytes bytes, const std::string& name);

// A failed sync means that the data may be gone: it fails the operation and is never tried again as if it had not
// happened.
Result<void> sync_data(int fd, const std::string& name);
Result<void> sync_directory(const std::string& path);
// Allows this process `wanted` open files, or as many as it may have; returns how many it may have now.
std::size_t raise_descriptor_limit(std::size_t wanted);
Result<std::vector<std::string>> list_directory(const std::string& path);  // all names in it, in order
// Creates the folder and those above it where missing, each made durable.
Result<void> make_directories(const std::string& path);

// Replaces `path` in one step: readers see the old content or the new, never a mixture. When it answers ok, the new
// content survives a power cut; when it fails, `path` is as it was.
Result<void> replace_file(const std::string& path, Bytes content, int mode = 0600);

}  // namespace dray
