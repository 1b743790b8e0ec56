#include "adapters/files/file_blob_store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "adapters/files/pack.h"
#include "base/file.h"
#include "model/blobs/testing/conformance.h"

namespace dray {
namespace {

struct TemporaryFolder {
  std::string path = [] {
    auto pattern = testing::TempDir() + "dray-blobs-XXXXXX";
    return std::string(::mkdtemp(pattern.data()));
  }();
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

std::unique_ptr<model::BlobStore> open(const TemporaryFolder& folder) {
  auto store = files::open_file_blob_store(folder.path);
  EXPECT_TRUE(store) << store.error().message;
  return *std::move(store);
}

ByteCount disk_usage(const std::string& path) {
  ByteCount bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    struct stat status;
    if (entry.is_regular_file() && ::stat(entry.path().c_str(), &status) == 0)
      bytes += static_cast<ByteCount>(status.st_blocks) * 512;
  }
  return bytes;
}

ByteCount pack_bytes(const TemporaryFolder& folder) {
  ByteCount bytes = 0;
  auto names = *files::list_packs(folder.path + "/packs");
  for (const auto& name : names.plain) bytes += std::filesystem::file_size(folder.path + "/packs/" + name + ".pack");
  return bytes;
}

std::string only_file(const std::string& folder, const std::string& extension) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == extension) return entry.path();
  }
  return "";
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(generator());
  return text;
}

// Hands out its text in pieces of `step` bytes at most.
class SteppingSource final : public model::BlobSource {
 public:
  SteppingSource(std::string_view text, std::size_t step) : rest_(text), step_(step) {}
  Result<Piece> read(MutableBytes into) override {
    auto count = std::min({into.size(), step_, rest_.size()});
    std::copy_n(bytes_of(rest_).begin(), count, into.begin());
    rest_.remove_prefix(count);
    return Piece{.bytes = count};
  }

 private:
  std::string_view rest_;
  std::size_t step_;
};

}  // namespace

namespace model {
INSTANTIATE_TEST_SUITE_P(Files, BlobStoreConformance, testing::Values(BlobStoreMaker{[] {
                           auto folder = std::make_shared<TemporaryFolder>();
                           return FreshBlobStore{folder, open(*folder)};
                         }}));
}  // namespace model

namespace {

TEST(FileBlobStore, IsThereAfterReopening) {
  TemporaryFolder folder;
  auto small = model::put_blob(*open(folder), bytes_of("small"));
  std::string content(2'000'000, 'x');
  auto large = model::put_blob(*open(folder), bytes_of(content));
  auto again = open(folder);
  EXPECT_EQ(*model::read_blob(*again, small->id), "small");
  EXPECT_EQ(*model::read_blob(*again, large->id), content);
}

TEST(FileBlobStore, SeesWhatAnotherProcessAdds) {
  TemporaryFolder folder;
  auto one = open(folder), other = open(folder);
  auto blob = model::put_blob(*other, bytes_of("later"));
  EXPECT_EQ(*model::read_blob(*one, blob->id), "later");
  auto more = model::put_blob(*other, bytes_of("still later"));
  EXPECT_EQ(one->find_size(more->id), 11u);
}

TEST(FileBlobStore, PutsSmallBlobsOfABatchSideBySide) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto batch = store->begin();
  std::vector<model::Blob> blobs;
  for (int i = 0; i < 10; ++i) {
    std::string content(4096, static_cast<char>('a' + i));
    model::BytesSource source(bytes_of(content));
    blobs.push_back(*batch->put(source, 4096));
  }
  EXPECT_FALSE(store->find_size(blobs[0].id)) << "before commit nothing is promised";
  ASSERT_TRUE(batch->commit());
  ByteCount expected = store->open(blobs[0].id)->file_region()->offset;
  for (const auto& blob : blobs) {
    EXPECT_EQ(store->open(blob.id)->file_region()->offset, expected);
    expected += 4096;
  }
}

