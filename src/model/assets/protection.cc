#include "model/assets/protection.h"

#include "base/asset_path.h"
#include "base/log.h"
#include "base/text.h"

namespace dray::model {
namespace {

std::string_view text_of(const json::object& metadata, std::string_view name) {
  const auto* value = metadata.if_contains(name);
  return value && value->is_string() ? trim(std::string_view(value->get_string())) : std::string_view();
}

std::string id_of(std::string text) { return sha256_of(bytes_of(text)).hex().substr(0, 32); }

}  // namespace

Protection protection_of(const json::object& metadata) {
  Protection protection;
  for (auto name : {"prism:expirationDate", "pur:expirationDate"}) {
    auto text = text_of(metadata, name);
    if (!protection.expires) protection.expires = parse_date(text);
    if (!text.empty() && !protection.expires) log::warn("{} is no date: {}", name, text);
  }
  for (auto name : {"xmpRights:WebStatement", "dc:license"}) {
    auto text = text_of(metadata, name);
    if (text.starts_with('/') && text.find('\n') == text.npos && AssetPath::parse(text))
      protection.licence_pages.emplace_back(text);
  }
  auto restrictions = restrictions_of(metadata);
  if (!restrictions.empty()) protection.restrictions = licence_id_of_text(restrictions);
  return protection;
}

std::string_view restrictions_of(const json::object& metadata) { return text_of(metadata, "adobe_dam:restrictions"); }

std::string licence_id_of_page(std::string_view path, const BlobId& content) {
  return id_of("page:" + content.hex() + std::string(path));
}
std::string licence_id_of_text(std::string_view html) { return id_of("text:" + std::string(html)); }

}  // namespace dray::model
