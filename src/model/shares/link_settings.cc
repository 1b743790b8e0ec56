#include "model/shares/link_settings.h"

#include <algorithm>
#include <array>

#include "base/json_fields.h"

namespace dray::model {
namespace {

constexpr std::array<std::string_view, 3> kBehaviours = {"editable", "readOnly", "hidden"};
constexpr std::array<std::string_view, 3> kSharers = {"everyone", "only", "except"};
constexpr std::int64_t kLongestDays = 3650;

struct BoxForm {
  bool value = false;
  std::string behaviour;
};

template <typename Fields>
void visit_fields(Fields& fields, BoxForm& box) {
  fields("default", box.value);
  fields("behaviour", box.behaviour);
}

struct Form {
  BoxForm originals, renditions;
  std::int64_t validity = 0, longest = 0;
  std::string sharers;
  std::vector<std::string> groups;
};

template <typename Fields>
void visit_fields(Fields& fields, Form& form) {
  fields("originals", form.originals);
  fields("renditions", form.renditions);
  fields("validityDays", form.validity);
  fields("longestDays", form.longest);
  fields("sharers", form.sharers);
  fields("groups", form.groups);
}

BoxForm form_of(const LinkBox& box) {
  return {box.value, std::string(kBehaviours[static_cast<std::size_t>(box.behaviour)])};
}

Form form_of(const LinkSettings& settings) {
  return {form_of(settings.originals),
          form_of(settings.renditions),
          settings.validity.count(),
          settings.longest.count(),
          std::string(kSharers[static_cast<std::size_t>(settings.sharers)]),
          settings.groups};
}

template <typename Enum>
bool read_word(const std::array<std::string_view, 3>& words, const std::string& word, Enum& into) {
  auto found = std::find(words.begin(), words.end(), word);
  if (found != words.end()) into = static_cast<Enum>(found - words.begin());
  return found != words.end();
}

Error wrong(const std::string& what) { return {Code::invalid, "the settings of shared links: " + what}; }

Result<LinkBox> box_of(const BoxForm& form) {
  LinkBox box{form.value};
  if (!read_word(kBehaviours, form.behaviour, box.behaviour))
    return wrong("\"behaviour\" must be editable, readOnly or hidden");
  return box;
}

Result<void> check(const LinkSettings& settings) {
  if (settings.longest.count() < 1 || settings.longest.count() > kLongestDays)
    return wrong("\"longestDays\" must be a number from 1 to 3650");
  if (settings.validity.count() < 1 || settings.validity > settings.longest)
    return wrong("\"validityDays\" must be a number from 1 to that of longestDays");
  auto can_be_had = [](const LinkBox& box) { return box.value || box.behaviour == Behaviour::editable; };
  if (!can_be_had(settings.originals) && !can_be_had(settings.renditions))
    return wrong("with both boxes off, and neither editable, no link could be made");
  if (settings.sharers == Sharers::only && settings.groups.empty())
    return wrong("\"groups\" must name at least one, or nobody could share");
  return ok();
}

}  // namespace

bool may_share(const LinkSettings& settings, const Caller& caller) {
  if (settings.sharers == Sharers::everyone || caller.is_administrator()) return true;
  bool is_member = std::any_of(settings.groups.begin(), settings.groups.end(),
                               [&](const std::string& group) { return caller.groups.contains(group); });
  return is_member == (settings.sharers == Sharers::only);
}

json::object to_json(const LinkSettings& settings) { return json_fields::write(form_of(settings)).as_object(); }

Result<LinkSettings> link_settings_from_json(const json::value& value) {
  const auto* object = value.if_object();
  if (!object) return wrong("must be an object");
  auto form = form_of(LinkSettings());
  json_fields::Reader reader(*object);
  visit_fields(reader, form);
  if (auto complaint = reader.complaint(); !complaint.empty()) return wrong("the body " + complaint);
  LinkSettings settings;
  ASSIGN_OR_RETURN(settings.originals, box_of(form.originals));
  ASSIGN_OR_RETURN(settings.renditions, box_of(form.renditions));
  settings.validity = std::chrono::days(form.validity);
  settings.longest = std::chrono::days(form.longest);
  if (!read_word(kSharers, form.sharers, settings.sharers))
    return wrong("\"sharers\" must be everyone, only or except");
  settings.groups = std::move(form.groups);
  RETURN_IF_ERROR(check(settings));
  return settings;
}

}  // namespace dray::model