TEST(FileBlobStore, KeepsHolesAsHoles) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto batch = store->begin();
  model::HolySource source("begin", ByteCount{3} << 30, "end");
  auto blob = batch->put(source, (ByteCount{3} << 30) + 8);
  ASSERT_TRUE(batch->commit());
  EXPECT_EQ(store->find_size(blob->id), (ByteCount{3} << 30) + 8);
  EXPECT_LT(disk_usage(folder.path), ByteCount{1} << 20);
  std::array<std::byte, 3> end;
  ASSERT_TRUE(store->open(blob->id)->read_at(blob->size - 3, end));
  EXPECT_EQ(text_of(end), "end");
}

TEST(FileBlobStore, IgnoresATornRecordAndWritesOverIt) {
  TemporaryFolder folder;
  auto first = model::put_blob(*open(folder), bytes_of("first"));
  auto index = only_file(folder.path + "/packs", ".idx");
  std::ofstream(index, std::ios::app) << "torn by a crash";
  auto store = open(folder);
  EXPECT_EQ(*model::read_blob(*store, first->id), "first");
  auto second = model::put_blob(*store, bytes_of("second"));
  store = open(folder);
  EXPECT_EQ(*model::read_blob(*store, first->id), "first");
  EXPECT_EQ(*model::read_blob(*store, second->id), "second");
}

TEST(FileBlobStore, LosesOnlyTheBlobWhoseRecordIsDamaged) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto first = model::put_blob(*store, bytes_of("first")), second = model::put_blob(*store, bytes_of("second"));
  auto index = only_file(folder.path + "/packs", ".idx");
  std::fstream(index, std::ios::in | std::ios::out | std::ios::binary).put('!');
  auto again = open(folder);
  EXPECT_FALSE(again->find_size(first->id));
  EXPECT_EQ(*model::read_blob(*again, second->id), "second");
}

TEST(FileBlobStore, SaysWhereASmallBlobIsMapped) {
  TemporaryFolder folder;
  auto store = open(folder);
  for (const auto* text : {"the first", "the second"}) {  // the pack grows under its mapping
    auto blob = model::put_blob(*store, bytes_of(text));
    ASSERT_TRUE(blob);
    auto opened = store->open(blob->id);
    ASSERT_TRUE(opened && opened->file_region() && opened->file_region()->mapped);
    EXPECT_EQ(text_of(Bytes(opened->file_region()->mapped, blob->size)), text);
  }
}

// Direct writes take whole blocks only, and holes and short reads bring a blob out of step with them.
TEST(FileBlobStore, KeepsLargeBlobsOfAnyLengthAndPieces) {
  TemporaryFolder folder;
  auto store = open(folder);
  for (std::size_t size : {1'048'577, 2'097'152, 2'097'153, 4'194'304 + 4095, 4'194'304 + 4096, 6'000'001}) {
    for (std::size_t step : {3'000'000, 1'000'001, 4096}) {
      auto content = noise(size, static_cast<unsigned>(size + step));
      SteppingSource source(content, step);
      auto batch = store->begin();
      auto blob = batch->put(source, size);
      ASSERT_TRUE(blob && batch->commit());
      EXPECT_EQ(blob->id, sha256_of(bytes_of(content)));
      EXPECT_TRUE(*model::read_blob(*store, blob->id) == content) << size << " in steps of " << step;
    }
  }
}

TEST(FileBlobStore, HoldsFewFilesOpenForABatchOfMany) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto open_files = [] {
    auto entries = std::filesystem::directory_iterator("/proc/self/fd");
    return std::distance(begin(entries), end(entries));
  };
  auto before = open_files();
  auto batch = store->begin();
  std::vector<model::Blob> blobs;
  for (unsigned i = 0; i < 100; ++i) {
    auto content = noise(files::kLargestPackedBlob + 1 + i, i);
    model::BytesSource source(bytes_of(content));
    auto blob = batch->put(source, content.size());
    ASSERT_TRUE(blob) << blob.error().message;
    blobs.push_back(*blob);
    EXPECT_LT(open_files(), before + 40);
  }
  ASSERT_TRUE(batch->commit());
  for (const auto& blob : blobs) EXPECT_EQ(store->find_size(blob.id), blob.size);
}

