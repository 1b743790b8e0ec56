#include <fmt/format.h>

#include <chrono>
#include <mutex>

#include "base/text.h"
#include "edge/api/routes.h"
#include "service/notices/mailer.h"

namespace dray::api {
namespace {

using model::Notice;
using server::Response;

Response no_content() { return {204, {}, std::string()}; }

Response set_notice(const Call& call, Notice notice) {
  auto set = call.parts.downloads.set_notice(std::string(call.rest), notice, call.caller);
  return set ? no_content() : server::make_error_response(set.error());
}

Result<std::vector<std::string>> parse_ids(const server::Request& request) {
  ASSIGN_OR_RETURN(auto body, parse_json_body(request));
  const auto* object = body.if_object();
  const auto* list = object && object->size() == 1 ? object->if_contains("ids") : nullptr;
  Error malformed{Code::invalid, "the body must be {\"ids\": [\"...\"]}"};
  if (!list || !list->is_array()) return malformed;
  std::vector<std::string> ids;
  for (const auto& id : list->get_array()) {
    if (!id.is_string()) return malformed;
    ids.emplace_back(id.get_string());
  }
  return ids;
}

// Does it to every item; what is not there any more, or not the caller's, is left out silently: it is gone.
template <typename Do>
Response for_each_item(const Call& call, Do action) {
  auto ids = parse_ids(call.request);
  if (!ids) return server::make_error_response(ids.error());
  for (const auto& id : *ids) {
    Result<void> done = action(id);
    if (!done && done.error().code != Code::not_found) return server::make_error_response(done.error());
  }
  return no_content();
}

// Those that have failed only; as for_each_item().
template <typename Change>
Response change_mails(const Call& call, Change change) {
  if (!call.caller.is_administrator())
    return server::make_error_response(Error{Code::denied, "only administrators may change the mail"});
  return for_each_item(call, [&](const std::string& id) -> Result<void> {
    auto changed = change(id);
    return changed ? ok() : Result<void>(changed.error());
  });
}

// What a client has not read yet; a client that does not read is told to begin anew.
class EventText final : public server::EventSource, public service::Listener {
 public:
  EventText(const Clock& clock, std::string first) : clock_(clock), text_(std::move(first)) {}

  std::optional<std::string> take(std::function<void()> wake) override {
    std::lock_guard lock(mutex_);
    if (text_.empty() && (ended_ || std::chrono::steady_clock::now() >= until_)) return std::nullopt;
    wake_ = std::move(wake);
    return std::exchange(text_, {});
  }

  void tell(const service::LiveUpdate& update) override {
    json::object data = update.download ? download_json(*update.download, kSkippedInList, clock_.now())
                                        : json::object{{"id", update.id}};
    add(fmt::format("id: {}\nevent: {}\ndata: {}\n\nevent: inbox\ndata: {{\"unread\":{}}}\n\n", update.number,
                    update.download ? "download" : "removed", json::serialize(data), update.unread));
  }

  void end() override {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    add("");
  }

 private:
  static constexpr std::size_t kMost = 256 * 1024;
  // The stream ends then and the client comes again: who is no longer welcome is turned away at that.
  static constexpr std::chrono::minutes kLife{5};

  void add(std::string text) {
    std::function<void()> wake;
    {
      std::lock_guard lock(mutex_);
      text_ = text_.size() + text.size() > kMost ? "event: reset\ndata: {}\n\n" : text_ + text;
      wake = std::exchange(wake_, nullptr);
    }
    if (wake) wake();
  }

