//go:build unix

package docker

import (
	"strings"
	"testing"
)

func TestWhatAProgramSaidBeforeItWentIsToldToWhoeverComesFirst(t *testing.T) {
	c, err := dialProgram(t.Context(), []string{"sh", "-c", "echo first >&2; echo 'not for you' >&2; exit 255"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	<-c.(*programConn).heard // it is gone, or about to be
	for {
		if _, err := c.Write([]byte("GET /_ping\r\n")); err != nil {
			if got := err.Error(); got != "sh: not for you" {
				t.Errorf("writing: %s", got)
			}
			break
		}
	}
	if _, err := c.Read(make([]byte, 8)); err == nil || !strings.Contains(err.Error(), "not for you") {
		t.Errorf("reading: %v", err)
	}
}
