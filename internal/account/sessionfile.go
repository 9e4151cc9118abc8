package account

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
	"github.com/gotd/td/crypto"
	gotdsession "github.com/gotd/td/session"
)

// sessionFile keeps a session on disk. It is held by one process at a time: two
// that used one session would both be logged out (AUTH_KEY_DUPLICATED). A write
// replaces the file or leaves it as it was.
type sessionFile struct {
	path string
	lock *flock.Flock
	key  string     // id of the key that the file held when it was opened; "": none
	mu   sync.Mutex // gotd saves from the goroutines of several connections
}

// openSession takes the lock. The lock has a file of its own, because replacing
// the session file would replace a lock on it too; it stays behind, because
// removing it would let two processes lock two files of that name.
func openSession(folder, account string) (*sessionFile, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	path := filepath.Join(folder, account+".session")
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	switch taken, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock session file %s: %w", path, err)
	case !taken:
		return nil, fmt.Errorf("session file %s is %w: stop that luahost first", path, ErrInUse)
	}
	f := &sessionFile{path: path, lock: lock}
	if err := f.check(); err != nil {
		f.close()
		return nil, fmt.Errorf("session file %s is damaged (%w): remove it and log in again: luahost login %s", path, err, account)
	}
	return f, nil
}

func (f *sessionFile) close() { _ = f.lock.Unlock() } // the system unlocks at the latest when the process ends

// exists reports whether somebody has begun to log in.
func (f *sessionFile) exists() bool {
	_, err := os.Stat(f.path)
	return err == nil
}

func (f *sessionFile) remove() error { return os.Remove(f.path) }

// check reads the file as gotd will, and whether its key is whole, so that the
// complaint comes before the connection and says what to do.
func (f *sessionFile) check() error {
	if !f.exists() {
		return nil
	}
	data, err := parseSession(f)
	switch {
	case errors.Is(err, gotdsession.ErrNotFound): // gotd's word for empty, and for a version it does not know
		return errors.New("it holds no session that this luahost can read")
	case err != nil:
		return err
	}
	var key crypto.Key
	var id [8]byte
	if copy(key[:], data.AuthKey) != len(key) || copy(id[:], data.AuthKeyID) != len(id) || key.ID() != id {
		return errors.New("its key is broken")
	}
	f.key = string(id[:])
	return nil
}

// replaces reports whether data would put another key in the place of the one
// that the file held.
func (f *sessionFile) replaces(data []byte) bool {
	id := keyOf(data).ID
	return f.key != "" && id != [8]byte{} && string(id[:]) != f.key
}

// keyOf is the key that a session's data holds, the zero key where there is none.
func keyOf(data []byte) (key crypto.AuthKey) {
	var memory gotdsession.StorageMemory
	_ = memory.StoreSession(context.Background(), data) // cannot fail
	if session, err := parseSession(&memory); err == nil {
		copy(key.Value[:], session.AuthKey)
		copy(key.ID[:], session.AuthKeyID)
	}
	return key
}

func parseSession(from gotdsession.Storage) (*gotdsession.Data, error) {
	return (&gotdsession.Loader{Storage: from}).Load(context.Background())
}

// LoadSession implements session.Storage.
func (f *sessionFile) LoadSession(context.Context) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, gotdsession.ErrNotFound
	}
	return data, err
}

// StoreSession implements session.Storage.
func (f *sessionFile) StoreSession(_ context.Context, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.replace(data); err != nil {
		return fmt.Errorf("write session file: %w", err)
	}
	return nil
}

func (f *sessionFile) replace(data []byte) error {
	folder := filepath.Dir(f.path)
	temporary, err := os.CreateTemp(folder, filepath.Base(f.path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // after the rename it is gone
	_, err = temporary.Write(data)
	if err == nil {
		err = temporary.Sync()
	}
	if err = errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), f.path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes a rename outlast a power cut.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
