// Package scripttest puts a script to work in a test: a real host on a folder
// of its own, which ends with the test. The tests of bindings are assertions in
// Lua that it runs.
package scripttest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"luahost/internal/script"
)

// Script is a script at work.
type Script struct {
	*script.Host
	// Path of the file.
	Path string
	runs chan script.Run
}

// File loads a file of Lua, by its own name. The test fails if it does not
// load. Dir and OnHandler of the options are set here.
func File(t testing.TB, path string, opts script.Options) *Script {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Source(t, filepath.Base(path), string(source), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Source loads Lua under a file's name, and returns how that went.
func Source(t testing.TB, name, source string, opts script.Options) (*Script, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Script{Path: path, runs: make(chan script.Run)}
	opts.Dir = filepath.Dir(path)
	opts.OnHandler = func(r script.Run) { s.runs <- r }
	s.Host = script.New(opts)
	if err := s.Load(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		for {
			select {
			case <-s.runs: // of a handler that the test did not wait for
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
				return
			}
		}
	})
	return s, s.Status()[0].LastError
}

// Fire dispatches an event, waits for its handlers and returns how each ended.
// The test fails if there are none.
func (s *Script) Fire(t testing.TB, event script.Event) []error {
	t.Helper()
	n := s.Dispatch(t.Context(), event)
	if n == 0 {
		t.Fatalf("%s has no handler for %q", filepath.Base(s.Path), event.Name)
	}
	return s.Wait(n)
}

// Wait waits for n handlers to end and returns how they did.
func (s *Script) Wait(n int) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = (<-s.runs).Err
	}
	return errs
}

// Check dispatches an event none of whose handlers may fail.
func (s *Script) Check(t testing.TB, name string) {
	t.Helper()
	for _, err := range s.Fire(t, script.Event{Name: name}) {
		if err != nil {
			t.Error(err)
		}
	}
}
