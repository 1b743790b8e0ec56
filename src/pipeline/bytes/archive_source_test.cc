#include "pipeline/bytes/archive_source.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <random>

#include "base/file.h"

#include "lang/zip/reader.h"
#include "model/blobs/memory_blob_store.h"
#include "pipeline/bytes/blob_source.h"

namespace dray::pipeline {
namespace {

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(generator());
  return text;
}

std::string read(const ByteSource& source, ByteRange range) {
  auto cursor = source.open_cursor(range.offset);
  std::string out;
  while (out.size() < range.length) {
    auto piece = cursor->next();
    EXPECT_TRUE(piece) << piece.error().message;
    if (!piece || piece->length() == 0) break;
    if (piece->literal.empty()) {
      std::string part(piece->region.length, '\0');
      EXPECT_EQ(::pread(piece->region.fd, part.data(), part.size(), static_cast<off_t>(piece->region.offset)),
                static_cast<ssize_t>(part.size()));
      out += part;
    } else {
      out += piece->literal;
    }
  }
  out.resize(std::min<ByteCount>(out.size(), range.length));
  return out;
}

class TextInput final : public zip::Input {
 public:
  explicit TextInput(std::string text) : text_(std::move(text)) {}
  ByteCount size() const override { return text_.size(); }
  Result<std::size_t> read_at(ByteCount offset, MutableBytes into) const override {
    auto rest = bytes_of(text_).subspan(std::min<std::size_t>(offset, text_.size()));
    auto count = std::min(into.size(), rest.size());
    std::copy_n(rest.begin(), count, into.begin());
    return count;
  }

 private:
  std::string text_;
};

// Has its blobs in one file, one after another, and opens many of them in one go.
class RunStore final : public model::BlobStore {
 public:
  explicit RunStore(const model::BlobStore& from)
      : from_(from), file_(std::make_shared<UniqueFd>(::memfd_create("run", 0))) {
    EXPECT_TRUE(from.visit([&](const model::BlobId& id) {
      auto content = *model::read_blob(from, id);
      places_[id] = {end_, content.size(), nullptr};
      EXPECT_TRUE(write_at(file_->get(), end_, bytes_of(content), "run"));
      end_ += content.size();
      return ok();
    }));
  }
  std::unique_ptr<model::BlobBatch> begin() override { return nullptr; }
  Result<model::OpenBlob> open(const model::BlobId& id) const override {
    ++opened_singly;
    return from_.open(id);
  }
  void open_run(std::span<const model::BlobId> ids, model::BlobRun& run) const override {
    run = {file_->get(), file_, {}};
    for (const auto& id : ids.first(std::min(longest_run, ids.size()))) {
      if (id == missing) return;
      run.places.push_back(places_.at(id));
      if (id == wrong) ++run.places.back().length;
    }
  }
  std::optional<ByteCount> find_size(const model::BlobId& id) const override { return from_.find_size(id); }
  Result<model::CleanedBlobs> clean(const model::CleaningOrder&) override { return model::CleanedBlobs(); }
  Result<void> visit(const std::function<Result<void>(const model::BlobId&)>& visit) const override {
    return from_.visit(visit);
  }

  std::size_t longest_run = 1000;
  model::BlobId missing, wrong;  // of which runs say nothing, or a wrong length
  mutable int opened_singly = 0;