TEST(FileBlobStore, SaysThatAPackIsCutShort) {
  TemporaryFolder folder;
  auto blob = model::put_blob(*open(folder), bytes_of("bytes that will be missing"));
  std::filesystem::resize_file(only_file(folder.path + "/packs", ".pack"), 3);
  EXPECT_EQ(model::read_blob(*open(folder), blob->id).error().code, Code::corrupt);
}

TEST(FileBlobStore, LeavesAPackThatIsCutShortAlone) {
  TemporaryFolder folder;
  auto blob = model::put_blob(*open(folder), bytes_of("bytes that will be missing"));
  std::filesystem::resize_file(only_file(folder.path + "/packs", ".pack"), 3);
  auto store = open(folder);
  auto other = model::put_blob(*store, bytes_of("other"));
  EXPECT_EQ(*model::read_blob(*store, other->id), "other");
  EXPECT_EQ(model::read_blob(*store, blob->id).error().code, Code::corrupt);
}

TEST(FileBlobStore, CutsWhatAKilledProcessWroteAndNeverPublished) {
  TemporaryFolder folder;
  auto first = model::put_blob(*open(folder), bytes_of("first"));
  auto pack = only_file(folder.path + "/packs", ".pack");
  std::ofstream(pack, std::ios::app) << std::string(100'000, 'x');
  auto store = open(folder);
  auto second = model::put_blob(*store, bytes_of("second"));
  EXPECT_EQ(std::filesystem::file_size(pack), 11u);
  EXPECT_EQ(*model::read_blob(*store, first->id), "first");
  EXPECT_EQ(*model::read_blob(*store, second->id), "second");
}

TEST(FileBlobStore, KeepsBatchesApartThatWriteAtOnce) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto kept = store->begin();
  std::vector<std::pair<model::Blob, std::string>> blobs;
  {
    auto abandoned = store->begin();
    for (char c = 'a'; c < 'k'; ++c) {
      std::string content(700'000, c), other(700'000, static_cast<char>(c - 'a' + 'A'));
      model::BytesSource source(bytes_of(content)), other_source(bytes_of(other));
      blobs.emplace_back(*kept->put(source, content.size()), content);
      ASSERT_TRUE(abandoned->put(other_source, other.size()));
    }
  }
  ASSERT_TRUE(kept->commit());
  std::size_t count = 0;
  ASSERT_TRUE(store->visit([&](const model::BlobId&) {
    ++count;
    return ok();
  }));
  EXPECT_EQ(count, blobs.size());
  for (const auto& [blob, content] : blobs) EXPECT_TRUE(*model::read_blob(*store, blob.id) == content);
}

TEST(FileBlobStore, GivesTheRoomOfAbandonedBatchesBack) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto first = model::put_blob(*store, bytes_of("first"));
  auto before = pack_bytes(folder);
  auto one = store->begin(), other = store->begin(), kept = store->begin();
  std::vector<model::Blob> blobs;
  for (char c = 'a'; c < 'k'; ++c) {
    auto put = [](model::BlobBatch& batch, char c) {
      std::string content(1'000'000, c);
      model::BytesSource source(bytes_of(content));
      return *batch.put(source, content.size());
    };
    put(*one, c);
    put(*other, static_cast<char>(c - 'a' + 'A'));
    blobs.push_back(put(*kept, static_cast<char>(c - 'a' + '0')));
  }
  one.reset();
  ASSERT_TRUE(kept->commit());
  other.reset();
  EXPECT_LT(pack_bytes(folder), before + 10 * 1'003'520);
  EXPECT_EQ(*model::read_blob(*store, first->id), "first");
  for (const auto& blob : blobs) EXPECT_EQ(sha256_of(bytes_of(*model::read_blob(*store, blob.id))), blob.id);
}

