// Archives in both directions between us and the tools that people have.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "lang/zip/testing/archives.h"

namespace dray::zip {
namespace {

struct Outcome {
  int status = -1;
  std::string output;
};
Outcome run(const std::string& command) {
  Outcome outcome;
  auto pipe = ::popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (auto got = std::fread(buffer, 1, sizeof buffer, pipe)) outcome.output.append(buffer, got);
  outcome.status = ::pclose(pipe);
  return outcome;
}

bool has(const std::string& tool) { return run("command -v " + tool).status == 0; }

#define SKIP_WITHOUT(tool) \
  if (!has(tool)) GTEST_SKIP() << tool << " is not installed"

// A folder of its own for each test, with one archive in it.
class Exchange : public ::testing::Test {
 protected:
  Exchange() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dray-zip-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Exchange() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string archive() const { return path("archive.zip"); }

  void write(const std::string& name, std::string_view content, ByteCount offset = 0) {
    auto fd = open_file(path(name), O_WRONLY | O_CREAT);
    ASSERT_TRUE(fd);
    ASSERT_TRUE(write_at(fd->get(), offset, bytes_of(content), name));
  }
  void write_ours() { write("archive.zip", testing::make_archive(files())); }
  void run_in_folder(const std::string& command) {
    auto outcome = run("cd " + folder_ + " && " + command);
    ASSERT_EQ(outcome.status, 0) << outcome.output;
  }
  void python(const std::string& script) {
    write("make.py", script);
    run_in_folder("python3 make.py");
  }

