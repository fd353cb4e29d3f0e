# Counts test functions in an event stream of swift-testing (one JSON record an element), and names failures and skips.
#
# A test failed if an issue was recorded in it, or if it never ended because the process died.

[.[] | select(.kind == "test" and .payload.kind == "function") | .payload.id] as $tests
| [.[] | select(.kind == "event") | .payload] as $events
| [$events[] | select(.kind == "testSkipped")] as $skips
| [$events[] | select(.kind == "issueRecorded" and (.issue.isKnown | not) and .issue.isFailure != false)] as $issues
| ($issues | map(.testID // "") | unique) as $failing
| ([$events[] | select(.kind == "testEnded") | .testID] | unique) as $ended

# A suite that is skipped takes its tests along.
| [$tests[] | . as $id | select(any($skips[].testID; . == $id or . as $suite | $id | startswith($suite + "/")))] as $left
| [$tests[] | select(. as $id | $left | index([$id]) | not)] as $run
| [$run[] | select(. as $id | $failing | index([$id]) or ($ended | index([$id]) | not))] as $bad
# Issues outside of any test, such as those of a suite's own initializer.
| [$failing[] | select(. as $id | $bad | index([$id]) | not)] as $elsewhere

| ($bad[] | . as $id | "failed: \($id)" + (if $ended | index([$id]) then "" else " (it never ended)" end)),
  ($elsewhere[] | "failed: \(if . == "" then "an issue outside of tests" else . end)"),
  "counts \(($run | length) - ($bad | length)) \(($bad | length) + ($elsewhere | length)) \($left | length)"
