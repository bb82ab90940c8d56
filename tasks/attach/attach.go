// Package attach gives a client in another process the host's engine: Listen
// and Serve on the host's side, Dial on the client's, over a unix socket of the
// same user. It never leaves the machine, never lets another user in, and never
// carries log text: clients read the logs from disk themselves.
//
// What travels is HTTP with JSON:
//
//	GET  /v1/version              HostVersion
//	POST /v1/do                   a command; 204, or 4xx with {"error"}
//	GET  /v1/events               the State, then one array of events a line
//	GET  /v1/runs/{id}/terminal   101, then frames both ways
package attach

import (
	"errors"
	"fmt"
)

// Protocol is what host and client must agree on. It grows when a type on the
// wire changes its meaning; a new type alone does not need it, older clients
// pass over what they do not know.
const Protocol = 1

// hostName stands in every request, so that a page in a browser that was led to
// the socket by a proxy or a rebound name is turned away.
const hostName = "sawhorse"

// HostVersion is what a host says of itself.
type HostVersion struct {
	Version  string `json:"version"`
	Protocol int    `json:"protocol"`
	PID      int    `json:"pid"`
}

// ErrNoHost says that nobody listens there: the workspace has no host.
var ErrNoHost = errors.New("no host is running for this workspace")

// ErrHostRunning is Listen's answer when another host listens there already.
var ErrHostRunning = errors.New("another host is running for this workspace")

// VersionError is Dial's answer when host and client do not speak the same
// protocol.
type VersionError struct {
	Host HostVersion
	// Client and Protocol are the client's own.
	Client   string
	Protocol int
}

// Error says who is who, and the way out.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the host (pid %d) is sawhorse %s and speaks protocol %d, this client is sawhorse %s and speaks protocol %d: "+
		"stop it with the host's own binary, or: sawhorse down --force",
		e.Host.PID, e.Host.Version, e.Host.Protocol, e.Client, e.Protocol)
}

// problem is the body of every answer that is not a success.
type problem struct {
	Error string `json:"error"`
}