  static std::vector<testing::File> files() {
    return {{"hero.jpg", std::string(100'000, 'h')},
            {"Gr\u00FC\u00DFe/", ""},
            {"Gr\u00FC\u00DFe/\u5199\u771F.png", "png"},
            {"empty", ""},
            {"old", "1901", Seconds{std::chrono::seconds(-2'000'000'000)}},
            {"late", "2100", Seconds{std::chrono::seconds(4'102'444'800)}}};
  }

  // Every entry of the archive, checked and read; name and length of each.
  std::vector<std::pair<std::string, std::size_t>> read_all() {
    auto text = read_file(archive(), 100'000'000);
    EXPECT_TRUE(text);
    testing::TextInput input(*text);
    auto directory = read_directory(input);
    EXPECT_TRUE(directory) << directory.error().message;
    std::vector<std::pair<std::string, std::size_t>> found;
    if (!directory) return found;
    zip64_ = directory->zip64;
    for (auto& entry : directory->entries) {
      flags_ |= entry.flags;
      deflated_ |= entry.method == Method::deflated;
      std::size_t length = 0;
      auto result = read_entry(input, entry, [&](Bytes bytes) {
        length += bytes.size();
        return ok();
      });
      EXPECT_TRUE(result) << entry.name << ": " << result.error().message;
      found.emplace_back(entry.name, length);
    }
    return found;
  }

  std::string folder_;
  unsigned flags_ = 0;
  bool deflated_ = false, zip64_ = false;
};

using Names = std::vector<std::pair<std::string, std::size_t>>;

TEST_F(Exchange, UnzipTestsOurArchive) {
  SKIP_WITHOUT("unzip");
  write_ours();
  auto outcome = run("LC_ALL=C.UTF-8 unzip -t " + archive());
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("No errors detected"), std::string::npos) << outcome.output;
}

TEST_F(Exchange, BsdtarListsAndStreamsOurArchive) {
  SKIP_WITHOUT("bsdtar");
  write_ours();
  auto list = run("TZ=UTC LC_ALL=C.UTF-8 bsdtar -tvf " + archive());
  EXPECT_EQ(list.status, 0) << list.output;
  EXPECT_NE(list.output.find("Gr\u00FC\u00DFe/\u5199\u771F.png"), std::string::npos) << list.output;
  EXPECT_NE(list.output.find("drwxr-xr-x"), std::string::npos) << list.output;
  auto stream = run("LC_ALL=C.UTF-8 bsdtar -xOf - < " + archive());
  EXPECT_EQ(stream.status, 0) << stream.output;
  EXPECT_EQ(stream.output, std::string(100'000, 'h') + "png19012100");
}

TEST_F(Exchange, PythonReadsOurArchive) {
  SKIP_WITHOUT("python3");
  write_ours();
  python(R"(
import zipfile
z = zipfile.ZipFile("archive.zip")
assert z.testzip() is None
names = [i.filename for i in z.infolist()]
assert names == ["hero.jpg", "Gr\u00fc\u00dfe/", "Gr\u00fc\u00dfe/\u5199\u771f.png", "empty", "old", "late"], names
first = z.infolist()[0]
assert (first.external_attr, first.create_version, first.date_time) == (0o100644 << 16, 45, (2023, 11, 14, 22, 13, 20))
)");
}

TEST_F(Exchange, OthersCountOurEntriesAround65535) {
  SKIP_WITHOUT("python3");
  for (std::size_t count : {65'534u, 65'535u, 65'536u}) {
    std::vector<testing::File> files(count);
    for (std::size_t i = 0; i < count; ++i) files[i].name = std::to_string(i);
    auto name = std::to_string(count) + ".zip";
    write(name, testing::make_archive(files));
    run_in_folder("python3 -c \"import zipfile; assert len(zipfile.ZipFile('" + name +
                  "').namelist()) == " + std::to_string(count) + "\"");
    if (has("unzip")) run_in_folder("unzip -tqq " + name);
    if (has("bsdtar")) run_in_folder("test $(bsdtar -tf " + name + " | wc -l) = " + std::to_string(count));
  }
}

// A file with a hole: its directory is read without reading the gigabytes.
TEST_F(Exchange, OthersListOurArchiveBeyondFourGibibytes) {
  for (ByteCount size : {0xFFFFFFFEull, 0xFFFFFFFFull, 0x100000000ull}) {
    Entry big{.name = "big", .crc32 = crc32_of_zeros(size), .size = size, .stored_size = size};
    Entry far{.name = "far",
              .crc32 = crc32_of(bytes_of("x")),
              .size = 1,
              .stored_size = 1,
              .local_offset = local_header_size(big) + size};
    std::string head, tail;
    append_local_header(big, head);
    append_local_header(far, tail);
    tail += "x";
    EndOfArchive end{2, far.local_offset + tail.size(), central_record_size(big) + central_record_size(far)};
    append_central_record(big, tail);
    append_central_record(far, tail);
    append_end_records(end, tail);
    write("archive.zip", head);
    write("archive.zip", tail, far.local_offset);

    if (has("python3")) {
      run_in_folder(
          "python3 -c \"import zipfile; z = zipfile.ZipFile('archive.zip'); assert z.read('far') == b'x'; "
          "assert z.getinfo('big').file_size == " +
          std::to_string(size) + "\"");
    }
    // After an entry of exactly 2^32 - 1 bytes unzip 6.0 mistakes that size for a marker and misreads the next entry.
    if (has("unzip") && size != 0xFFFFFFFF) {
      run_in_folder("unzip -tqq archive.zip far && unzip -l archive.zip | grep -q " + std::to_string(size));
    }
    if (has("bsdtar")) run_in_folder("bsdtar -tvf archive.zip | grep -q " + std::to_string(size));
    std::filesystem::remove(archive());
  }
}

TEST_F(Exchange, WeReadInfoZip) {
  SKIP_WITHOUT("zip");
  write("text", std::string(50'000, 't'));
  run_in_folder("mkdir sub && echo inner > sub/\u00FC && zip -qr archive.zip text sub");
  EXPECT_EQ(read_all(), (Names{{"text", 50'000}, {"sub/", 0}, {"sub/\u00FC", 6}}));
  EXPECT_TRUE(deflated_);
}

TEST_F(Exchange, WeReadInfoZipFromAPipe) {  // data descriptors, and Zip64 before it is known to be needed
  SKIP_WITHOUT("zip");
  write("text", std::string(50'000, 't'));
  run_in_folder("cat text | zip -q - - | cat > archive.zip");
  EXPECT_EQ(read_all(), (Names{{"-", 50'000}}));
  EXPECT_TRUE(flags_ & 8);
}

TEST_F(Exchange, WeReadBsdtar) {
  SKIP_WITHOUT("bsdtar");
  write("text", std::string(50'000, 't'));
  run_in_folder("LC_ALL=C.UTF-8 bsdtar -cf archive.zip --format zip text");
  EXPECT_EQ(read_all(), (Names{{"text", 50'000}}));
}

TEST_F(Exchange, WeReadPythonWithZip64AndDataDescriptors) {
  SKIP_WITHOUT("python3");
  python(R"(
import io, zipfile
class Pipe(io.RawIOBase):
    def __init__(self): self.data = b""
    def writable(self): return True
    def write(self, b): self.data += bytes(b); return len(b)
    def seekable(self): return False
out = Pipe()
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
    z.comment = b"a comment"
    z.writestr("a.txt", b"a" * 70000)
    with z.open("wide", "w", force_zip64=True) as f: f.write(b"w" * 10)
    z.writestr(zipfile.ZipInfo("stored"), b"s", zipfile.ZIP_STORED)
open("archive.zip", "wb").write(out.data)
)");
  EXPECT_EQ(read_all(), (Names{{"a.txt", 70'000}, {"wide", 10}, {"stored", 1}}));
  EXPECT_TRUE(flags_ & 8);
  EXPECT_TRUE(deflated_);
}

TEST_F(Exchange, WeReadPythonWithManyEntries) {
  SKIP_WITHOUT("python3");
  python(R"(
import zipfile
with zipfile.ZipFile("archive.zip", "w") as z:
    for i in range(65536): z.writestr(str(i), b"")
)");
  EXPECT_EQ(read_all().size(), 65'536u);
  EXPECT_TRUE(zip64_);
}

}  // namespace
}  // namespace dray::zip
