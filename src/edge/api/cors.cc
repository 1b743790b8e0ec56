#include "edge/api/cors.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace dray::api {
namespace {

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool matches(const std::vector<std::regex>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::regex& pattern) { return std::regex_match(text.begin(), text.end(), pattern); });
}

bool matches_origin(const CorsPolicy& policy, std::string_view origin) {
  return has(policy.origins, origin) || (has(policy.origins, "*") && !policy.credentials) ||
         matches(policy.origin_patterns, origin);
}

// Names of header fields and methods that were asked for, and may be.
bool are_allowed(const std::vector<std::string>& allowed, std::string_view wanted) {
  for (auto name : split(wanted, ',')) {
    bool is_there = std::any_of(allowed.begin(), allowed.end(),
                                [&](const std::string& one) { return equal_ignoring_case(one, trim(name)); });
    if (!trim(name).empty() && !is_there) return false;
  }
  return true;
}

void add_origin(const CorsPolicy& policy, std::string_view origin, server::Response& response) {
  response.fields.push_back({"Access-Control-Allow-Origin", std::string(origin)});
  if (policy.credentials) response.fields.push_back({"Access-Control-Allow-Credentials", "true"});
}

}  // namespace

// Patterns see no more than an origin and a path can sensibly be: they backtrack.
const CorsPolicy* Cors::find(const server::Request& request) const {
  constexpr std::size_t kLongestOrigin = 300, kLongestPath = 1024;
  auto origin = request.head.find("Origin");
  if (!origin || origin->size() > kLongestOrigin || request.target.path.size() > kLongestPath) return nullptr;
  auto found = std::find_if(policies_.begin(), policies_.end(), [&](const CorsPolicy& policy) {
    return matches_origin(policy, *origin) && matches(policy.paths, request.target.path);
  });
  return found == policies_.end() ? nullptr : &*found;
}

bool Cors::allows(const server::Request& request) const {
  const auto* policy = find(request);
  auto authorization = request.head.find("Authorization").value_or("");
  bool has_token = ascii_lower(authorization.substr(0, 7)) == "bearer ";
  return policy && has(policy->methods, request.head.method_name) && (policy->credentials || has_token);
}

std::optional<server::Response> Cors::answer_preflight(const server::Request& request) const {
  auto method = request.head.find("Access-Control-Request-Method");
  const auto* policy = request.head.method == http::Method::options && method ? find(request) : nullptr;
  if (!policy) return std::nullopt;
  server::Response response{204, {{"Vary", "Origin"}}, std::string()};
  auto headers = request.head.find("Access-Control-Request-Headers").value_or("");
  if (!has(policy->methods, *method) || !are_allowed(policy->request_headers, headers)) return response;
  add_origin(*policy, *request.head.find("Origin"), response);
  response.fields.push_back({"Access-Control-Allow-Methods", fmt::format("{}", fmt::join(policy->methods, ", "))});
  response.fields.push_back(
      {"Access-Control-Allow-Headers", fmt::format("{}", fmt::join(policy->request_headers, ", "))});
  response.fields.push_back({"Access-Control-Max-Age", std::to_string(policy->max_age.count())});
  return response;
}

void Cors::add_fields(const server::Request& request, server::Response& response) const {
  if (policies_.empty()) return;
  response.fields.push_back({"Vary", "Origin"});
  const auto* policy = find(request);
  if (!policy) return;
  add_origin(*policy, *request.head.find("Origin"), response);
  if (!policy->exposed_headers.empty())
    response.fields.push_back(
        {"Access-Control-Expose-Headers", fmt::format("{}", fmt::join(policy->exposed_headers, ", "))});
}

}  // namespace dray::api
