#include "host/page/assets.hpp"

namespace vnsweep::page {

std::string_view style_sheet() {
  return R"css(
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1b1f24; --minor: #57606a; --line: #d0d7de; --panel: #f6f8fa;
  --link: #0550ae; --notice: #fff8c5; --notice-line: #bf8700; --row: #f6f8fa;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --text: #e6e8eb; --minor: #a3acb8; --line: #3a424d; --panel: #1d2229;
    --link: #7cb7ff; --notice: #352a0c; --notice-line: #d4a72c; --row: #1a1e25;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
footer { padding-bottom: 3rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .1rem 0 .5rem; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 2.75rem 0 .75rem; padding-bottom: .3rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; line-height: 1.3; margin: 0 0 .5rem; }
p, li, dd, figcaption { max-width: 48rem; }
p { margin: .6rem 0; }
a { color: var(--link); }
.minor, .kind { color: var(--minor); font-size: .9rem; }
.kind { margin: 0; }
.description { white-space: pre-line; }
.notice { background: var(--notice); border-left: .3rem solid var(--notice-line);
  padding: .6rem .9rem; max-width: none; }
.skip { position: absolute; left: -100rem; background: var(--page); padding: .5rem 1rem; }
.skip:focus { left: .5rem; top: .5rem; z-index: 1; }
:focus-visible { outline: .18rem solid var(--link); outline-offset: .12rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 1rem 0 0;
  padding: 0; }
.findings { padding-left: 1.2rem; font-size: 1.05rem; }
.findings li { margin: .35rem 0; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .3rem 1.25rem;
  margin: .75rem 0; }
dt { color: var(--minor); }
dd { margin: 0; min-width: 0; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .3rem;
  padding: .75rem 1rem; overflow: auto; max-height: 32rem; font-size: .85rem; line-height: 1.45;
  overflow-wrap: normal; }
code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .92em; }
pre code { font-size: inherit; }
summary { cursor: pointer; padding: .25rem 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr));
  gap: 2.25rem 2.5rem; margin-top: 1.25rem; }
figure { margin: 0; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figcaption { font-size: .9rem; color: var(--minor); margin-top: .5rem; }
.drawing { overflow-x: auto; }
.drawing svg { display: block; width: 100%; height: auto; }
.wide .drawing svg { min-width: 34rem; }
.links { font-size: .9rem; display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
.scroll { overflow-x: auto; margin: .75rem 0; max-width: 100%; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums;
  overflow-wrap: normal; }
caption { text-align: left; color: var(--minor); padding-bottom: .4rem; }
th, td { text-align: right; padding: .28rem .7rem; border-bottom: 1px solid var(--line);
  white-space: nowrap; vertical-align: top; }
td { max-width: 30rem; overflow-wrap: anywhere; }
#errors :is(th, td):nth-child(2) { text-align: left; min-width: 11rem; }
#errors td:nth-child(2) { white-space: pre-line; }
#errors td:first-child { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; font-weight: 600; }
tbody tr:nth-child(even) { background: var(--row); }
#cells tbody tr { background: none; }
#cells td:last-child { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
#cells thead th { padding: 0; }
th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0;
  padding: .28rem .7rem; cursor: pointer; width: 100%; text-align: right; white-space: nowrap; }
th button::after { content: "\2195"; color: var(--minor); padding-left: .3em; font-weight: 400; }
th[aria-sort="ascending"] button::after { content: "\2191"; color: inherit; }
th[aria-sort="descending"] button::after { content: "\2193"; color: inherit; }
th button:focus-visible { outline-offset: -.18rem; }
.controls label { display: block; font-weight: 600; }
.controls input { font: inherit; width: 100%; max-width: 28rem; padding: .4rem .6rem;
  color: inherit; background: var(--page); border: 1px solid var(--minor); border-radius: .3rem; }
.controls input::placeholder { color: var(--minor); opacity: 1; }
.more { font: inherit; color: var(--link); background: var(--panel); cursor: pointer;
  border: 1px solid var(--minor); border-radius: .3rem; padding: .4rem .9rem; }
[hidden] { display: none !important; }
@media (max-width: 40rem) {
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  h1 { font-size: 1.5rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
}
@page { size: A4; margin: 16mm; }
@media print {
  body { font-size: 10pt; line-height: 1.4; }
  header, main, footer { max-width: none; padding: 0; }
  nav, .skip, .controls label, .controls input, #cell-hint, .more { display: none !important; }
  a { color: inherit; }
  h2 { margin-top: 1.2rem; break-after: avoid; }
  h3, caption { break-after: avoid; }
  figure, dl, .findings, tr { break-inside: avoid; }
  .figures { display: grid; grid-template-columns: 1fr 1fr; gap: 6mm; }
  .wide .drawing svg { min-width: 0; }
  .scroll, .drawing, pre { overflow: visible; max-height: none; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 8pt; }
  table { font-size: 7pt; width: 100%; }
  th, td, th button { white-space: normal; padding: .1rem .2rem; overflow-wrap: break-word; }
  .many-columns { font-size: 6pt; }
  .many-columns th, .many-columns td, .many-columns button { overflow-wrap: anywhere; }
  td, #errors :is(th, td):nth-child(2) { max-width: none; min-width: 0; }
  #errors td { overflow-wrap: anywhere; }
  #cells thead th { padding: .1rem .22rem; }
  th button { padding: 0; }
  th button::after { content: none; }
  thead { display: table-header-group; }
  .notice { border: 1px solid var(--notice-line); border-left-width: .3rem; }
}
)css";
}

}  // namespace vnsweep::page
