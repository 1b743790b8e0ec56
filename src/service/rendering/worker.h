// The child process that makes renditions, and tells what files say about themselves: it reads what strangers have
// sent, so it has no network, sees no files but those handed to it, and may die.
#pragma once

#include "model/assets/media_inspector.h"
#include "pipeline/renditions/settings.h"
#include "service/rendering/sandbox.h"

namespace dray::service {

struct WorkerConfig {
  SandboxRules sandbox;
  int threads = 1;
};

// Serves jobs that come in at `socket` (a SOCK_SEQPACKET pair) until the other side closes it: each is one message, the
// job as JSON with two descriptors, the source and the file for what is made; the answer is one message. The first
// message is sent by the worker: what its sandbox lacks. Returns the exit status.
int run_worker(int socket, const WorkerConfig& config, const model::MediaInspector& inspector);

}  // namespace dray::service
