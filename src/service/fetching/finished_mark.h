// A note on a finished file or folder about what it is a copy of, so that the same command, run again, is done at once.
// It is an extended attribute: it costs no further file, moves with its own and is lost where a file system has none,
// which only makes the next run compare the content.
#pragma once

#include "service/fetching/answers.h"

namespace dray::fetching {

// Before the file gets its name. Failing changes nothing.
void set_finished_mark(int fd, const Identity& identity);
// Whether the file is marked as a copy of that and has not been written since.
bool has_finished_mark(int fd, const Identity& identity);

}  // namespace dray::fetching
