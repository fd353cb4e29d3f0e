# The result as a chart (SVG): for each case, agentrt's wall time as a part of crun's and of bubblewrap's.
#
# It has a background of its own, light or dark as the reader prefers, because the page around it may be either.

def escaped: gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;");
def shown: . * 100 | round | "\(. / 100 | floor).\(. % 100 | if . < 10 then "0\(.)" else "\(.)" end)";

["crun", "bubblewrap"] as $others
| 800 as $width | 300 as $left | 64 as $top | 14 as $bar | 18 as $row | 14 as $gap
| [.cases[] | {title, bars: [.programs[] | select(.name as $name | $others | index([$name]))]} | select(.bars != [])]
    as $groups
# Where each group begins, and the end of the last.
| (reduce $groups[] as $group ([$top + 10]; . + [last + ($group.bars | length) * $row + $gap])) as $starts
| ($starts | last) as $bottom
| ([$groups[].bars[].wall_ratio, 1.1] | max * 10 | ceil / 10 + 0.1) as $most
| (($width - $left - 30) / $most) as $unit
| ($bottom + 54) as $height
| def x: $left + . * $unit | . * 10 | round / 10;
"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \($width) \($height)\" width=\"\($width)\""
    + " height=\"\($height)\" role=\"img\" aria-labelledby=\"title description\">",
"<title id=\"title\">Wall time of agentrt as a part of crun's and bubblewrap's</title>",
"<desc id=\"description\">"
    + ([$groups[] | "\(.title): " + ([.bars[] | "\(.wall_ratio | shown) of \(.name)"] | join(", "))]
        | join("; ") | escaped) + ".</desc>",
"<style>",
"  .page { fill: #ffffff } .ink { fill: #1f2328 } .faint { fill: #59636e } .grid { stroke: #d1d9e0 }",
"  .one { stroke: #1f2328 } .crun { fill: #2a78d6 } .bubblewrap { fill: #d9622b }",
"  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif } .head { font-size: 15px; font-weight: 600 }",
"  @media (prefers-color-scheme: dark) {",
"    .page { fill: #0d1117 } .ink { fill: #f0f6fc } .faint { fill: #9198a1 } .grid { stroke: #3d444d }",
"    .one { stroke: #f0f6fc } .crun { fill: #4a94ee } .bubblewrap { fill: #e8743c }",
"  }",
"</style>",
"<rect class=\"page\" width=\"\($width)\" height=\"\($height)\" rx=\"6\"/>",
"<text class=\"ink head\" x=\"20\" y=\"28\">Wall time of agentrt, as a part of the other's: less is faster</text>",
"<rect class=\"crun\" x=\"20\" y=\"41\" width=\"12\" height=\"12\" rx=\"2\"/>",
"<text class=\"ink\" x=\"38\" y=\"52\">of crun \([.cases[].programs[] | select(.name == "crun")][0].version)</text>",
"<rect class=\"bubblewrap\" x=\"150\" y=\"41\" width=\"12\" height=\"12\" rx=\"2\"/>",
"<text class=\"ink\" x=\"168\" y=\"52\">of bubblewrap "
    + "\([.cases[].programs[] | select(.name == "bubblewrap")][0].version)</text>",
(range(0; $most * 4 | floor + 1) / 4
    | "<line class=\"grid\" x1=\"\(x)\" y1=\"\($top)\" x2=\"\(x)\" y2=\"\($bottom)\"/>",
    "<text class=\"faint\" text-anchor=\"middle\" x=\"\(x)\" y=\"\($bottom + 16)\">\(shown)</text>"),
(range($groups | length) as $group | $groups[$group] as {$title, $bars} | $starts[$group] as $y
| "<text class=\"ink\" text-anchor=\"end\" x=\"\($left - 12)\" y=\"\($y + ($bars | length) * $row / 2 + 3)\">"
    + "\($title | escaped)</text>",
(range($bars | length) as $index | $bars[$index] | ($y + $index * $row) as $y
    | "<rect class=\"\(.name)\" x=\"\($left)\" y=\"\($y)\" width=\"\(.wall_ratio * $unit * 10 | round / 10)\""
        + " height=\"\($bar)\" rx=\"2\"/>",
    "<text class=\"ink\" x=\"\(.wall_ratio | x + 6)\" y=\"\($y + 11.5)\">\(.wall_ratio | shown)</text>")),
(1 | "<line class=\"one\" x1=\"\(x)\" y1=\"\($top - 6)\" x2=\"\(x)\" y2=\"\($bottom)\"/>",
    "<text class=\"faint\" text-anchor=\"middle\" x=\"\(x)\" y=\"\($top - 12)\">as long</text>"),
"<text class=\"faint\" x=\"20\" y=\"\($height - 14)\">medians of \(.rounds) pairs, \(.date), commit \(.commit), "
    + "\(.cores) cores of \(.cpu | escaped), Linux \(.kernel | escaped)</text>",
"</svg>"
