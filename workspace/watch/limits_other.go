//go:build !linux

package watch

import "fmt"

// watchProblem says which limit was hit and how to raise it. The BSDs need a
// file descriptor for every file that is watched.
func watchProblem(err error) string {
	return fmt.Sprintf("some directories cannot be watched (%v) and are polled; on macOS raise the limit of open files: ulimit -n 65536", err)
}

// instanceProblem is watchProblem for the watcher itself.
func instanceProblem(err error) string {
	return fmt.Sprintf("files cannot be watched (%v) and are polled", err)
}
