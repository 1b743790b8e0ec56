#include "model/blobs/memory_blob_store.h"

#include "model/blobs/testing/conformance.h"

namespace dray::model {

INSTANTIATE_TEST_SUITE_P(Memory, BlobStoreConformance, testing::Values(BlobStoreMaker{[] {
                           return FreshBlobStore{nullptr, make_memory_blob_store()};
                         }}));

}  // namespace dray::model
