// The fixed style and script of the HTML page. The script only adds the reading under the pointer;
// without it the page is complete.
#pragma once

namespace tradewind::ledger {

inline constexpr const char* kReportStyle = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5b6878;--line:#dfe4ea;
--grid:#e8ecf1;--accent:#1f6feb;--fill:rgba(31,111,235,.12);--up:#0a7d45;--down:#c0392b;
--downfill:rgba(192,57,43,.16)}
@media (prefers-color-scheme:dark){:root{--bg:#0e141b;--card:#161e28;--ink:#e6edf3;--soft:#93a1b1;
--line:#273341;--grid:#202b37;--accent:#58a6ff;--fill:rgba(88,166,255,.14);--up:#3fb950;
--down:#ff7b72;--downfill:rgba(255,123,114,.18)}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:1.55rem;margin:0}h2{font-size:1.05rem;margin:0 0 12px}
.soft{color:var(--soft)}
.up{color:var(--up)}.down{color:var(--down)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;
margin:18px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:12px;margin:18px 0;
padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.tiles span{display:block}
.tiles .value{font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
figure{margin:0;position:relative}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:12px;font-family:inherit}
.grid{stroke:var(--grid);stroke-width:1}
.curve{fill:none;stroke:var(--accent);stroke-width:1.6;stroke-linejoin:round}
.area{fill:var(--fill);stroke:none}
.fall{fill:var(--downfill);stroke:var(--down);stroke-width:1}
.cursor{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3;visibility:hidden}
.reading{min-height:1.5em;margin:6px 0 0;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
.tall{max-height:560px;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding-bottom:6px}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{font-weight:600;color:var(--soft)}
thead th{position:sticky;top:0;background:var(--card)}
th:first-child,td:first-child,.left{text-align:left}
tbody th{color:var(--ink);font-weight:500}
.wide td{white-space:normal;overflow-wrap:anywhere;text-align:left}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:18px}
.pair section{margin:0}
footer{max-width:1120px;margin:0 auto;padding:0 20px 30px;color:var(--soft)}
)css";

inline constexpr const char* kReportScript = R"js(
(function(){
var points=JSON.parse(document.getElementById('points').textContent);
if(points.length<2)return;
var reading=document.getElementById('reading'),first=points[0][0],
span=points[points.length-1][0]-first||1;
function nearest(t){var a=0,b=points.length-1;while(b-a>1){var m=(a+b)>>1;
if(points[m][0]<t)a=m;else b=m}return t-points[a][0]<points[b][0]-t?points[a]:points[b]}
function show(event){var box=event.currentTarget.getBoundingClientRect(),
x=(event.clientX-box.left)/box.width*1000,t=first+(x-LEFT)/(RIGHT-LEFT)*span,p=nearest(t),
at=LEFT+(p[0]-first)/span*(RIGHT-LEFT);
document.querySelectorAll('.cursor').forEach(function(line){line.setAttribute('x1',at);
line.setAttribute('x2',at);line.style.visibility='visible'});
reading.textContent=new Date(p[0]*1000).toISOString().replace('.000Z','Z')+
'   equity '+p[1].toLocaleString('en-US',{minimumFractionDigits:2,maximumFractionDigits:2})+
'   drawdown '+(p[2]*100).toFixed(2)+' %'}
document.querySelectorAll('svg').forEach(function(svg){svg.addEventListener('pointermove',show)});
})();
)js";

}  // namespace tradewind::ledger
