// Pages of other sites that may use this one: Cross-Origin Resource Sharing, as AEM's policies say.
#pragma once

#include <chrono>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "edge/server/message.h"

namespace dray::api {

// One configuration of com.adobe.granite.cors.impl.CORSPolicyImpl; where a list is empty, what AEM has at first.
struct CorsPolicy {
  std::vector<std::string> origins;         // alloworigin: "https://portal.example"; "*": any, without credentials
  std::vector<std::regex> origin_patterns;  // alloworiginregexp: of the whole origin
  std::vector<std::regex> paths;            // allowedpaths: of the whole path
  std::vector<std::string> methods, request_headers, exposed_headers;
  std::chrono::seconds max_age{1800};
  bool credentials = false;
};

// Safe for use from any thread.
class Cors {
 public:
  explicit Cors(std::vector<CorsPolicy> policies) : policies_(std::move(policies)) {}

  // Whether a page of another site may change something here: a policy for the path names its origin and the method,
  // and that browsers may say who it is; or the request itself does, with a token.
  bool allows(const server::Request& request) const;
  // The answer to a question beforehand, OPTIONS with an origin and a method; nullopt: it is none, or of no policy.
  std::optional<server::Response> answer_preflight(const server::Request& request) const;
  void add_fields(const server::Request& request, server::Response& response) const;

 private:
  const CorsPolicy* find(const server::Request& request) const;

  const std::vector<CorsPolicy> policies_;
};

}  // namespace dray::api
