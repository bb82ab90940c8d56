@test "adds up" {
  [ $((1+1)) -eq 3 ]
}
@test "is fine" { true; }
@test "skipped" { skip "not today"; }
@test "prints" {
  run echo hello
  [ "$output" = "bye" ]
}
