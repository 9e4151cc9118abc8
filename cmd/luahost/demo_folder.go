package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gofrs/flock"
)

// demoFolder is where a demo keeps its data. It stays when the demo ends, so
// that its calls can be looked at; the next demo begins it anew.
type demoFolder struct {
	path string
	lock *flock.Flock
}

// openDemoFolder gives this user's folder, or one of its own to a demo that runs
// beside another.
func openDemoFolder() (*demoFolder, error) {
	usual := filepath.Join(os.TempDir(), "luahost-demo-"+strconv.Itoa(os.Getuid()))
	f, err := lockDemoFolder(usual)
	if f == nil && err == nil {
		var own string
		if own, err = os.MkdirTemp("", "luahost-demo-"); err == nil {
			f, err = lockDemoFolder(own)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make a folder for the demo: %w", err)
	}
	return f, os.RemoveAll(f.data())
}

// lockDemoFolder gives nothing where another demo is at work.
func lockDemoFolder(path string) (*demoFolder, error) {
	if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
		return nil, err
	}
	// Somebody else may have made a folder of that name; this fails then.
	if err := os.Chmod(path, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(path, "lock"), flock.SetPermissions(0o600))
	taken, err := lock.TryLock()
	if err != nil || !taken {
		return nil, err
	}
	return &demoFolder{path: path, lock: lock}, nil
}

func (f *demoFolder) close() { _ = f.lock.Unlock() }

func (f *demoFolder) data() string   { return filepath.Join(f.path, "data") }
func (f *demoFolder) config() string { return filepath.Join(f.path, "luahost.toml") }
func (f *demoFolder) key() string    { return filepath.Join(f.path, "server.pub.pem") }

// describe writes the configuration with which other commands find this demo.
func (f *demoFolder) describe(scripts, server string, publicKey []byte) error {
	scripts, err := filepath.Abs(scripts)
	if err != nil {
		return err
	}
	text := fmt.Sprintf(`# The demo wrote this, for luahost status, calls and trace.
data    = "data"
scripts = %q
[telegram]
api_id     = 1
api_hash   = "demo"
server     = %q
server_key = %q
[[account]]
name  = "you"
phone = %q
`, scripts, server, f.key(), demoPhone)
	if err := os.WriteFile(f.key(), publicKey, 0o600); err != nil {
		return fmt.Errorf("write the server's public key: %w", err)
	}
	if err := os.WriteFile(f.config(), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	return nil
}
