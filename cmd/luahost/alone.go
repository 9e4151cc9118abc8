package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockData takes a data folder for whoever runs scripts with it, or changes what
// they keep: that is in the memory of the luahost that runs, which a second one
// would write over, and whose timers it would take for interrupted. The lock ends
// with the process at the latest; its file stays, because removing it would let two
// processes lock two files of that name. advice is for whoever finds it taken.
func lockData(data, advice string) (unlock func(), err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock := flock.New(filepath.Join(data, "luahost.lock"), flock.SetPermissions(0o600))
	switch taken, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock the data folder %s: %w", data, err)
	case !taken:
		return nil, fmt.Errorf("a luahost runs with the data folder %s: %s", data, advice)
	}
	return func() { _ = lock.Unlock() }, nil
}
