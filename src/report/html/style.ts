// The report's style sheet: calm on screen in light and dark, on a phone, and on paper.

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2430; --muted: #586273; --line: #dde1e7; --wash: #f5f6f8;
  --good: #176b41; --warning: #855300; --bad: #b02318; --stable: #2f68ad; --candidate: #b8540c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181f; --ink: #e4e8ee; --muted: #9aa5b4; --line: #2d3540; --wash: #1c222b;
    --good: #6fcf97; --warning: #e3b25a; --bad: #ff8f85; --stable: #7fb2f0; --candidate: #f2a263;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 3rem; }
h1 { font-size: 1.9rem; line-height: 1.25; margin: .2rem 0 1.2rem; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.4rem 0 .8rem; padding-top: 1.2rem; border-top: 1px solid var(--line); font-weight: 650; }
h3 { font-size: 1rem; margin: 1.6rem 0 .5rem; font-weight: 650; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: inherit; text-underline-offset: .2em; text-decoration-color: var(--muted); }
code, .hash, pre { font: .85em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.kicker, .muted { color: var(--muted); }
.kicker { margin: 0; font-size: .95rem; }
.good { color: var(--good); } .warning { color: var(--warning); } .bad { color: var(--bad); } .neutral { color: var(--muted); }
.status { font-weight: 600; white-space: nowrap; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 1.2rem 0 0; padding: 0; font-size: .95rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1px; margin: 1.2rem 0; }
.figures div { box-shadow: 0 0 0 1px var(--line); padding: .7rem .9rem; }
.figures dt { color: var(--muted); font-size: .85rem; }
.figures dd { margin: 0; font-size: 1.2rem; font-weight: 600; }
.notice { border-left: 4px solid var(--warning); background: var(--wash); padding: .6rem 1rem; margin: 1.2rem 0; }
.notice.bad { border-color: var(--bad); color: inherit; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: .8rem 0; }
.facts dt { color: var(--muted); } .facts dd { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-size: .93rem; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: .45rem 1rem .45rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--muted); font-weight: 500; font-size: .85rem; }
tbody th { font-weight: 500; }
td.number, th.number { text-align: right; white-space: nowrap; }
td.time { white-space: nowrap; } td.wide { min-width: 13rem; }
.findings { padding-left: 1.1rem; max-width: 50rem; } .findings li { margin: .35rem 0; }
.charts { display: grid; align-items: end; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); gap: 1.4rem 2rem; margin-top: 1.2rem; }
.chart { margin: 0; break-inside: avoid; } .chart h3 { margin: 0; } .chart svg { width: 100%; height: auto; display: block; }
.legend { font-size: .85rem; margin: .1rem 0 .3rem; } .legend span { display: inline-block; } .legend > span { display: block; }
.chart svg.key { display: inline-block; width: 26px; height: 8px; vertical-align: middle; }
svg text { font-size: 11px; fill: var(--muted); }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.line.stable { stroke: var(--stable); stroke-dasharray: 5 3.5; } .line.candidate { stroke: var(--candidate); }
.grid { stroke: var(--line); } .tick { stroke: var(--muted); }
.band { fill: var(--ink); } .band.even { fill-opacity: .045; } .band.odd { fill-opacity: .095; }
.threshold { stroke: var(--bad); stroke-width: 1.2; } .alike { stroke: var(--muted); stroke-dasharray: 2 3; }
.stage-mark { stroke: var(--muted); stroke-opacity: .45; } .crossing { fill: var(--bad); stroke: var(--paper); stroke-width: 1.5; }
.interval { fill: var(--candidate); fill-opacity: .2; stroke: none; } .key .interval { stroke: none; } .line.thin { stroke-width: 1.3; }
.bound { stroke: var(--bad); stroke-dasharray: 2 4; } svg .bound-label, svg .marker-label { fill: var(--bad); }
.marker { stroke: var(--bad); stroke-width: 1.5; }
.items { list-style: none; margin: 0; padding: 0; }
.items > li { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0 1rem; padding: .65rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
.items p { margin: .1rem 0; } .items .text { font-weight: 600; } .items .meta { font-size: .85rem; color: var(--muted); }
.items ul { margin: .2rem 0; padding-left: 1.1rem; font-size: .9rem; }
details { margin: .25rem 0; font-size: .9rem; } summary { cursor: pointer; color: var(--muted); }
pre { background: var(--wash); padding: .7rem .9rem; margin: .4rem 0; white-space: pre-wrap; max-height: 24rem; overflow: auto; }
footer { margin: 3rem auto; color: var(--muted); font-size: .9rem; border-top: 1px solid var(--line); padding-top: 1rem; }
@media (max-width: 40rem) {
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  header { padding-top: 1.5rem; } h1 { font-size: 1.45rem; }
  .items > li { grid-template-columns: 1fr; } .facts { grid-template-columns: 1fr; } .facts dd { margin-bottom: .4rem; }
  svg text { font-size: 13.5px; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --muted: #444; --line: #bbb; --wash: #f3f3f3; --good: #0c5a33; --warning: #6b4300; --bad: #96150c; --stable: #1f4f8a; --candidate: #93400a; color-scheme: light; }
  body { font-size: 10.5pt; } nav { display: none; } header, main, footer { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; } tr { break-inside: avoid; } pre { max-height: none; } .scroll { overflow: visible; }
}
`
