#include "service/importing/asset_draft.h"

#include "base/text.h"

namespace dray::service {
namespace {

constexpr std::size_t kLongestWarning = 500;  // it quotes what stands in files

}  // namespace

model::AssetDraft make_asset_draft(const AssetPath& path, const model::Blob& original, model::MediaFacts facts,
                                   model::Nanoseconds modified) {
  model::AssetDraft draft{path, {}, std::move(facts.metadata)};
  draft.asset.original = original;
  draft.asset.mime_type = std::move(facts.mime_type);
  draft.asset.modified = modified;
  draft.asset.width = facts.width;
  draft.asset.height = facts.height;
  if (!facts.warning.empty()) draft.metadata["dray:warning"] = shorten(facts.warning, kLongestWarning);
  if (const auto* type = draft.metadata.if_contains("dam:s7damType"); type && type->is_string())
    draft.asset.set = model::set_kind_of(std::string_view(type->get_string()));
  draft.asset.protection = model::protection_of(draft.metadata);
  return draft;
}

}  // namespace dray::service
