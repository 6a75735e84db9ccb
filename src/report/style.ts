// The style sheet of a report: light and dark as the reader's system wants it, light on paper. Colours are variables, so that
// drawings follow. Nothing is fetched.

import { hues } from '../drawing/mod.js';

const variables = (kind: 'light' | 'dark'): string => hues.map((hue, k) => `--c${k}:${hue[kind]};`).join('');

const light = `color-scheme:light;--ground:#fff;--ink:#1b1f24;--soft:#57606a;--faint:#e3e6ea;--panel:#f6f8fa;--edge:#b5bcc4;--flow:#57606a;--good:#00663f;--bad:#b3261e;--warn:#7a4f00;${variables('light')}`;
const dark = `color-scheme:dark;--ground:#14171b;--ink:#e8eaed;--soft:#a4acb6;--faint:#2c3138;--panel:#1d2126;--edge:#56606b;--flow:#a4acb6;--good:#5fd39b;--bad:#ff8a80;--warn:#e6b450;${variables('dark')}`;

const hueRules = hues
  .map((_, k) => {
    const colour = `var(--c${k})`;
    return (
      `.line.h${k},.leader.h${k}{stroke:${colour}}` +
      `.band.h${k},.dot.h${k},.node.h${k},.label.h${k}{fill:${colour}}`
    );
  })
  .join('\n');

export const style = `
:root{${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,sans-serif}
main{max-width:1240px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.9rem;line-height:1.2;margin:.1em 0 .3em;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.2em 0 .8em;padding-top:.7em;border-top:1px solid var(--faint)}
p{margin:.5em 0;max-width:75ch;overflow-wrap:anywhere}
.kind{color:var(--soft);font-size:.85rem;letter-spacing:.04em;margin:0}
.small{color:var(--soft);font-size:.85rem}
.verdict{max-width:none}
.verdict b{color:var(--soft)}
.verdict.finished b{color:var(--good)}
.verdict.failed b{color:var(--bad)}
.verdict.interrupted b{color:var(--warn)}
.fact{white-space:nowrap}
.remarks{font-size:.9rem;border-left:3px solid var(--edge);padding:.1em 0 .1em 12px;margin:.8em 0;max-width:90ch;overflow-wrap:anywhere}
.remarks.warning{border-color:var(--warn)}
.remarks.warning b{color:var(--warn)}
.remarks ul{margin:.2em 0;padding-left:1.2em}
nav{font-size:.9rem;margin:1em 0 0;display:flex;flex-wrap:wrap;gap:4px 16px}
a{color:var(--c0)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,350px),1fr));gap:28px 32px;align-items:start}
.figures>*{max-width:600px;min-width:0}
.pair{display:flex;flex-wrap:wrap;gap:28px 32px;align-items:flex-start}
.pair>figure{flex:1 1 330px;max-width:520px}
.pair>.state{flex:0 1 auto;min-width:0;max-width:100%}
figure{margin:0;min-width:0;break-inside:avoid}
figure.wide{margin-bottom:32px}
figure.wide figcaption{max-width:100ch}
figcaption{font-size:.875rem;color:var(--soft);margin-top:.3em;max-width:80ch}
figcaption b{color:var(--ink)}
svg{display:block;width:100%;height:auto;overflow:visible}
svg.bar{max-width:420px;margin-top:4px}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(47%,180px),1fr));gap:12px 14px}
.panels>svg{max-width:260px}
text{font:12px system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
text.tick{fill:var(--soft);font-size:11.5px;font-variant-numeric:tabular-nums}
text.name{fill:var(--soft)}
text.end{text-anchor:end}
text.middle{text-anchor:middle}
text.strong{font-weight:600}
text.halo{paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}
.grid{stroke:var(--faint);stroke-width:1}
.axis{stroke:var(--edge);stroke-width:1}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.line.dashed{stroke-dasharray:6 3.5}
.line.fit{stroke-width:2;stroke-dasharray:7 4}
.leader{fill:none;stroke-width:.8;opacity:.6}
.band{opacity:.22}
.edge{stroke:var(--edge);stroke-width:1}
.flow{fill:var(--flow);opacity:.75}
.node{stroke:var(--ground);stroke-width:1.5}
.box{fill:none;stroke:var(--edge);stroke-width:1}
.pixels{image-rendering:pixelated}
details{font-size:.85rem;margin-top:.3em}
summary{color:var(--soft);cursor:pointer}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;margin:.4em 0 .8em}
caption{text-align:left;font-weight:600;padding-bottom:.3em}
th,td{padding:2px 10px 2px 0;text-align:right;white-space:nowrap;border-bottom:1px solid var(--faint);font-weight:400}
th:first-child{text-align:left}
thead th{color:var(--soft)}
pre{background:var(--panel);border:1px solid var(--faint);border-radius:6px;padding:12px 14px;overflow-x:auto;font-size:.82rem;line-height:1.45;margin:.6em 0}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.95em}
.hash{overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,380px),1fr));gap:2px 32px;font-size:.9rem;margin:1em 0}
.facts div{display:flex;gap:10px;border-bottom:1px solid var(--faint);padding:3px 0;min-width:0}
dt{color:var(--soft);flex:0 0 8.5em}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
footer{margin-top:3em;color:var(--soft);font-size:.8rem}
${hueRules}
@media print{
@page{margin:14mm}
body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}
nav,details{display:none}
.figures{grid-template-columns:1fr 1fr;gap:16px 20px}
.pair{display:block}
.panels{grid-template-columns:repeat(4,1fr);gap:6px 8px}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:8pt}
h2,h2+p{break-after:avoid}
h2{margin-top:1.4em}
table{font-size:8pt}
th,td{padding-right:7px}
.scroll{overflow:visible}
tr,.remarks,svg{break-inside:avoid}
}
`;
