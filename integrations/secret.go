package integrations

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// The ways to say where a secret is.
const (
	fromEnv     = "env:"
	fromFile    = "file:"
	fromCommand = "command:"
)

// IsReference says whether an option's value says where a secret is, and is not
// the secret itself.
func IsReference(v string) bool {
	for _, prefix := range []string{fromEnv, fromFile, fromCommand} {
		if rest, ok := strings.CutPrefix(v, prefix); ok && strings.TrimSpace(rest) != "" {
			return true
		}
	}
	return false
}

// secretTime is how long a command may take to print a secret: it may ask a
// keyring.
const secretTime = 10 * time.Second

// Secret finds what a reference refers to. Its errors never hold the secret.
func (p Place) Secret(ctx context.Context, reference string) (string, error) {
	var text string
	switch name, isEnv := strings.CutPrefix(reference, fromEnv); {
	case isEnv:
		if text = p.Getenv(name); text == "" {
			return "", fmt.Errorf("the variable %s is not set", name)
		}
	case strings.HasPrefix(reference, fromFile):
		b, err := os.ReadFile(p.path(strings.TrimPrefix(reference, fromFile)))
		if err != nil {
			return "", err
		}
		text = string(b)
	case strings.HasPrefix(reference, fromCommand):
		line := strings.TrimPrefix(reference, fromCommand)
		ctx, cancel := context.WithTimeout(ctx, secretTime)
		defer cancel()
		c := exec.CommandContext(ctx, "sh", "-c", line)
		c.Dir = p.Dir
		c.WaitDelay = time.Second
		out, err := c.Output()
		if err != nil {
			return "", fmt.Errorf("the command for it (%s): %w", line, err)
		}
		text = string(out)
	default:
		return "", fmt.Errorf("a secret is given as env:NAME, file:PATH or command:LINE")
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", fmt.Errorf("%s gives nothing", reference)
	}
	return text, nil
}

// path is a file's name with a leading ~ as the person's home, below the
// workspace where it is relative.
func (p Place) path(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return p.Home + "/" + rest
	}
	if strings.HasPrefix(name, "/") {
		return name
	}
	return p.Dir + "/" + name
}
