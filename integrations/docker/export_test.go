package docker

// Usual finds the engine of a person with this environment and home, on a machine
// where of all other sockets none is there.
func Usual(getenv func(string) string, home string, exists func(path string) bool) (Endpoint, bool, error) {
	return finder{getenv: getenv, home: home, exists: exists}.usual()
}
