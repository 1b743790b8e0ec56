// What the doors of AEM have in common. Private to this module.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "edge/api/routes.h"

namespace dray::api {

struct FoundPath {
  AssetPath path;
  std::string rendition;  // of <asset>/jcr:content/renditions/<name>; empty: none was named
};

// What a parameter means that may be percent-encoded once more than usual: the first reading that is there, else the
// literal one. Code::invalid: no path at all.
Result<FoundPath> find_path(const Call& call, std::string_view value);

// [{"id": "...", "paths": ["..."]}]: what has to be agreed to, for what.
json::array licences_of(std::span<const model::Skipped> skipped);
// 403 {"error": message, "licenses": licences_of()}
server::Response refused_response(const std::string& message, const std::vector<model::Skipped>& skipped);

server::Response start_framework_download(const Call& call, pipeline::DownloadRequest request, int status);
server::Response rendition_response(const Call& call, const AssetPath& asset, std::string_view name,
                                    const model::Caller& caller);
server::Response artifact_response(const Call& call, const service::OpenArtifact& open, const model::Caller& caller);
// Of a download that is kept, or as if it were: it goes on for as long as the caller may read it.
server::Response artifact_response(const Call& call, const service::OpenArtifact& open, const model::Download& kept,
                                   const model::Caller& caller);
server::Response artifact_response(const Call& call, const service::OpenArtifact& open, const std::string& download,
                                   const model::Caller& caller);

}  // namespace dray::api