TEST(FileBlobStore, OpensTheBlobsOfOnePackInOneGo) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto one = store->begin(), other = store->begin();
  std::vector<model::BlobId> ids;
  auto put = [&](model::BlobBatch& batch, std::string text) {
    model::BytesSource source(bytes_of(text));
    ids.push_back(batch.put(source, text.size())->id);
  };
  auto texts_of = [&](std::span<const model::BlobId> wanted) {
    model::BlobRun run;
    store->open_run(wanted, run);
    std::vector<std::string> texts;
    for (const auto& place : run.places) {
      EXPECT_TRUE(run.owner && place.mapped);
      std::string text(place.length, '\0');
      EXPECT_EQ(::pread(run.fd, text.data(), text.size(), static_cast<off_t>(place.offset)), std::ssize(text));
      EXPECT_EQ(text_of(Bytes(place.mapped, place.length)), text);
      texts.push_back(text);
    }
    return texts;
  };
  using Texts = std::vector<std::string>;
  for (char c = 'a'; c < 'g'; ++c) put(*other, std::string(900'000, c));  // more than is gathered: it has a pack now
  ids.clear();
  for (const auto* text : {"one", "two", "three"}) put(*one, text);
  EXPECT_EQ(texts_of(ids), Texts()) << "they are not there yet";
  put(*one, std::string(2'000'000, 'x'));  // not in a pack
  put(*one, "five");
  ASSERT_TRUE(one->commit());
  one = store->begin();
  put(*one, "again in the same pack");
  put(*other, "in another pack");
  ASSERT_TRUE(one->commit() && other->commit());
  std::span<const model::BlobId> all(ids);
  EXPECT_EQ(texts_of(all), Texts({"one", "two", "three"}));
  EXPECT_EQ(texts_of(all.subspan(2)), Texts({"three"}));
  EXPECT_EQ(texts_of(all.subspan(3)), Texts());
  EXPECT_EQ(texts_of(all.subspan(4)), Texts({"five", "again in the same pack"}));
  EXPECT_EQ(texts_of(all.subspan(6)), Texts({"in another pack"}));
  EXPECT_EQ(texts_of({}), Texts());
}

// A batch has a pack for itself; the next goes on with it.
TEST(FileBlobStore, GoesOnWithThePacksOfBatchesBefore) {
  TemporaryFolder folder;
  auto store = open(folder);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<model::BlobBatch>> batches;
    for (unsigned i = 0; i < 4; ++i) {
      batches.push_back(store->begin());
      for (unsigned j = 0; j < 5; ++j) {  // more than is gathered: it has a pack now
        auto content = noise(1'000'000, (static_cast<unsigned>(round) * 4 + i) * 5 + j);
        model::BytesSource source(bytes_of(content));
        ASSERT_TRUE(batches.back()->put(source, content.size()));
      }
    }
    for (const auto& batch : batches) ASSERT_TRUE(batch->commit());
  }
  EXPECT_EQ(files::list_packs(folder.path + "/packs")->plain.size(), 4u);
}

