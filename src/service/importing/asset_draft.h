// An asset of a file that has come in, whichever way.
#pragma once

#include "model/assets/asset_repository.h"
#include "model/assets/media_inspector.h"

namespace dray::service {

model::AssetDraft make_asset_draft(const AssetPath& path, const model::Blob& original, model::MediaFacts facts,
                                   model::Nanoseconds modified);

}  // namespace dray::service
