# The result as lines with tabs between the cells.

"Linux \(.kernel), \(.cores) cores of \(.cpu); commit \(.commit), \(.date)",
"medians of \(.rounds) rounds, \(.pause_ms) ms between two runs",
(.cases[] | "", .title,
    (["", "version", "wall ms", "cpu ms", "peak MB", "agentrt/it wall", "agentrt/it cpu"] | @tsv),
    (.programs[] | [.name, .version, .wall_ms, .cpu_ms, .peak_mb,
        (if .name == "agentrt" then "" else .wall_ratio end), (if .name == "agentrt" then "" else .cpu_ratio end)]
    | @tsv))
