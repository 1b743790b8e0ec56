#include "edge/server/message.h"

#include <algorithm>

#include "base/log.h"

namespace dray::server {

ByteCount RangeBody::length() const {
  ByteCount length = after.size();
  for (const auto& part : parts) length += part.before.size() + part.range.length;
  return length;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

int status_of(Code code) {
  switch (code) {
    case Code::invalid:
      return 400;
    case Code::unauthenticated:
      return 401;
    case Code::denied:
      return 403;
    case Code::not_found:
      return 404;
    case Code::conflict:
      return 409;
    case Code::gone:
      return 410;
    case Code::too_large:
      return 413;
    case Code::busy:
      return 503;
    case Code::unavailable:
    case Code::full:
      return 503;
    case Code::corrupt:
      return 500;
  }
  return 500;
}

Response make_text_response(int status, std::string content_type, std::string text) {
  return {
      status,
      {{"Content-Type", std::move(content_type)}, {"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "no-store"}},
      std::move(text)};
}

Response make_json_response(int status, const json::value& value) {
  return make_text_response(status, "application/json", json::serialize(value));
}

Response make_error_response(int status, std::string message) {
  auto response = make_json_response(status, json::object{{"error", std::move(message)}});
  if (status == 503) response.fields.push_back({"Retry-After", "2"});
  return response;
}

Response make_error_response(const Error& error) {
  bool of_machine = !error.detail.empty() || error.code == Code::unavailable || error.code == Code::full ||
                    error.code == Code::corrupt;
  if (!of_machine) return make_error_response(status_of(error.code), error.message);
  log::error("{} ({})", error.message, error.detail.empty() ? name_of(error.code) : error.detail);
  return make_error_response(std::max(status_of(error.code), 500),
                             error.code == Code::full ? "there is no room left on the server's disk; nothing was kept"
                                                      : "the server could not do this; its log says why");
}

}  // namespace dray::server
