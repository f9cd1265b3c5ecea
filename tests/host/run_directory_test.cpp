#include "host/store/run_directory.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "host/plan/run_identity.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunDirectoryTest : public ::testing::Test {
 protected:
  static RunDirectory::Writer open(const RunDirectory& directory, const std::string& grid) {
    const Manifest manifest = testing::manifest_with_grid(grid);
    return directory.open_for_writing(manifest);
  }

  static std::string open_error(const RunDirectory& directory, const std::string& grid) {
    try {
      open(directory, grid);
    } catch (const std::exception& e) {
      return e.what();
    }
    return "no error";
  }

  testing::TemporaryDirectory temporary_;
  RunDirectory directory_{temporary_.path() / "a" / "b"};
};

TEST_F(RunDirectoryTest, IsCreatedWithTheManifestAsGivenAndResolved) {
  open(directory_, "{depth: [1, 2], width: 3}");

  std::ifstream given(directory_.path() / "manifest.yaml");
  const std::string text{std::istreambuf_iterator<char>(given), {}};
  EXPECT_EQ(text, testing::manifest_text("{depth: [1, 2], width: 3}"));
  EXPECT_EQ(expand_grid(directory_.manifest()).size(), 2U);
}

TEST_F(RunDirectoryTest, ASecondWriterIsRefusedNamingTheFirst) {
  const auto first = open(directory_, "{depth: 1, width: 3}");

  EXPECT_THAT(open_error(directory_, "{depth: 1, width: 3}"),
              HasSubstr("is in use by process " + std::to_string(getpid())));
  EXPECT_THAT(directory_.writers().at(0), HasSubstr(std::to_string(getpid())));
}

TEST_F(RunDirectoryTest, ShardsWriteSideBySideAndSeeEachOthersResults) {
  const Manifest manifest = testing::manifest_with_grid("{depth: 1, width: 3, seed: {count: 2}}");
  const std::vector<RunSpec> runs = expand_grid(manifest);
  auto first = directory_.open_for_writing(manifest, Shard{.index = 1, .count = 2});
  first.store.begin_session();
  first.store.commit(std::vector{testing::result_of(runs[0], RunStatus::failed)});

  auto second = directory_.open_for_writing(manifest, Shard{.index = 2, .count = 2});

  ASSERT_EQ(second.others.size(), 1U);
  EXPECT_EQ(second.others[0].outcomes().count(run_id(runs[0])), 1U);
  EXPECT_EQ(second.store.shard(), (Shard{.index = 2, .count = 2}));
  EXPECT_THAT(directory_.writers(), ElementsAre(HasSubstr("shard 1/2"), HasSubstr("shard 2/2")));
  EXPECT_THAT(directory_.databases(),
              ElementsAre(directory_.path() / "runs-1.db", directory_.path() / "runs-2.db"));
}

TEST_F(RunDirectoryTest, AnotherManifestIsRefusedWhileShardsAreBeingWritten) {
  const Manifest manifest = testing::manifest_with_grid("{depth: 1, width: 3}");
  const auto first = directory_.open_for_writing(manifest, Shard{.index = 1, .count = 2});

  EXPECT_THAT(open_error(directory_, "{depth: [1, 2], width: 3}"),
              AllOf(HasSubstr("shard 1/2"), HasSubstr("with another manifest")));

  EXPECT_EQ(expand_grid(directory_.manifest()).size(), 1U);
  EXPECT_EQ(open_error(directory_, "{depth: 1, width: 3}"), "no error");
}

TEST_F(RunDirectoryTest, ADatabaseThatHasJustBegunIsNoResultYet) {
  open(directory_, "{depth: 1, width: 3}");
  std::ofstream(directory_.path() / "runs-7.db").close();
  std::ofstream(directory_.path() / "runs-x.db") << "not ours";

  EXPECT_EQ(directory_.open_for_reading().size(), 1U);
}

TEST_F(RunDirectoryTest, ALockWhoseFileWasRemovedIsNotHeldByTwo) {
  open(directory_, "{depth: 1, width: 3}");
  const std::filesystem::path file = directory_.path() / "runs-0.lock";
  const WriterLock first(file);
  first.remove_file();

  const WriterLock second(file);

  EXPECT_THROW(WriterLock third(file), DirectoryError);
  EXPECT_TRUE(WriterLock::holder(file));
}

