# The samples of one case (see launch.c) as medians, added to what was measured before.

def median: sort | if length == 0 then null
    elif length % 2 == 1 then .[length / 2 | floor]
    else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def rounded(digits): . * pow(10; digits) | round / pow(10; digits);

[split("\n")[] | select(length > 0) | split("\t")
    | {name: .[0], round: .[1] | tonumber, wall: .[2] | tonumber, cpu: ((.[3] | tonumber) + (.[4] | tonumber)),
        peak: .[5] | tonumber}] as $samples
| (reduce $samples[] as $sample ({}; .[$sample.name] += [$sample])) as $byName
| $byName.agentrt as $ours
| $measured + [{
    case: $case, title: $title,
    programs: [($versions | keys_unsorted)[] as $name | $byName[$name] as $theirs | {
        name: $name, version: $versions[$name],
        wall_ms: ([$theirs[].wall] | median / 1000 | rounded(2)),
        cpu_ms: ([$theirs[].cpu] | median / 1000 | rounded(2)),
        peak_mb: ([$theirs[].peak] | max / 1024 | rounded(1)),
        wall_ratio: ([range($theirs | length) | $ours[.].wall / $theirs[.].wall] | median | rounded(2)),
        cpu_ratio: ([range($theirs | length) | $theirs[.].cpu as $cpu | select($cpu > 0) | $ours[.].cpu / $cpu]
            | median | rounded(2))
    }]
}]
