package process

import "github.com/sawhorse-dev/sawhorse/tasks"

// Holder is the process that listens on a TCP port of this machine; nil when
// nobody does, or when it is not ours to see.
func Holder(port int) *tasks.Process {
	holder, ok := portHolder(port, (&census{read: readProcs}).take())
	if !ok {
		return nil
	}
	p := holder.describe()
	return &p
}
