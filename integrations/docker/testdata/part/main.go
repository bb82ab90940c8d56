// Command part is what the images of the tests are made of: a static program
// that does what its arguments say.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if filepath.Base(os.Args[0]) == "rm" { // as which an image may have it, too
		for _, name := range os.Args[1:] {
			if !strings.HasPrefix(name, "-") {
				_ = os.RemoveAll(name)
			}
		}
		return
	}
	if len(os.Args) < 2 {
		os.Exit(64)
	}
	args := os.Args[2:]
	switch os.Args[1] {
	case "sleep": // until it is asked to end
		fmt.Println("sleeping")
		wait()
		fmt.Println("bye")
	case "print": // numbered lines, then sleep when told so
		n, _ := strconv.Atoi(args[0])
		w := bufio.NewWriterSize(os.Stdout, 64<<10)
		for i := 1; i <= n; i++ {
			fmt.Fprintln(w, "line", i)
		}
		_ = w.Flush()
		if len(args) > 1 {
			wait()
		}
	case "tick": // a numbered line every so often
		every, _ := time.ParseDuration(args[0])
		for i := 1; ; i++ {
			fmt.Println("tick", i)
			time.Sleep(every)
		}
	case "long": // one line of so many characters
		n, _ := strconv.Atoi(args[0])
		fmt.Println(strings.Repeat("x", n))
		fmt.Fprintln(os.Stderr, "after")
	case "exit":
		code, _ := strconv.Atoi(args[0])
		fmt.Fprintln(os.Stderr, "exit", code)
		os.Exit(code)
	case "eat": // memory until it is killed
		var all [][]byte
		for {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = byte(i)
			}
			all = append(all, b)
		}
	case "serve": // HTTP: / says who, /die ends it; a file in the first argument makes it healthy
		fmt.Println("serving on", args[0], "as", os.Getenv("NAME"))
		go func() { wait(); fmt.Println("bye"); os.Exit(0) }()
		http.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
		http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "I am", os.Getenv("NAME")) })
		fmt.Println(http.ListenAndServe(args[0], nil))
		os.Exit(1)
	case "get":
		r, err := http.Get(args[0])
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_, _ = io.Copy(os.Stdout, r.Body)
		if r.StatusCode >= 400 {
			os.Exit(1)
		}
	case "dial":
		c, err := net.DialTimeout("tcp", args[0], time.Second)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_ = c.Close()
	case "ask": // an ssh agent
		c, err := net.Dial("unix", os.Getenv("SSH_AUTH_SOCK"))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_, _ = io.WriteString(c, args[0])
		said, _ := io.ReadAll(c)
		fmt.Println(string(said))
	case "exists":
		if _, err := os.Stat(args[0]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	case "cat":
		for _, name := range args {
			b, err := os.ReadFile(name)
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Println(name+":", strings.TrimSpace(string(b)))
		}
	case "follow": // what is in a file, whenever that changes
		for was := ""; ; time.Sleep(10 * time.Millisecond) {
			now := "it is gone"
			if b, err := os.ReadFile(args[0]); err == nil {
				now = "it says " + strings.TrimSpace(string(b))
			}
			if now != was {
				was = now
				fmt.Println(now)
			}
		}
	case "env":
		for _, name := range args {
			fmt.Println(name + "=" + os.Getenv(name))
		}
		wait()
	default:
		fmt.Println("what is", os.Args[1]+"?")
		os.Exit(64)
	}
}

func wait() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT)
	<-c
}
