// The style sheet of the report. It must not end a style element: no part of it comes from a model.

export const style = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --text: #1d2125; --quiet: #5b646e; --line: #dcdfe3;
  --accent: #1f6f8b; --accent-soft: #d7e9ef; --warm: #b4541a; --warm-soft: #f6e3d5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --card: #1c2024; --text: #e6e9ec; --quiet: #9ba5af; --line: #343a41;
    --accent: #5db4d3; --accent-soft: #1f3a45; --warm: #ec9a63; --warm-soft: #45301f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 76rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .25rem; font-size: 1.25rem; }
h3 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
p { max-width: 46rem; margin: .25rem 0 1rem; }
a { color: var(--accent); }
small, .quiet, .caption { color: var(--quiet); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .75rem 0 0; padding: 0; list-style: none; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0; }
.cards div, figure { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.cards div { padding: .75rem 1rem; }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; }
dd strong { display: block; font-size: 1.35rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
dd small { display: block; font-size: .85rem; line-height: 1.35; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
.scroll:focus-visible { outline: 2px solid var(--accent); }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
.caption { max-width: none; margin: 1rem 0 .35rem; font-size: .875rem; }
.scroll + p { margin-top: .75rem; }
tr + tr > *, tbody tr > * { border-top: 1px solid var(--line); }
th, td { padding: .4rem .75rem; text-align: left; vertical-align: top; }
thead th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
tbody th { min-width: min(13rem, 40vw); max-width: 24rem; font-weight: 500; overflow-wrap: anywhere; }
th small, td small { display: block; font-size: .8rem; font-weight: 400; line-height: 1.3; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.barred { display: flex; align-items: center; justify-content: flex-end; gap: .6rem; }
.barred span { flex: 0 0 4.2rem; }
.barred svg { flex: 0 0 6rem; width: 6rem; height: .7rem; border-radius: .2rem; fill: var(--accent); }
.barred svg.cost { fill: var(--warm); }
.barred .track { fill: var(--line); opacity: .55; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: .75rem; }
figure { margin: 0; padding: .6rem .75rem .7rem; min-width: 0; }
figcaption { margin-bottom: .4rem; font-size: .85rem; line-height: 1.35; overflow-wrap: anywhere; }
figcaption small { display: block; }
figure dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .75rem; margin: .4rem 0 0; font-size: .8rem; }
figure dt { font-size: inherit; }
figure dd { text-align: right; font-variant-numeric: tabular-nums; }
.plot { display: block; width: 100%; height: 5.5rem; }
.plot path, .plot rect { vector-effect: non-scaling-stroke; }
.area { fill: var(--accent); }
.clipped { fill: var(--warm-soft); }
.end { stroke: var(--warm); stroke-width: 1.5; fill: none; }
.zero { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 2 3; fill: none; }
.memory { height: 15rem; background: var(--card); }
.memory path { stroke: var(--card); stroke-width: 1.5; }
.fill0 { fill: #3d8fad; } .fill1 { fill: #c98552; } .fill2 { fill: #6f9a5b; }
.fill3 { fill: #9277b5; } .fill4 { fill: #b96a7f; } .fill5 { fill: #7d8894; }
.axis { display: flex; justify-content: space-between; color: var(--quiet); font-size: .8rem; }
details { margin-top: .75rem; }
summary { cursor: pointer; color: var(--accent); }
.empty { color: var(--quiet); font-size: .85rem; }
@media (max-width: 40rem) {
  th, td { padding: .35rem .5rem; }
  .barred { gap: .25rem; }
  .barred svg { flex-basis: 2.5rem; width: 2.5rem; }
}
@media print { body { max-width: none; } .scroll { overflow: visible; } figure { break-inside: avoid; } }
`;
