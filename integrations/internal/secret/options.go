package secret

import (
	"context"
	"encoding/base64"
	"net/http"
)

// Options are those of a connection, and where a person has what they do not say:
// in the variables that the system's own tools read.
type Options struct {
	Given  map[string]string
	Dir    string // the workspace
	Getenv func(string) string
	// Foreign: the variables are about another server, which alone is told what they
	// say. rest.SameServer finds that out.
	Foreign bool
}

// Secret is what an option says where to find, else what the variable says.
func (o Options) Secret(ctx context.Context, option, variable string) (string, error) {
	if spec := o.Given[option]; spec != "" {
		return Resolve(ctx, spec, o.Dir, o.Getenv)
	}
	if o.Foreign {
		return "", nil
	}
	return o.Getenv(variable), nil
}

// Value is Secret for an option that is no secret, a person's name: it may also stand
// there itself.
func (o Options) Value(ctx context.Context, option, variable string) (string, error) {
	if v := o.Given[option]; v != "" && !IsReference(v) {
		return v, nil
	}
	return o.Secret(ctx, option, variable)
}

// Bearer is the header that authorizes with a token, and what of it must not be shown.
func Bearer(token string) (http.Header, []string) {
	return http.Header{"Authorization": {"Bearer " + token}}, []string{token}
}

// Basic is the header that authorizes with a password, and what of it must not be
// shown.
func Basic(user, password string) (http.Header, []string) {
	both := user + ":" + password
	code := base64.StdEncoding.EncodeToString([]byte(both))
	return http.Header{"Authorization": {"Basic " + code}}, []string{password, both, code}
}
