package main

// onResize does nothing: this system does not tell.
func onResize(func()) (stop func()) { return func() {} }