  const Clock& clock_;
  const std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + kLife;
  std::mutex mutex_;  // guards what follows
  std::string text_;
  bool ended_ = false;
  std::function<void()> wake_;
};

Result<std::shared_ptr<EventText>> open_events(const Call& call) {
  auto last = parse_unsigned(call.request.head.find("Last-Event-ID").value_or(""));
  std::string first = "retry: 1000\n\n";
  for (;;) {
    ASSIGN_OR_RETURN(auto newest, call.parts.download_repository.last_change());
    auto after = last && *last <= newest ? *last : newest;
    ASSIGN_OR_RETURN(auto unread, call.parts.downloads.count_unread(call.caller));
    auto text = std::make_shared<EventText>(
        call.parts.clock, first + fmt::format("id: {}\nevent: inbox\ndata: {{\"unread\":{}}}\n\n", after, unread));
    auto subscribed = call.parts.live.subscribe(call.caller.user, after, text);
    if (subscribed) return text;
    if (subscribed.error().code != Code::gone) return std::move(subscribed).error();
    last.reset();
    first += "event: reset\ndata: {}\n\n";
  }
}

json::object to_json(const model::Preferences& preferences, bool mail_by_default) {
  return {{"assetDownloadEmailNotification", preferences.mail_downloads.value_or(mail_by_default)},
          {"language", preferences.language}};
}

bool is_language(std::string_view text) {
  auto parts = split(text, '-');
  auto is_part = [](std::string_view part, std::size_t least, std::size_t most) {
    return part.size() >= least && part.size() <= most &&
           part.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == part.npos;
  };
  return parts.size() <= 2 && is_part(parts[0], 2, 3) && (parts.size() == 1 || is_part(parts[1], 2, 4));
}

Result<model::Preferences> parse_preferences(const server::Request& request, model::Preferences preferences) {
  ASSIGN_OR_RETURN(auto body, parse_json_body(request));
  if (!body.is_object()) return Error{Code::invalid, "the body must be an object"};
  for (const auto& [key, value] : body.get_object()) {
    if (key == "assetDownloadEmailNotification" && value.is_bool()) {
      preferences.mail_downloads = value.get_bool();
    } else if (key == "language" && value.is_string() &&
               (value.get_string().empty() || is_language(value.get_string()))) {
      preferences.language = ascii_lower(value.get_string());
    } else {
      return Error{Code::invalid,
                   fmt::format("\"{}\" is no preference, or has a value that it cannot have: there are "
                               "\"assetDownloadEmailNotification\", true or false, and \"language\", like \"de\" or "
                               "\"pt-br\"",
                               std::string_view(key))};
    }
  }
  return preferences;
}

}  // namespace

Response get_inbox(const Call& call) {
  auto page = list_page(call, model::Listing::inbox);
  if (!page) return server::make_error_response(page.error());
  auto unread = call.parts.downloads.count_unread(call.caller);
  if (!unread) return server::make_error_response(unread.error());
  (*page)["unread"] = *unread;
  return server::make_json_response(200, *page);
}

Response open_inbox_item(const Call& call) { return set_notice(call, Notice::read); }

Response complete_inbox_item(const Call& call) { return set_notice(call, Notice::dismissed); }

Response complete_inbox_items(const Call& call) {
  return for_each_item(
      call, [&](const std::string& id) { return call.parts.downloads.set_notice(id, Notice::dismissed, call.caller); });
}

Response remove_inbox_items(const Call& call) {
  return for_each_item(call, [&](const std::string& id) { return call.parts.downloads.remove(id, call.caller); });
}

Response retry_mails(const Call& call) {
  return change_mails(call, [&](const std::string& id) {
    return call.parts.jobs.revive(service::kMailJob, id, call.parts.clock.now());
  });
}

Response remove_mails(const Call& call) {
  return change_mails(call, [&](const std::string& id) { return call.parts.jobs.forget(service::kMailJob, id); });
}

Response get_events(const Call& call) {
  auto events = open_events(call);
  if (!events) return server::make_error_response(events.error());
  return {200,
          {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
          server::EventBody{*std::move(events)}};
}

Response get_preferences(const Call& call) {
  auto preferences = call.parts.people.get_preferences(call.caller.user);
  if (!preferences) return server::make_error_response(preferences.error());
  return server::make_json_response(200, to_json(*preferences, call.parts.config.mail_downloads));
}

Response put_preferences(const Call& call) {
  auto old = call.parts.people.get_preferences(call.caller.user);
  if (!old) return server::make_error_response(old.error());
  auto preferences = parse_preferences(call.request, *std::move(old));
  if (!preferences) return server::make_error_response(preferences.error());
  auto put = call.parts.people.put_preferences(call.caller.user, *preferences);
  if (!put) return server::make_error_response(put.error());
  return server::make_json_response(200, to_json(*preferences, call.parts.config.mail_downloads));
}

// The mail that is still to be sent, and what could not be; for administrators.
Response get_mail(const Call& call) {
  if (!call.caller.is_administrator())
    return server::make_error_response(Error{Code::denied, "only administrators may see the mail"});
  constexpr std::size_t kMost = 1000;
  auto jobs = call.parts.jobs.list(service::kMailJob, kMost);
  if (!jobs) return server::make_error_response(jobs.error());
  json::array items;
  for (const auto& job : *jobs) {
    json::object item{{"id", job.subject}, {"state", model::name_of(job.state)}, {"attempts", job.attempts}};
    if (const auto* user = job.details.if_contains("user")) item["user"] = *user;
    if (!job.failure.empty()) item["failure"] = job.failure;
    if (job.state == model::JobState::waiting) item["notBefore"] = format_utc(job.not_before);
    items.push_back(std::move(item));
  }
  return server::make_json_response(
      200, json::object{{"isConfigured", call.parts.config.can_mail}, {"items", std::move(items)}});
}

}  // namespace dray::api
