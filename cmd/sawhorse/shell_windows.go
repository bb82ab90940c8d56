package main

// behindAShell: nothing is stopped and brought back here.
func behindAShell() bool { return false }
