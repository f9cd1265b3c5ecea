#include "host/page/escape.hpp"

#include <gtest/gtest.h>

#include <string>

#include "host/page/inline_svg.hpp"

namespace vnsweep::page {
namespace {

constexpr const char* kReplacement = "\xef\xbf\xbd";

TEST(EscapeHtmlTest, MarkupIsText) {
  EXPECT_EQ(escape_html("<script>alert('x')</script>"),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  EXPECT_EQ(escape_html("a & b &amp; \"c\""), "a &amp; b &amp;amp; &quot;c&quot;");
}

TEST(EscapeHtmlTest, PlainTextLinesAndUnicodeStay) {
  EXPECT_EQ(escape_html("depth 20\tx\ny `id` $(id)"), "depth 20\tx\ny `id` $(id)");
  EXPECT_EQ(escape_html("\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80"),
            "\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80");
  EXPECT_EQ(escape_html(""), "");
}

TEST(EscapeHtmlTest, ControlCharactersAreReplaced) {
  const std::string null("a\0b", 3);

  EXPECT_EQ(escape_html(null), std::string("a") + kReplacement + "b");
  EXPECT_EQ(escape_html("\x1b[31m"), std::string(kReplacement) + "[31m");
  EXPECT_EQ(escape_html("\x7f"), kReplacement);
  EXPECT_EQ(escape_html("\xc2\x85"), kReplacement);  // C1: next line
  EXPECT_EQ(escape_html("\xc2\xa0"), "\xc2\xa0");    // no-break space is none
}

TEST(EscapeHtmlTest, EachByteThatIsNotUtf8IsReplaced) {
  const std::string two = std::string(kReplacement) + kReplacement;

  EXPECT_EQ(escape_html("a\xff<"), std::string("a") + kReplacement + "&lt;");
  EXPECT_EQ(escape_html("\xc0\xbc"), two);                     // an overlong <
  EXPECT_EQ(escape_html("\xe4\xb8"), two);                     // cut off
  EXPECT_EQ(escape_html("\xe4\xb8<"), two + "&lt;");           // does not swallow what follows
  EXPECT_EQ(escape_html("\xed\xa0\x80"), two + kReplacement);  // a surrogate
}

TEST(ShellWordTest, IsQuotedWhereAShellWouldReadMore) {
  EXPECT_EQ(shell_word("runs/quick-1.2_b"), "runs/quick-1.2_b");
  EXPECT_EQ(shell_word("my runs"), "'my runs'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("$(id)`id`"), "'$(id)`id`'");
  EXPECT_EQ(shell_word(""), "''");
}

constexpr const char* kDrawing =
    "<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg width=\"9\" "
    "xmlns=\"http://www.w3.org/2000/svg\">"
    "<title>Gnuplot</title><desc>made</desc><defs><circle id='dot'/></defs><g id=\"plot\">"
    "<use xlink:href='#dot' fill=\"url(#hatch)\"/></g></svg>\n";

TEST(InlineSvgTest, IsOneImageWithItsText) {
  const std::string html = inline_svg(kDrawing, "map", "P < 1, \"deep\"");

  EXPECT_EQ(html.rfind("<svg role=\"img\" aria-label=\"P &lt; 1, &quot;deep&quot;\" width=", 0),
            0U);
  EXPECT_EQ(html.find("<title>"), std::string::npos);
  EXPECT_EQ(html.find("<desc>"), std::string::npos);
  EXPECT_EQ(html.substr(html.size() - 6), "</svg>");
}

TEST(InlineSvgTest, DrawingsOfOnePageDoNotShareIds) {
  const std::string html = inline_svg(kDrawing, "map", "");

  EXPECT_NE(html.find("<circle id='map-dot'/>"), std::string::npos);
  EXPECT_NE(html.find("xlink:href='#map-dot'"), std::string::npos);
  EXPECT_NE(html.find("url(#map-hatch)"), std::string::npos);
  EXPECT_NE(html.find("<g id=\"map-plot\">"), std::string::npos);
}

TEST(InlineSvgTest, WhatAPageMustNotHoldIsLeftOut) {
  EXPECT_EQ(inline_svg("", "map", ""), "");
  EXPECT_EQ(inline_svg("not a drawing", "map", ""), "");
  EXPECT_EQ(inline_svg("<svg><script>x()</script></svg>", "map", ""), "");
  EXPECT_EQ(inline_svg("<svg>cut off", "map", ""), "");
}

}  // namespace
}  // namespace vnsweep::page
