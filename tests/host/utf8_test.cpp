#include "host/manifest/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace vnsweep {
namespace {

TEST(Utf8Test, CharactersOfEveryLengthHaveTheirNumber) {
  // Unicode 15, table 3-6.
  EXPECT_EQ(first_character("Az").code, 0x41U);
  EXPECT_EQ(first_character("\xC3\xA9z").code, 0xE9U);
  EXPECT_EQ(first_character("\xE2\x82\xACz").code, 0x20ACU);
  EXPECT_EQ(first_character("\xF0\x9F\x99\x82z").code, 0x1F642U);
  EXPECT_EQ(first_character("\xF0\x9F\x99\x82z").bytes, "\xF0\x9F\x99\x82");
}

TEST(Utf8Test, WhatIsPartOfNoCharacterIsASingleByte) {
  for (const std::string text : {"\xFF", "\x80z", "\xC3", "\xC3z", "\xE2\x82", "\xC0\x80",
                                 "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\xAF"}) {
    EXPECT_FALSE(first_character(text).code) << text;
    EXPECT_EQ(first_character(text).bytes.size(), 1U) << text;
    EXPECT_FALSE(is_valid_utf8(text)) << text;
  }
}

TEST(Utf8Test, ATextOfWholeCharactersIsValid) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82"));
}

}  // namespace
}  // namespace vnsweep