TEST(FileBlobStore, TakesNothingMoreIntoABatchThatFailed) {
  TemporaryFolder folder;
  auto store = open(folder);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = {1'500'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto batch = store->begin();
  auto put = [&](char c) {
    std::string content(900'000, c);
    model::BytesSource source(bytes_of(content));
    return batch->put(source, content.size());
  };
  bool failed = false;
  for (char c = 'a'; c < 'j' && !failed; ++c) failed = !put(c);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_TRUE(failed);
  EXPECT_FALSE(put('a'));
  EXPECT_FALSE(put('z'));
  EXPECT_FALSE(batch->commit());
  EXPECT_FALSE(batch->commit());
  batch.reset();
  auto blob = model::put_blob(*store, bytes_of("works again"));
  ASSERT_TRUE(blob);
  EXPECT_EQ(*model::read_blob(*store, blob->id), "works again");
  EXPECT_EQ(std::filesystem::file_size(only_file(folder.path + "/packs", ".pack")), 11u) << "room was not given back";
}

// Where an empty blob lies says nothing about where the pack ends.
TEST(FileBlobStore, GoesOnWithAPackWhoseLastBlobIsEmpty) {
  TemporaryFolder folder;
  auto first = model::put_blob(*open(folder), bytes_of("first"));
  std::vector<std::byte> record;
  files::append_pack_record(record, {{sha256_of({}), 0, crc32_of({})}, 3'000'000});
  auto index = only_file(folder.path + "/packs", ".idx");
  std::ofstream(index, std::ios::app | std::ios::binary) << text_of(record);
  auto blob = model::put_blob(*open(folder), bytes_of("more"));
  EXPECT_EQ(pack_bytes(folder), 9u);
  auto store = open(folder);
  EXPECT_EQ(*model::read_blob(*store, sha256_of({})), "");
  EXPECT_EQ(*model::read_blob(*store, first->id), "first");
  EXPECT_EQ(*model::read_blob(*store, blob->id), "more");
}

TEST(FileBlobStore, StoresASmallBlobAnewWhosePackWasCutShort) {
  TemporaryFolder folder;
  auto blob = model::put_blob(*open(folder), bytes_of("bytes that were cut off"));
  std::filesystem::resize_file(only_file(folder.path + "/packs", ".pack"), 3);
  auto store = open(folder);
  ASSERT_EQ(model::read_blob(*store, blob->id).error().code, Code::corrupt);
  ASSERT_TRUE(model::put_blob(*store, bytes_of("bytes that were cut off")));
  EXPECT_EQ(*model::read_blob(*store, blob->id), "bytes that were cut off");
  EXPECT_EQ(*model::read_blob(*open(folder), blob->id), "bytes that were cut off");
}

TEST(FileBlobStore, LosesOnlyTheBlobsOfAPackThatIsGone) {
  TemporaryFolder folder;
  auto lost = model::put_blob(*open(folder), bytes_of("lost"));
  std::filesystem::remove(only_file(folder.path + "/packs", ".pack"));
  auto store = open(folder);
  EXPECT_FALSE(store->find_size(lost->id));
  auto blob = model::put_blob(*store, bytes_of("kept"));
  ASSERT_TRUE(blob) << blob.error().message;
  EXPECT_EQ(*model::read_blob(*store, blob->id), "kept");
}

TEST(FileBlobStore, MendsALargeBlobThatWasCutShortWhenItIsPutAgain) {
  TemporaryFolder folder;
  auto store = open(folder);
  std::string content(2'000'000, 'x');
  auto blob = model::put_blob(*store, bytes_of(content));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path + "/large")) {
    if (entry.is_regular_file()) std::filesystem::resize_file(entry.path(), 100);
  }
  ASSERT_TRUE(model::put_blob(*store, bytes_of(content)));
  EXPECT_EQ(*model::read_blob(*store, blob->id), content);
}

