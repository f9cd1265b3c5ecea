#include "host/figures/figure_text.hpp"

#include <gtest/gtest.h>

namespace vnsweep::figures {
namespace {

TEST(FigureTextTest, ControlCharactersBecomeSpaces) {
  EXPECT_EQ(printable("a\nb\tc\x7F"), "a b c ");
  EXPECT_EQ(printable("a\xC2\x85z"), "a z");      // U+0085, next line
  EXPECT_EQ(printable("a\xE2\x80\xAEz"), "a z");  // U+202E, turns the direction of writing
}

TEST(FigureTextTest, TextOfAnyLanguageStays) {
  EXPECT_EQ(printable("Tiefe größer 深さ 🙂"), "Tiefe größer 深さ 🙂");
}

TEST(FigureTextTest, BytesThatAreNotUtf8AreQuestionMarks) {
  EXPECT_EQ(printable("a\xFFz"), "a?z");
  EXPECT_EQ(printable("a\xE2\x80"), "a??");
}

TEST(FigureTextTest, LongTextEndsInAnEllipsisAfterWholeCharacters) {
  EXPECT_EQ(printable("größer", 3), "grö…");
  EXPECT_EQ(printable("grö", 3), "grö");
}

TEST(FigureTextTest, GnuplotStringsDoubleTheOneCharacterThatEndsThem) {
  EXPECT_EQ(gnuplot_string("it's `id` \"x\" \\n"), "'it''s `id` \"x\" \\n'");
  EXPECT_EQ(gnuplot_string("a'\nsystem 'id'"), "'a'' system ''id'''");
  EXPECT_EQ(gnuplot_string("'; system 'id"), "'’; system ''id'");
}

TEST(FigureTextTest, NumbersAreNamedAndWordsAreNot) {
  EXPECT_EQ(axis_value_text(*find_field("grid", "width"), Value(std::int64_t{8})), "width 8");
  EXPECT_EQ(axis_value_text(*find_field("grid", "scale"), Value(1.41421356237)), "scale 1.41421");
  EXPECT_EQ(axis_value_text(*find_field("model", "activation"), Value("relu")), "relu");
}

TEST(FigureTextTest, EnumerationsReadLikeSentences) {
  EXPECT_EQ(enumeration({"a"}), "a");
  EXPECT_EQ(enumeration({"a", "b"}), "a and b");
  EXPECT_EQ(enumeration({"a", "b", "c"}), "a, b and c");
}

}  // namespace
}  // namespace vnsweep::figures
