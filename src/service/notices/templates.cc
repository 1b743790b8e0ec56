#include "service/notices/templates.h"

#include <fmt/format.h>

#include <array>
#include <cassert>

#include "base/log.h"
#include "lang/mail/defaults.h"
#include "lang/mail/language.h"

namespace dray::service {
namespace {

constexpr std::array<std::string_view, 3> kPlaces = {
    "/settings/dam/workflow/notification/email/transientworkflowcompleted",
    "/settings/dam/workflow/notification/email/downloadasset", "/settings/dam/adhocassetshare"};

std::string_view place_of(MailKind kind) { return kPlaces[static_cast<std::size_t>(kind)]; }

}  // namespace

std::vector<std::string> Templates::layers_for(const AssetPath& path) const {
  const Tenant* nearest = nullptr;
  for (const auto& tenant : config_.tenants) {
    bool is_nearer = !nearest || tenant.folder.text().size() > nearest->folder.text().size();
    if (path.is_within(tenant.folder) && is_nearer) nearest = &tenant;
  }
  std::vector<std::string> layers;
  for (std::string conf = nearest ? nearest->conf : ""; conf.size() > std::string_view("/conf").size();
       conf.resize(conf.rfind('/'))) {
    if (conf != "/conf/global") layers.push_back(conf);
  }
  for (auto layer : {"/conf/global", "/apps", "/libs"}) layers.emplace_back(layer);
  return layers;
}

std::optional<mail::Template> Templates::read(MailKind kind, const std::string& file) const {
  auto text = config_.read(file);
  if (!text) {
    auto shipped = mail::find_default_template(file);
    if (!shipped) return std::nullopt;
    text = std::string(*shipped);
  }
  auto family = kind == MailKind::shared_link ? mail::Family::link_share : mail::Family::workflow;
  auto parsed = mail::parse_template(family, *text);
  if (parsed) return *std::move(parsed);
  log::warn("the mail template {} is passed over: {}", file, parsed.error().message);
  return std::nullopt;
}

mail::Template Templates::find(MailKind kind, const std::string& language, const AssetPath& path) const {
  auto layers = layers_for(path);
  for (const auto& candidate : mail::language_candidates(language)) {
    for (const auto& layer : layers) {
      auto found = read(kind, fmt::format("{}{}/{}.txt", layer, place_of(kind), candidate));
      if (found) return *std::move(found);
    }
  }
  // All that the repository has is malformed, and it covers up what is shipped.
  auto shipped = mail::find_default_template(fmt::format("/libs{}/en.txt", place_of(kind)));
  auto parsed = mail::parse_template(kind == MailKind::shared_link ? mail::Family::link_share : mail::Family::workflow,
                                     shipped.value_or(""));
  assert(parsed);
  return *std::move(parsed);
}

std::vector<std::string> Templates::misplaced() const {
  std::vector<std::string> found;
  auto look = [&](const std::string& file, const std::string& better) {
    if (config_.read(file)) found.push_back(fmt::format("{} is not read: move it to {}", file, better));
  };
  for (auto place : kPlaces) {
    for (auto language : {"en", "de", "fr"}) {
      std::string old(place), wrong(place);
      old.replace(0, std::string_view("/settings").size(), "/etc");
      look(fmt::format("{}/{}.txt", old, language), fmt::format("/apps{}/{}.txt", place, language));
      auto folder = wrong.find("workflow/notification");
      if (folder == wrong.npos) continue;
      wrong.erase(folder + std::string_view("workflow").size(), 1);
      for (auto layer : {"/apps", "/conf/global"})
        look(fmt::format("{}{}/{}.txt", layer, wrong, language), fmt::format("{}{}/{}.txt", layer, place, language));
    }
  }
  return found;
}

}  // namespace dray::service
