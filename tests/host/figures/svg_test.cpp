#include "host/figures/svg.hpp"

#include <gmock/gmock.h>

namespace vnsweep::figures {
namespace {

TEST(SvgTest, BlackTakesTheColourOfThePage) {
  const std::string svg = adapt_svg(
      "<svg>\n<path stroke='black' d='M0,0'/>\n<g stroke=\"black\" fill=\"black\" "
      "color=\"black\">x</g>\n<path stroke='rgb(  0, 114, 178)'/>\n</svg>\n",
      "a");

  EXPECT_EQ(svg,
            "<svg>\n<path stroke='currentColor' d='M0,0'/>\n<g stroke=\"currentColor\" "
            "fill=\"currentColor\" color=\"currentColor\">x</g>\n"
            "<path stroke='rgb(  0, 114, 178)'/>\n</svg>\n");
}

TEST(SvgTest, TextStaysAsItIs) {
  const std::string text = "\t\t<text>fill=\"black\" id='gpPt1'</text>\n";

  EXPECT_EQ(adapt_svg(text, "a"), text);
}

TEST(SvgTest, IdsOfTwoPicturesDiffer) {
  const std::string source =
      "<circle id='gpDot'/>\n<use xlink:href='#gpDot'/>\n\t<g id=\"gnuplot_plot_1\" "
      "><title>x</title>\n</g>\n";

  EXPECT_EQ(adapt_svg(source, "a"),
            "<circle id='a-gpDot'/>\n<use xlink:href='#a-gpDot'/>\n\t<g>\n</g>\n");
}

TEST(SvgTest, WhatDrawsNothingIsLeftOut) {
  const std::string svg = adapt_svg(
      "<?xml version=\"1.0\"?>\n<title>Gnuplot</title>\n<g fill=\"none\">\n</g>\n"
      "<filter id='textbox'>\n<feFlood/>\n</filter>\n<g fill=\"none\">\n<path/></g>\n",
      "a");

  EXPECT_EQ(svg, "<g fill=\"none\">\n<path/></g>\n");
}

TEST(SvgTest, ALastLineWithoutAnEndIsKept) {
  EXPECT_EQ(adapt_svg("<svg>\n</svg>", "a"), "<svg>\n</svg>");
  EXPECT_EQ(adapt_svg("", "a"), "");
}

}  // namespace
}  // namespace vnsweep::figures