TEST(FileBlobStore, LeavesNothingOfAnAbandonedBatch) {
  TemporaryFolder folder;
  auto store = open(folder);
  ASSERT_TRUE(model::put_blob(*store, bytes_of("first")));
  auto before = disk_usage(folder.path);
  {
    auto batch = store->begin();
    // The small ones are more than is gathered before it is written.
    for (std::size_t size : {5'000'000, 1'000'000, 999'999, 999'998, 999'997, 999'996, 999'995}) {
      std::string content(size, 'x');
      model::BytesSource source(bytes_of(content));
      ASSERT_TRUE(batch->put(source, content.size()));
    }
  }
  EXPECT_EQ(disk_usage(folder.path), before);
}

Result<model::CleanedBlobs> clean(model::BlobStore& store, const std::set<model::BlobId>& used) {
  std::atomic<bool> stop = false;
  std::function<bool(const model::BlobId&)> is_used = [&](const auto& id) { return used.contains(id); };
  return store.clean({is_used, SystemClock().now() + std::chrono::seconds(2), stop});
}

// Contents by their id, as one folder's blobs.
std::map<model::BlobId, std::string> put_some(model::BlobStore& store, std::size_t size, unsigned count,
                                              unsigned seed) {
  std::map<model::BlobId, std::string> contents;
  auto batch = store.begin();
  for (unsigned i = 0; i < count; ++i) {
    auto content = noise(size, seed + i);
    model::BytesSource source(bytes_of(content));
    contents.emplace(batch->put(source, size)->id, content);
  }
  EXPECT_TRUE(batch->commit());
  return contents;
}

std::set<model::BlobId> ids_of(const std::map<model::BlobId, std::string>& contents) {
  std::set<model::BlobId> ids;
  for (const auto& [id, content] : contents) ids.insert(id);
  return ids;
}

TEST(FileBlobStore, CleansAPackOnceHalfOfItIsUnused) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto some = put_some(*store, 100'000, 10, 1);
  auto used = ids_of(some);
  used.erase(used.begin());
  EXPECT_EQ(clean(*store, used)->set_aside, 0u);
  auto before = disk_usage(folder.path);
  while (used.size() > 3) used.erase(used.begin());
  EXPECT_EQ(clean(*store, used)->set_aside, 7u);
  EXPECT_EQ(clean(*store, used)->removed, 7u);
  EXPECT_LT(disk_usage(folder.path), before / 2);
  auto again = open(folder);
  for (const auto& id : used) EXPECT_EQ(*model::read_blob(*again, id), some[id]);
}

TEST(FileBlobStore, CleansAllPacksInTheSameTwoSteps) {
  TemporaryFolder folder;
  std::set<model::BlobId> used;
  {
    std::vector<std::unique_ptr<model::BlobStore>> stores;
    for (unsigned i = 0; i < 4; ++i) {  // a pack for each, since the others are held
      stores.push_back(open(folder));
      used.insert(put_some(*stores.back(), 50'000, 9, 100 * i).begin()->first);
    }
  }
  EXPECT_EQ(files::list_packs(folder.path + "/packs")->plain.size(), 4u);
  std::atomic<bool> stop = false;
  std::function<bool(const model::BlobId&)> is_used = [&](const auto& id) { return used.contains(id); };
  auto make_old = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path + "/packs")) {
      struct timespec times[2] = {{1, 0}, {1, 0}};
      ASSERT_EQ(::utimensat(AT_FDCWD, entry.path().c_str(), times, 0), 0);
    }
  };
  auto hour_ago = [] { return SystemClock().now() - std::chrono::hours(1); };
  auto store = open(folder);
  make_old();
  EXPECT_EQ(store->clean({is_used, hour_ago(), stop})->set_aside, 32u);
  make_old();
  EXPECT_EQ(store->clean({is_used, hour_ago(), stop})->removed, 32u);
  EXPECT_LT(disk_usage(folder.path), 300'000u);
  for (const auto& id : used) EXPECT_EQ(store->find_size(id), 50'000u);
}

TEST(FileBlobStore, LetsAnotherProcessReadAndPutWhileItsPacksAreRemoved) {
  TemporaryFolder folder;
  auto one = open(folder), other = open(folder);
  auto some = put_some(*one, 50'000, 10, 1);
  std::set<model::BlobId> used{some.begin()->first};
  for (const auto& [id, content] : some) EXPECT_TRUE(other->find_size(id));  // it knows them where they are
  ASSERT_TRUE(clean(*one, used));
  for (const auto& [id, content] : some) EXPECT_EQ(*model::read_blob(*other, id), content);
  ASSERT_TRUE(clean(*one, used));
  auto last = some.rbegin()->second;
  auto put = model::put_blob(*other, bytes_of(last));  // must not be taken for there
  ASSERT_TRUE(put);
  used.insert(put->id);
  for (const auto& id : used) {
    EXPECT_EQ(*model::read_blob(*one, id), some[id]);
    EXPECT_EQ(*model::read_blob(*other, id), some[id]);
    EXPECT_EQ(*model::read_blob(*open(folder), id), some[id]);
  }
}

TEST(FileBlobStore, LosesNothingWhateverItsProcessesDo) {
  TemporaryFolder folder;
  std::mt19937 random(20261126);
  std::array stores{open(folder), open(folder)};
  std::map<model::BlobId, std::string> used;
  unsigned seed = 1000;
  for (int step = 0; step < 300; ++step) {
    auto& store = *stores[random() % 2];
    auto what = random() % 10;
    if (what < 5) {
      used.merge(put_some(store, random() % 8 == 0 ? 1'200'000 : 1 + random() % 60'000, 1 + random() % 5,
                          random() % 3 ? seed += 10 : 1000 + random() % 500));
    } else if (what < 7) {
      std::erase_if(used, [&](const auto&) { return random() % 3 == 0; });
    } else if (what < 9) {
      auto cleaned = clean(store, ids_of(used));
      ASSERT_TRUE(cleaned) << cleaned.error().message;
      ASSERT_TRUE(cleaned->left.empty()) << cleaned->left[0];
    } else {
      stores[random() % 2] = open(folder);
    }
    for (const auto& [id, content] : used) {
      auto read = model::read_blob(*stores[random() % 2], id);
      ASSERT_TRUE(read) << "step " << step << ": " << read.error().message;
      ASSERT_EQ(*read, content);
    }
  }
  for (auto& store : stores) ASSERT_TRUE(clean(*store, ids_of(used)));
  ASSERT_TRUE(clean(*stores[0], ids_of(used)));
  std::size_t kept = 0;
  for (const auto& [id, content] : used) kept += content.size();
  EXPECT_LT(disk_usage(folder.path), 3 * kept + 1'000'000);
}

TEST(FileBlobStore, LosesNothingWhileManyCommitAndOneCleans) {
  TemporaryFolder folder;
  std::array stores{open(folder), open(folder)};
  constexpr unsigned kThreads = 4, kEach = 60;
  std::vector<std::string> contents;
  std::set<model::BlobId> used;
  for (unsigned i = 0; i < kThreads * kEach; ++i) {
    contents.push_back(noise(1000 + 13 * i, i));
    used.insert(sha256_of(bytes_of(contents.back())));
  }
  std::atomic<unsigned> running = kThreads;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      auto& store = *stores[t % 2];
      for (unsigned i = 0; i < kEach; ++i) {
        EXPECT_TRUE(model::put_blob(store, bytes_of(contents[t * kEach + i])));
        EXPECT_TRUE(model::put_blob(store, bytes_of(noise(40'000, 10'000 + t * kEach + i))));  // nobody uses it
        for (unsigned k = 0; k <= i; k += 7) {
          auto read = model::read_blob(store, sha256_of(bytes_of(contents[t * kEach + k])));
          EXPECT_TRUE(read) << read.error().message;
        }
      }
      --running;
    });
  }
  std::uint64_t removed = 0;
  for (unsigned i = 0; running > 0; ++i) removed += clean(*stores[i % 2], used)->removed;
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < 2; ++i) removed += clean(*stores[0], used)->removed;
  EXPECT_GT(removed, 0u);
  auto again = open(folder);
  for (const auto& content : contents) {
    for (const auto* store : {stores[0].get(), stores[1].get(), again.get()})
      ASSERT_TRUE(model::read_blob(*store, sha256_of(bytes_of(content))));
  }
}

