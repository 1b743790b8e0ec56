#include "edge/cli/cors_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "edge/cli/settings.h"

namespace dray::cli {
namespace {

Result<std::vector<std::regex>> read_patterns(Settings& settings, const std::string& key) {
  std::vector<std::regex> patterns;
  ASSIGN_OR_RETURN(auto texts, settings.texts(key));
  for (const auto& text : texts) {
    try {
      patterns.emplace_back(text, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error& error) {
      return Error{Code::invalid,
                   fmt::format("{}: \"{}\": {} is no pattern: {}", settings.file(), key, text, error.what())};
    }
  }
  return patterns;
}

Result<std::vector<std::string>> read_list(Settings& settings, const std::string& key,
                                           std::vector<std::string> standard) {
  ASSIGN_OR_RETURN(auto texts, settings.texts(key));
  return texts.empty() ? std::move(standard) : std::move(texts);
}

Result<api::CorsPolicy> read_policy(Settings& settings) {
  api::CorsPolicy policy;
  ASSIGN_OR_RETURN(policy.origins, settings.texts("alloworigin"));
  ASSIGN_OR_RETURN(policy.origin_patterns, read_patterns(settings, "alloworiginregexp"));
  ASSIGN_OR_RETURN(policy.paths, read_patterns(settings, "allowedpaths"));
  ASSIGN_OR_RETURN(policy.methods, read_list(settings, "supportedmethods", {"GET", "HEAD", "POST"}));
  ASSIGN_OR_RETURN(policy.request_headers, read_list(settings, "supportedheaders",
                                                     {"Authorization", "Content-Type", "CSRF-Token", "Range", "Origin",
                                                      "Accept", "X-Requested-With"}));
  ASSIGN_OR_RETURN(policy.exposed_headers,
                   read_list(settings, "exposedheaders",
                             {"Content-Length", "Content-Range", "Content-Disposition", "ETag", "Accept-Ranges"}));
  ASSIGN_OR_RETURN(auto age, settings.number("maxage"));
  if (age) policy.max_age = std::chrono::seconds(std::min<std::uint64_t>(*age, 86400));
  ASSIGN_OR_RETURN(auto credentials, settings.boolean("supportscredentials"));
  policy.credentials = credentials.value_or(false);
  bool is_any = std::find(policy.origins.begin(), policy.origins.end(), "*") != policy.origins.end();
  if (is_any && policy.credentials)
    return Error{Code::invalid, settings.file() +
                                    ": \"alloworigin\" cannot be * where \"supportscredentials\" is true: "
                                    "name the origins"};
  settings.warn_of_unknown();
  return policy;
}

}  // namespace

Result<std::vector<api::CorsPolicy>> read_cors_policies(const std::string& directory) {
  std::vector<api::CorsPolicy> policies;
  ASSIGN_OR_RETURN(auto all, read_factory_settings(directory, "com.adobe.granite.cors.impl.CORSPolicyImpl"));
  for (auto& settings : all) {
    ASSIGN_OR_RETURN(auto policy, read_policy(settings));
    policies.push_back(std::move(policy));
  }
  return policies;
}

}  // namespace dray::cli
