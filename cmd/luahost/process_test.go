package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a test waits for a line of a process before it fails.
const patience = 30 * time.Second

// process is a program that runs while a script of testdata goes on.
type process struct {
	cmd    *exec.Cmd
	exited chan error

	mu      sync.Mutex
	output  bytes.Buffer
	read    int           // how much of output earlier calls of logged have matched
	changed chan struct{} // closed and replaced when output grows
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.output.Write(b)
	close(p.changed)
	p.changed = make(chan struct{})
	return len(b), nil
}

// processes are the commands that scripts of testdata have for them:
//
//	start NAME PROGRAM ARG…   runs a program beside the script
//	logged NAME REGEXP        waits until it prints that, after what was waited for before;
//	                          a named group becomes a variable
//	interrupt NAME            interrupts it, and wants it to exit with 0; with !, with another
//	mode FILE PERM            wants a file to have these permissions
var processes = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"start":     start,
	"logged":    logged,
	"interrupt": interrupt,
	"mode":      mode,
}

type running map[string]*process

type runningKey struct{}

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME PROGRAM ARG…")
	}
	path, err := exec.LookPath(args[1])
	for _, dir := range strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator)) {
		if _, statErr := os.Stat(dir + "/" + args[1]); statErr == nil {
			path, err = dir+"/"+args[1], nil
			break
		}
	}
	ts.Check(err)
	p := &process{cmd: exec.Command(path, args[2:]...), exited: make(chan error, 1), changed: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = ts.Getenv("WORK"), p, p
	p.cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.Getenv("TMPDIR"), "NO_COLOR=1"}
	_, err = p.cmd.StdinPipe() // open until the program ends: a question is not answered
	ts.Check(err)
	ts.Check(p.cmd.Start())
	go func() { p.exited <- p.cmd.Wait() }()
	ts.Value(runningKey{}).(running)[args[0]] = p
	ts.Defer(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
		p.exited <- nil
	})
}

func find(ts *testscript.TestScript, neg bool, args []string, n int) *process {
	if neg || len(args) != n {
		ts.Fatalf("want %d arguments, and no !", n)
	}
	p := ts.Value(runningKey{}).(running)[args[0]]
	if p == nil {
		ts.Fatalf("%s was not started", args[0])
	}
	return p
}

func logged(ts *testscript.TestScript, neg bool, args []string) {
	p := find(ts, neg, args, 2)
	want, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	late := time.After(patience)
	for {
		p.mu.Lock()
		unread, changed := p.output.Bytes()[p.read:], p.changed
		found := want.FindSubmatchIndex(unread)
		if found != nil {
			p.read += found[1]
		}
		text := string(unread)
		p.mu.Unlock()
		if found != nil {
			for i, name := range want.SubexpNames() {
				if name != "" {
					ts.Setenv(name, text[found[2*i]:found[2*i+1]])
				}
			}
			return
		}
		select {
		case <-changed:
		case err := <-p.exited:
			p.exited <- err
			ts.Fatalf("%s ended (%v) without printing %q:\n%s", args[0], err, args[1], text)
		case <-late:
			ts.Fatalf("%s did not print %q:\n%s", args[0], args[1], text)
		}
	}
}

func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	p := find(ts, false, args, 1)
	ts.Check(p.cmd.Process.Signal(os.Interrupt))
	select {
	case err := <-p.exited:
		p.exited <- err
		if (err != nil) != neg {
			ts.Fatalf("%s: %v\n%s", args[0], err, p.output.String())
		}
	case <-time.After(patience):
		ts.Fatalf("%s does not end when it is interrupted", args[0])
	}
}

func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode FILE PERM")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}