TEST(FileBlobStore, LeavesAPackWhoseIndexIsDamaged) {
  TemporaryFolder folder;
  auto some = put_some(*open(folder), 50'000, 10, 1);
  auto pack = only_file(folder.path + "/packs", ".pack"), index = only_file(folder.path + "/packs", ".idx");
  { std::fstream(index, std::ios::in | std::ios::out | std::ios::binary).seekp(5 * 56 + 3) << "xxxx"; }
  for (int i = 0; i < 3; ++i) {
    auto cleaned = clean(*open(folder), {});
    ASSERT_TRUE(cleaned);
    ASSERT_EQ(cleaned->left.size(), 1u);
    EXPECT_NE(cleaned->left[0].find("its index is damaged"), std::string::npos);
  }
  EXPECT_TRUE(std::filesystem::exists(pack));
}

TEST(FileBlobStore, GoesByTheAgeOfAPacksContentsAndNotOfItsIndex) {
  TemporaryFolder folder;
  auto some = put_some(*open(folder), 50'000, 10, 1);
  auto pack = only_file(folder.path + "/packs", ".pack");
  struct timespec times[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, pack.c_str(), times, 0), 0);
  auto store = open(folder);
  put_some(*store, 50'000, 1, 1);  // found, which makes the index durable once more
  std::atomic<bool> stop = false;
  std::function<bool(const model::BlobId&)> is_used = [](const auto&) { return false; };
  EXPECT_EQ(store->clean({is_used, Seconds(std::chrono::hours(24)), stop})->set_aside, 10u);
}

TEST(FileBlobStore, KeepsAPackWhoseUsedBlobIsDamagedAndSaysSo) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto some = put_some(*store, 50'000, 10, 1);
  std::set<model::BlobId> used{some.begin()->first};
  auto pack = only_file(folder.path + "/packs", ".pack");
  std::string zeros(pack_bytes(folder), '\0');
  { std::fstream(pack, std::ios::in | std::ios::out | std::ios::binary) << zeros; }
  for (int i = 0; i < 3; ++i) {
    auto cleaned = clean(*store, used);
    ASSERT_TRUE(cleaned);
    ASSERT_EQ(cleaned->left.size(), 1u);
    EXPECT_NE(cleaned->left[0].find("its blob " + used.begin()->hex() + " is damaged"), std::string::npos);
  }
  EXPECT_TRUE(std::filesystem::exists(pack));
}

TEST(FileBlobStore, RemovesWhatKilledProcessesLeft) {
  TemporaryFolder folder;
  auto store = open(folder);
  auto orphan = folder.path + "/packs/0123456789abcdef.pack", incoming = folder.path + "/large/incoming-abc123",
       repair = folder.path + "/large/ab/" + std::string(62, 'c') + ".repair";
  for (const auto& file : {orphan, incoming, repair}) std::ofstream(file) << "left";
  ASSERT_TRUE(clean(*store, {}));
  for (const auto& file : {orphan, incoming, repair}) EXPECT_FALSE(std::filesystem::exists(file)) << file;
}

TEST(FileBlobStore, IsCleanedByOneAtATime) {
  TemporaryFolder folder;
  auto one = open(folder), other = open(folder);
  ASSERT_TRUE(model::put_blob(*one, bytes_of("x")));
  std::atomic<bool> stop = false;
  std::optional<Error> refused;
  std::function<bool(const model::BlobId&)> is_used = [&](const auto&) {
    if (auto second = clean(*other, {}); !second) refused = second.error();
    return true;
  };
  ASSERT_TRUE(one->clean({is_used, SystemClock().now() + std::chrono::seconds(2), stop}));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, Code::unavailable);
}

}  // namespace
}  // namespace dray