 private:
  const model::BlobStore& from_;
  std::shared_ptr<UniqueFd> file_;
  ByteCount end_ = 0;
  std::map<model::BlobId, model::BlobRun::Place> places_;
};

class ArchiveSourceTest : public testing::Test {
 protected:
  void add(const std::string& name, const std::string& content) {
    SelectedEntry entry;
    entry.content = *model::put_blob(*blobs_, bytes_of(content));
    entry.modified = Seconds(std::chrono::seconds(1'700'000'000));
    archive_.entries.push_back({name, static_cast<std::uint32_t>(selection_.entries.size())});
    selection_.entries.push_back(entry);
  }
  std::shared_ptr<const ByteSource> open() {
    auto layout = *lay_out(archive_, selection_);
    manifest_id_ = model::put_blob(*blobs_, bytes_of(format_manifest(layout)))->id;
    return make_archive_source(*OpenManifest::open(*blobs_, manifest_id_), *blobs_);
  }

  std::unique_ptr<model::BlobStore> blobs_ = model::make_memory_blob_store();
  Selection selection_;
  PlannedArchive archive_{"x.zip", {}};
  model::BlobId manifest_id_;
};

TEST_F(ArchiveSourceTest, IsAZipThatOurReaderTakes) {
  add("a.jpg", noise(1000, 1));
  add("empty", "");
  archive_.entries.push_back({"folder/", kDirectoryEntry});
  add("big.mov", noise(300'000, 2));
  auto source = open();
  TextInput input(read(*source, {0, source->size()}));
  ASSERT_EQ(input.size(), source->size());
  auto directory = zip::read_directory(input);
  ASSERT_TRUE(directory) << directory.error().message;
  ASSERT_EQ(directory->entries.size(), 4u);
  std::string content;
  for (auto& entry : directory->entries) {
    auto done = zip::read_entry(input, entry, [&](Bytes bytes) {
      content += text_of(bytes);
      return ok();
    });
    ASSERT_TRUE(done) << done.error().message;
  }
  EXPECT_EQ(content, noise(1000, 1) + noise(300'000, 2));
}

TEST_F(ArchiveSourceTest, GivesEveryRangeOfTheSameBytes) {
  for (int i = 0; i < 40; ++i)
    add("file" + std::to_string(i), noise(static_cast<std::size_t>(i % 5) * 777, static_cast<unsigned>(i)));
  auto source = open();
  auto whole = read(*source, {0, source->size()});
  for (ByteCount offset = 0; offset < whole.size(); offset += 13)
    EXPECT_EQ(read(*source, {offset, 50}), whole.substr(offset, 50));
  std::mt19937 generator(5);
  for (int i = 0; i < 300; ++i) {
    auto offset = generator() % whole.size(), length = 1 + generator() % 20'000;
    ASSERT_EQ(read(*source, {offset, length}), whole.substr(offset, length)) << offset << " + " << length;
  }
  EXPECT_EQ(read(*source, {whole.size() - 1, 1}), whole.substr(whole.size() - 1));
}

TEST_F(ArchiveSourceTest, GoesOnWhereItWasAfterARest) {
  add("a", noise(100'000, 1));
  add("b", noise(100'000, 2));
  auto source = open();
  auto whole = read(*source, {0, source->size()});
  auto cursor = source->open_cursor(0);
  std::string out;
  for (;;) {
    auto piece = *cursor->next();
    if (piece.length() == 0) break;
    out += piece.literal;
    cursor->rest();
  }
  EXPECT_EQ(out, whole);
}

TEST_F(ArchiveSourceTest, GivesTheSameBytesWhereManyBlobsAreOpenedAtOnce) {
  for (unsigned i = 0; i < 300; ++i) add(std::to_string(i), noise(i % 7 == 0 ? 0 : i * 13 % 500, i));
  auto singly = open();
  auto whole = read(*singly, {0, singly->size()});
  auto manifest = *OpenManifest::open(*blobs_, manifest_id_);
  for (std::size_t longest : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
    RunStore store(*blobs_);
    store.longest_run = longest;
    store.missing = selection_.entries[100].content.id;
    store.wrong = selection_.entries[200].content.id;
    auto source = make_archive_source(manifest, store);
    EXPECT_TRUE(read(*source, {0, source->size()}) == whole) << longest;
    if (longest > 0) {
      EXPECT_EQ(store.opened_singly, 2) << "the missing and the wrong one";
    }
    std::mt19937 generator(1);
    auto cursor = source->open_cursor(0);
    ByteCount at = 0;
    for (int step = 0; step < 3000; ++step) {
      if (step % 5 == 0) cursor->seek(at = generator() % whole.size());
      if (step % 7 == 0) {
        cursor->rest();
        cursor->seek(at);
      }
      auto piece = cursor->next();
      ASSERT_TRUE(piece) << piece.error().message;
      std::string got(piece->literal);
      if (got.empty()) {
        got.resize(piece->region.length);
        ASSERT_EQ(::pread(piece->region.fd, got.data(), got.size(), static_cast<off_t>(piece->region.offset)),
                  std::ssize(got));
      }
      ASSERT_EQ(got, whole.substr(at, got.size())) << at;
      at += got.size();
      if (at == whole.size()) cursor->seek(at = 0);
    }
  }
}

TEST_F(ArchiveSourceTest, IsAnEmptyZipWithoutEntries) {
  auto source = open();
  EXPECT_EQ(source->size(), 22u);
  EXPECT_EQ(read(*source, {0, 22}).substr(0, 4), "PK\x05\x06");
}

TEST_F(ArchiveSourceTest, SaysThatABlobIsGone) {
  SelectedEntry entry;
  entry.content = {sha256_of(bytes_of("gone")), 4, 0};
  selection_.entries.push_back(entry);
  archive_.entries.push_back({"gone", 0});
  auto cursor = open()->open_cursor(0);
  EXPECT_TRUE(cursor->next());  // the header
  EXPECT_EQ(cursor->next().error().code, Code::not_found);
}

TEST_F(ArchiveSourceTest, SharesAManifestThatIsOpen) {
  add("a", "x");
  open();
  ManifestCache cache(*blobs_);
  auto one = *cache.open(manifest_id_), other = *cache.open(manifest_id_);
  EXPECT_EQ(one, other);
  EXPECT_FALSE(cache.open(selection_.entries[0].content.id)) << "a blob that is no manifest";
}

TEST_F(ArchiveSourceTest, ServesOneBlobBare) {
  auto content = noise(200'000, 3);
  auto blob = *model::put_blob(*blobs_, bytes_of(content));
  auto source = make_blob_source(*blobs_, blob.id, blob.size);
  EXPECT_EQ(read(*source, {0, source->size()}), content);
  EXPECT_EQ(read(*source, {150'000, 100}), content.substr(150'000, 100));
  EXPECT_EQ(make_blob_source(*blobs_, blob.id, 1)->open_cursor(0)->next().error().code, Code::corrupt);
}

}  // namespace
}  // namespace dray::pipeline
