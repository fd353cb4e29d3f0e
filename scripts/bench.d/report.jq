# The result as it stands in spec/benchmarks.md: the conditions, the table, and the aims with what was measured.

def fixed: . * 100 | round | "\(. / 100 | floor).\(. % 100 | if . < 10 then "0\(.)" else "\(.)" end)";
def tenths: . * 10 | round | "\(. / 10 | floor).\(. % 10)";
def verdict: if . then "reached" else "missed" end;

# Aims: agentrt's wall time is at most this part of the other's.
[
    ["run", "crun", 0.40, "`run /bin/true`: at most 0.40 of crun"],
    ["run", "bubblewrap", 0.80, "at most 0.80 of bubblewrap"],
    ["run", "floor", 1.80, "at most 1.80 of the floor"],
    ["seccomp", "crun", 0.35, "with a seccomp profile: at most 0.35 of crun"],
    ["life", "crun", 0.40, "create, state, start, kill, delete: at most 0.40 of crun"],
    ["exec", "crun", 0.40, "`exec`: at most 0.40 of crun"],
    ["mounts", "crun", 0.30, "fifty mounts: at most 0.30 of crun"],
    ["profile", "bundle", 1.50, "`run --profile`: at most 1.50 of its bundle"],
    ["warm", "unconfined", 2.00, "a warm call of `bash -c true`: at most 2.00 of it unconfined"]
] as $aims
| {"bubblewrap-1": "bubblewrap `--as-pid-1`", bundle: "its bundle"} as $names
| . as $result
| def ratio($case; $program):
    $result.cases[] | select(.case == $case) | .programs[] | select(.name == $program).wall_ratio;

"",
"Measured on \(.date): agentrt of commit \(.commit) (the static release binary), Linux \(.kernel), \(.cores) cores of",
"\(.cpu), as root; medians of \(.rounds) rounds, \(.pause_ms) ms between two runs. `scripts/bench --record`",
"writes these lines, both tables and the chart.",
"",
"![Wall time of agentrt as a part of crun's and bubblewrap's](benchmarks.svg)",
"",
"| | program | version | wall ms | cpu ms | peak MiB | agentrt / it, wall | agentrt / it, cpu |",
"|---|---|---|---:|---:|---:|---:|---:|",
(.cases[] | .title as $title | .programs | to_entries[] | .key as $index | .value
    | "|\(if $index == 0 then " \($title)" else "" end) | \($names[.name] // .name) | \(.version) | \(.wall_ms | fixed) "
        + "| \(.cpu_ms | fixed) | \(.peak_mb | tenths) "
        + if .name == "agentrt" then "| | |" else "| \(.wall_ratio | fixed) | \(.cpu_ratio | fixed) |" end),
"",
"| Aim | Measured, wall | |",
"|---|---|---|",
($aims[] as [$case, $program, $limit, $text] | ratio($case; $program)
    | "| \($text) | \(fixed) | \(. <= $limit | verdict) |"),
(.cases[] | select(.case == "warm-true").programs[0].wall_ms
    | "| a warm call of `true`: below 2 ms | \(fixed) ms | \(. < 2 | verdict) |"),
(ratio("crowd"; "crun")
    | "| twenty at once: at least 2.5 times crun's throughput | \(1 / . | tenths) times "
    + "| \(1 / . >= 2.5 | verdict) |"),
([.cases[] | {title, ours: .programs[0].peak_mb, its: (.programs[] | select(.name == "crun").peak_mb)}]
    | select(. != []) | max_by(.ours / .its)
    | "| peak memory at most crun's | \(.ours | tenths) against \(.its | tenths) MiB (\(.title)) "
        + "| \(.ours <= .its | verdict) |"),
""
