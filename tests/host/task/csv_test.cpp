#include "host/task/csv.hpp"

#include <gmock/gmock.h>

#include "host/task/data_error.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CsvData read(const std::string& text, const std::string& target = "",
             TargetKind kind = TargetKind::labels) {
  static const std::string name = "t.csv";
  return parse_csv(text, name, target, kind);
}

std::string error_of(const std::string& text, const std::string& target = "",
                     TargetKind kind = TargetKind::labels) {
  try {
    read(text, target, kind);
  } catch (const DataError& e) {
    return e.what();
  }
  return "no error";
}

std::vector<double> features_of(const CsvData& table) {
  return std::get<std::vector<double>>(table.data.features);
}

TEST(CsvTest, TheLastColumnIsTheTargetAndTheOthersAreFeatures) {
  const CsvData table = read("a,b,class\n1,2.5,yes\n-3e2,+4,no\n 5 ,.5,yes\n");

  EXPECT_EQ(table.target, "class");
  EXPECT_EQ(table.data.samples, 3);
  EXPECT_EQ(table.data.inputs, 2);
  EXPECT_THAT(features_of(table), ElementsAre(1, 2.5, -300, 4, 5, 0.5));
  EXPECT_THAT(table.data.classes, ElementsAre(1, 0, 1));  // no < yes
}

TEST(CsvTest, ColumnsMayBeNamedByTheirNumbers) {
  EXPECT_EQ(read("0,1,2\n5,6,0\n7,8,1\n").data.samples, 2);
}

TEST(CsvTest, ANamedColumnCanBeTheTarget) {
  const CsvData table = read("a,b,c\n1,2,3\n4,5,6\n", "b", TargetKind::values);

  EXPECT_THAT(features_of(table), ElementsAre(1, 3, 4, 6));
  EXPECT_THAT(table.data.values, ElementsAre(2, 5));
}

TEST(CsvTest, QuotesCommasAndLineEndsInsideFieldsAreKept) {
  const CsvData table =
      read("\xef\xbb\xbf\"a \"\"b\"\"\",\"x,\r\ny\"\r\n\"1\",\"p,\"\"\nq\"\r\n\r\n2,\"\"\"\"");

  EXPECT_EQ(table.target, "x,\r\ny");
  EXPECT_THAT(features_of(table), ElementsAre(1, 2));
  EXPECT_THAT(table.data.classes, ElementsAre(1, 0));  // '"' < 'p'
}

TEST(CsvTest, LabelsThatAreNumbersAreSortedAsNumbers) {
  EXPECT_THAT(read("a,y\n0,10\n0,9\n0,1e1\n0,-2\n").data.classes, ElementsAre(2, 1, 2, 0));
  EXPECT_EQ(read("a,y\n0,10\n0,9\n0,1e1\n0,-2\n").data.class_count, 3);
}

TEST(CsvTest, OneLabelThatIsNoNumberMakesAllOfThemText) {
  EXPECT_THAT(read("a,y\n0,10\n0,9\n0,x\n").data.classes, ElementsAre(0, 1, 2));
}

TEST(CsvTest, MistakesAreReportedWithLineAndColumn) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "t.csv: is empty"},
      {"\n\n", "t.csv: is empty"},
      {"a,y\n", "t.csv: has a header and no samples"},
      {"0.5,1,0\n1.5,2,1\n", "t.csv:1:1: the first row holds numbers alone"},
      {"a;y\n1;2\n", "t.csv:1:1: there is only one column"},
      {"a,,y\n1,2,3\n", "t.csv:1:3: a column without a name"},
      {"a,y,a\n1,2,3\n", "t.csv:1:5: the column 'a' occurs twice"},
      {"a,y\n1,0\n2\n", "t.csv:3:1: the row has 1 field, the header 2"},
      {"a,y\n1,0,7\n", "t.csv:2:5: the row has 3 fields, the header 2"},
      {"a,y\n1,0\n x,1\n", "t.csv:3:1: ' x' in column 'a' is not a finite number"},
      {"a,y\n,1\n", "t.csv:2:1: '' in column 'a' is not"},
      {"a,y\nnan,1\n", "'nan' in column 'a' is not a finite number"},
      {"a,y\n-inf,1\n", "is not a finite number"},
      {"a,y\n1e999,1\n", "is not a finite number"},
      {"a,y\n0x1,1\n", "is not a finite number"},
      {"a,y\n+-1,1\n", "is not a finite number"},
      {"a,y\n1e39,1\n", "'1e39' is beyond the range of float32"},
      {"a,y\n1,\n", "t.csv:2:3: the label is missing"},
      {"a,y\n1,0\n2,0\n", "t.csv: every sample has the label '0'"},
      {"a,y\n1,\"0\n2,0\n", "t.csv:2:3: the quote that opens here is never closed"},
      {"a,y\n1,0\"1\"\n", "t.csv:2:4: a quote inside a field"},
      {"a,y\n1,\"0\"1\n", "t.csv:2:6: text after a closing quote"},
      {"a,y\r1,0\r", "t.csv:1:4: a carriage return without a line feed"},
      {std::string("a,y\n1,\0\n", 8), "t.csv:2:3: a byte 0"},
      {std::string("a,y\n1,\"p\0\"\n", 11), "t.csv:2:5: a byte 0"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(error_of(text), HasSubstr(message)) << text;
  }
}

TEST(CsvTest, LongTextsAreCutBetweenCharacters) {
  // The 40th byte is the first of the two of U+00E9, the second of three of U+20AC, or the last of
  // a character of one byte.
  const std::string letters(39, 'p');
  const std::string rest(9, 'q');

  EXPECT_THAT(error_of("a,y\n" + letters + "\u00e9" + rest + ",1\n"),
              HasSubstr("'" + letters + "...' in column"));
  EXPECT_THAT(error_of("a,y\n" + letters.substr(1) + "\u20ac" + rest + ",1\n"),
              HasSubstr("'" + letters.substr(1) + "...' in column"));
  EXPECT_THAT(error_of("a,y\n" + letters + "r\u00e9" + rest + ",1\n"),
              HasSubstr("'" + letters + "r...' in column"));
  EXPECT_THAT(error_of("a,y\n" + std::string(50, '\xa0') + ",1\n"), HasSubstr("...' in column"));
}

TEST(CsvTest, LinesAreCountedThroughQuotedLineEnds) {
  EXPECT_THAT(error_of("a,y\n1,\"p\nq\"\nx,0\n"), HasSubstr("t.csv:4:1: 'x'"));
}

TEST(CsvTest, AnUnknownTargetGetsASuggestion) {
  EXPECT_THAT(error_of("width,label\n1,2\n", "labels"),
              HasSubstr("there is no column 'labels'; did you mean 'label'?"));
}

TEST(CsvTest, ValuesMustBeNumbers) {
  EXPECT_THAT(error_of("a,y\n1,red\n", "", TargetKind::values),
              HasSubstr("t.csv:2:3: 'red' in column 'y' is not a finite number; for classes use "
                        "`kind: labels`"));
}

TEST(CsvTest, ATableCutShortAnywhereIsReadOrRefusedButNeverMore) {
  const std::string table = "a,\"b \"\"c\",y\r\n1,-2.5e1,\"p,q\"\r\n3,4,r\r\n";
  for (std::size_t size = 0; size < table.size(); ++size) {
    try {
      EXPECT_LE(read(table.substr(0, size)).data.samples, 2) << size;
    } catch (const DataError& e) {
      EXPECT_THAT(e.what(), HasSubstr("t.csv:")) << size;
    }
  }
}

}  // namespace
}  // namespace vnsweep
