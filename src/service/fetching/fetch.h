// The whole of `dray get` but for its options: asks for a download, fetches what it consists of, and tells what came of
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/fetching/download_api.h"
#include "service/fetching/means.h"
#include "service/fetching/save.h"

namespace dray::fetching {

enum class Form { as_sent, extracted };

struct FetchRequest {
  std::vector<Url> addresses;  // of artifacts; if there are none, `wish` is asked of `server`
  Url server;
  DownloadWish wish;
  std::string output = ".";  // a folder; created if missing
  Form form = Form::as_sent;
  SaveOptions save;
};

// What is done is told even if the rest failed.
struct Report {
  std::vector<Saved> saved;
  std::vector<Skipped> skipped;  // by the server
  bool incomplete = false;       // the server says so; `skipped` says why
  std::string message;           // of the server
  std::optional<Error> error;    // what ended the work
};

Report fetch(const FetchRequest& request, const Means& means);

}  // namespace dray::fetching
