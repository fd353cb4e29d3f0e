# shellcheck shell=bash
# A tool at its cap beside one that works on, both in one session. Sourced by scripts/demo, with its functions.

# What /bin/sh is: dash says at once that it cannot fork, where bash tries for a quarter of a minute.
sh=$(readlink -f /bin/sh)
sleep=$(readlink -f "$(command -v sleep)")

# One profile a limit, so that a host which holds only some of them shows those.
#   write_limits NAME AGENTS-CAP TOOLS-CAP
write_limits() {
    profile=$work/$1.json
    cat >"$profile" <<PROFILE
{
  "readOnlyPaths":      ["<project root>/"],
  "allowedExecutables": ["/usr/bin/bash", "$sh", "$sleep"],
  "resources": { $2 },
  "tools": {
    "hungry": { "resources": { $3 } },
    "steady": {}
  }
}
PROFILE
    cat "$profile"
    options=(--session "demo-$$-$1" --tool hungry)
}

# Whether anything here can hold the limits of the profile; what agentrt says where nothing can.
holds_limits() {
    $unprotected || why=$("$agentrt" --root "$work/state" run --profile "$profile" --project "$project" \
        "${options[@]}" -- bash -c : 2>&1 </dev/null | grep -v '^agentrt: note: ')
    [[ ! ${why:-} =~ (cgroup|controller) ]]
}

# The neighbour: adds up for whoever asks, and says when it is asked for the last time how much work that was.
start_neighbour() {
    # shellcheck disable=SC2016 # the shell in the sandbox is to expand it
    local work_on='answers=0
        while read -r n; do
            for ((i = sum = 0; i < n; i++)); do ((sum += i)); done
            echo $sum $((++answers))
        done'
    local call=("$agentrt" --root "$work/state" run --profile "$profile" --project "$project"
        --session "${options[1]}" --tool steady --report "$work/steady.json" --)
    if $unprotected; then call=(); else
        printf '$ agentrt run --profile %s --project %s --session %s --tool steady -- bash -c '\''while read … add up'\'' &\n' \
            "$profile" "$project" "${options[1]}"
    fi
    coproc neighbour { exec "${call[@]}" bash -c "$work_on" 2>"$work/neighbour"; }
    # Of its own: bash forgets a coprocess that has ended.
    exec {ask}>&"${neighbour[1]}" {answer}<&"${neighbour[0]}"
    eval "exec ${neighbour[1]}>&-"
    neighbour_pid=$neighbour_PID
}

neighbour_adds_up() {
    local sum= answers=
    printf '50000\n' >&"$ask" || true
    read -r -t 20 -u "$answer" sum answers || true
    if [[ $sum == 1249975000 ]]; then pass "$1 (answer $answers)"; else fail "$1" "it said '$sum'"; fi
}

end_neighbour() {
    local ended=0
    exec {ask}>&-
    wait "$neighbour_pid" || ended=$?
    exec {answer}<&-
    if [[ $ended -eq 0 ]]; then pass 'the neighbour ends by itself, with 0'; else
        fail 'the neighbour ends by itself, with 0' "it ended with $ended: $(<"$work/neighbour")"
    fi
}

show_a_memory_cap() {
    section 'a tool at its memory cap, while its neighbour works on'
    write_limits memory '"memory": "256MiB"' '"memory": "32MiB"'
    holds_limits || {
        skip 'the memory cap' "$why"
        return
    }
    start_neighbour
    neighbour_adds_up 'the neighbour works'
    # shellcheck disable=SC2016
    refused 'the tool that takes 128 MiB is ended, and told why' \
        'agentrt: killed: memory limit 32MiB reached .*raise tools\.hungry\.resources\.memory' \
        bash -c 'text=0123456789abcdef; for ((i = 0; i < 23; i++)); do text+=$text; done; echo "${#text}"'
    neighbour_adds_up 'the neighbour works on'
    end_neighbour
}

show_a_pids_cap() {
    section 'a tool at its cap of processes, while its neighbour works on'
    write_limits pids '"pids": 64' '"pids": 8'
    holds_limits || {
        skip 'the cap of processes' "$why"
        return
    }
    start_neighbour
    neighbour_adds_up 'the neighbour works'
    refused 'the tool that starts 16 processes gets no more than 8' \
        'agentrt: pids limit 8 reached.*raise tools\.hungry\.resources\.pids' \
        "$sh" -c 'for n in 1 2 3 4 5 6 7 8 9 a b c d e f g; do sleep 1 & done; echo all'
    neighbour_adds_up 'the neighbour works on'
    end_neighbour
}

show_a_processor_cap() {
    section 'a tool at its cap of processors, while its neighbour works on'
    write_limits cpus '"cpus": 1.5' '"cpus": 0.1'
    holds_limits || {
        skip 'the cap of processors' "$why"
        return
    }
    start_neighbour
    neighbour_adds_up 'the neighbour works'
    options+=(--report "$work/hungry.json")
    local begun hungry=$work/hungry hungry_pid promise
    # shellcheck disable=SC2016
    call bash -c 'while ((SECONDS < 3)); do :; done; echo done' >"$hungry" &
    hungry_pid=$!
    begun=$SECONDS
    while ((SECONDS < begun + 3)); do
        printf '50000\n' >&"$ask" || true
        read -r -t 20 -u "$answer" _ || break
    done
    wait "$hungry_pid" || true
    cat "$hungry"
    neighbour_adds_up 'the neighbour works on'
    end_neighbour
    promise='the tool had to wait: of a processor it had a tenth, and surely no third'
    local used wall waited neighbours
    read -r used wall waited < <(figures hungry cpuSeconds wallSeconds throttledSeconds) || true
    read -r neighbours < <(figures steady cpuSeconds) || true
    printf '  used %s of %s seconds, and waited %s; the neighbour used %s\n' \
        "${used:-?}" "${wall:-?}" "${waited:-?}" "${neighbours:-?}"
    judge_figures "$promise" "${used:-1} * 3 < ${wall:-0} and ${waited:-0} > 0"
    judge_figures 'the neighbour had more than it' "${neighbours:-0} > ${used:-1}"
}

# The numbers of a report.
figures() {
    [[ -e $work/$1.json ]] || return 0
    python3 - "$work/$@" <<'PRINT'
import json, sys
report = json.load(open(sys.argv[1] + ".json"))
print(*(report.get(name, 0) for name in sys.argv[2:]))
PRINT
}

judge_figures() {
    if python3 -c "import sys; sys.exit(not ($2))"; then pass "$1"; else fail "$1" "not so: $2"; fi
}

show_limits() {
    local options why neighbour_pid ask answer
    show_a_memory_cap
    show_a_pids_cap
    show_a_processor_cap
}
