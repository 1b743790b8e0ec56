// A visitor of a shared link, as its pages see them. Private to this module.
#pragma once

#include <fmt/format.h>

#include <string>

#include "edge/api/routes.h"
#include "lang/http/form.h"
#include "lang/http/target.h"
#include "service/sharing/sharing.h"

namespace dray::api {

// One request of a visitor, once the link has been opened.
struct Visit {
  const Call& call;
  std::string token;
  service::OpenShare open;
  std::string visitor;
  bool is_new = false;  // the cookie is still to be set

  std::string address(std::string_view rest = "", std::string_view page = "/linkshare.html") const {
    return fmt::format("{}?sh={}{}", page, http::format_query_value(token), rest);
  }
  std::string cookie() const { return "dray-link-" + open.share.id; }
  Sha256 proof() const {  // that the password was right
    return sha256_of(bytes_of(open.share.password_hash + "/" + visitor));
  }
};

// Code::not_found, gone, busy: as Sharing::open().
Result<Visit> open_visit(const Call& call);
server::Response with_cookie(const Visit& visit, server::Response response);
server::Response redirect(const Visit& visit, const std::string& address);

bool needs_password(const Visit& visit);
server::Response password_page(const Visit& visit, std::string_view word);
server::Response check_password(const Visit& visit, std::string_view password);

server::Response ended_page(std::string_view what);  // "this link has expired"
server::Response unknown_page();
server::Response error_page(const Error& error);
server::Response refused_page(const Error& error);  // the same, of open_visit(): 429 where somebody guesses

bool is_shared(const Visit& visit, const AssetPath& path);    // an item, or below one
bool is_hidden(const Visit& visit, const model::Node& node);  // what has expired is
Result<model::AccessRules> rules_of(const Call& call);
std::string format_for_people(Seconds time);  // HTML: 2026-12-24 18:00 UTC

// What a visitor queues, and finds in their Download Inbox.
server::Response inbox_page(const Visit& visit);
server::Response queue(const Visit& visit, const http::Form& form);
server::Response send_artifact(const Visit& visit, std::string_view id, std::string_view number);

}  // namespace dray::api