TEST_F(RunDirectoryTest, TheLockEndsWithItsHolder) {
  open(directory_, "{depth: 1, width: 3}");

  EXPECT_TRUE(directory_.writers().empty());
  EXPECT_EQ(open_error(directory_, "{depth: 1, width: 3}"), "no error");
}

TEST_F(RunDirectoryTest, AnOverlappingManifestExtendsTheSweepAndKeepsTheEarlierOne) {
  open(directory_, "{depth: [1, 2], width: 3}");

  EXPECT_EQ(open_error(directory_, "{depth: [2, 4], width: 3}"), "no error");

  EXPECT_TRUE(std::filesystem::exists(directory_.path() / "manifest-1.yaml"));
  EXPECT_EQ(expand_grid(directory_.manifest())[1].depth, 4);
}

TEST_F(RunDirectoryTest, PartsOfOneSweepShareADirectoryInAnyOrder) {
  for (const char* grid :
       {"{depth: 1, width: 3}", "{depth: [1, 2], width: 3}", "{depth: 2, width: 3}",
        "{depth: 1, width: 3}", "{depth: 1, width: 3, seed: {from: 40, count: 40}}"}) {
    EXPECT_EQ(open_error(directory_, grid), "no error") << grid;
  }
}

TEST_F(RunDirectoryTest, ARunInCommonMakesASweepOfAnotherNameWelcome) {
  {
    RunDirectory::Writer writer = open(directory_, "{depth: [1, 2], width: 3}");
    writer.store.begin_session();
    writer.store.commit(std::vector{
        testing::result_of(testing::runs_of("{depth: 2, width: 3}")[0], RunStatus::failed)});
  }
  Manifest other = testing::manifest_with_grid("{depth: [2, 3], width: 3}");
  other.name = "other";

  EXPECT_NO_THROW(directory_.open_for_writing(other));
}

TEST_F(RunDirectoryTest, AManifestOfTheUsersOwnIsNotOverwritten) {
  std::filesystem::create_directories(directory_.path());
  std::ofstream(directory_.path() / "manifest.yaml") << "precious: true\n";

  EXPECT_THAT(open_error(directory_, "{depth: 1, width: 3}"), HasSubstr("is in the way"));

  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "runs-0.db"));
}

TEST_F(RunDirectoryTest, ResolvedManifestsMayBeLargerThanGivenOnes) {
  std::string grid = "{depth: 1, width: 3, seed: [0";
  for (int seed = 1; seed < 100'000; ++seed)
    grid += "," + std::to_string(seed);
  const std::string text = testing::manifest_text(grid + "]}");
  ASSERT_LT(text.size(), kMaxManifestBytes);
  const Manifest manifest = parse_manifest(text, "m.yaml");

  directory_.open_for_writing(manifest);

  EXPECT_EQ(expand_grid(directory_.manifest()).size(), 100'000U);
}

TEST_F(RunDirectoryTest, AnUnrelatedManifestIsRefusedAndNothingChanges) {
  open(directory_, "{depth: [1, 2], width: 3}");

  Manifest other = testing::manifest_with_grid("{depth: [1, 2], width: 4}");
  other.name = "other";

  EXPECT_THROW(
      {
        try {
          directory_.open_for_writing(other);
        } catch (const DirectoryError& e) {
          EXPECT_THAT(
              e.what(),
              HasSubstr("holds another sweep ('test', with no run in common with 'other')"));
          throw;
        }
      },
      DirectoryError);

  EXPECT_EQ(expand_grid(directory_.manifest())[0].width, 3);
}

TEST_F(RunDirectoryTest, AFileInTheWayIsExplained) {
  std::ofstream(temporary_.path() / "a") << "x";

  EXPECT_THAT(open_error(directory_, "{depth: 1, width: 3}"),
              HasSubstr("cannot create the directory"));
}

TEST_F(RunDirectoryTest, ReadingAnythingElseIsExplained) {
  EXPECT_THROW(directory_.open_for_reading(), DirectoryError);
  try {
    RunDirectory(temporary_.path()).open_for_reading();
    FAIL();
  } catch (const DirectoryError& e) {
    EXPECT_THAT(e.what(), HasSubstr("holds no results"));
  }
}

}  // namespace
}  // namespace vnsweep
