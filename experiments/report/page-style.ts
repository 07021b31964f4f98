/** The looks of a report: the colours of the charts, light and dark, and on paper always light. */
export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f8, #0f151b);
  --accent: light-dark(#0b6bcb, #6cb6ff);
  font-family: system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif;
  line-height: 1.5;
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.25rem 3rem; background: var(--page); color: var(--ink); }
h1 { margin: 0; font-size: 1.7rem; font-weight: 600; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.2rem 0 0.6rem; font-size: 1.15rem; font-weight: 600; }
p { margin: 0.4rem 0; max-width: 46rem; }
a { color: var(--accent); }
.wordmark { margin: 0 0 0.4rem; color: var(--accent); font-weight: 650; letter-spacing: 0.02em; }
.lead { color: var(--quiet); font-size: 1.05rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.6rem 0; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.28rem 1.1rem 0.28rem 0; border-bottom: 1px solid var(--grid); text-align: left; vertical-align: baseline; }
thead th { color: var(--quiet); font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 500; white-space: nowrap; }
td { white-space: nowrap; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.quiet { color: var(--quiet); }
.figures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
figure { margin: 0; padding: 0.9rem 1rem; border: 1px solid var(--grid); border-radius: 0.6rem; background: var(--ground); break-inside: avoid; }
figure.wide { grid-column: 1 / -1; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { margin-top: 0.6rem; color: var(--quiet); font-size: 0.82rem; line-height: 1.45; }
figcaption b { color: var(--ink); font-weight: 600; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--grid); padding-top: 0.8rem; color: var(--quiet); font-size: 0.85rem; }
pre { overflow-x: auto; padding: 0.6rem 0.8rem; border-radius: 0.4rem; background: var(--ground); color: var(--ink); font-size: 0.85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 44rem) {
  .figures { grid-template-columns: minmax(0, 1fr); }
}
@media print {
  :root { color-scheme: light; --page: #ffffff; font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  figure { border: none; padding: 0; }
  h2 { break-after: avoid; }
  tr { break-inside: avoid; }
  .source { display: none; }
}
`;
