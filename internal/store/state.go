package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The most that one script may keep. MaxKey and MaxValue are for the caller to
// check, who can say more about a value than its size.
const (
	MaxKey   = 256      // bytes of a key
	MaxValue = 64 << 10 // bytes of a value

	maxKeys  = 10_000
	maxState = 8 << 20 // bytes of all its keys and values
)

// ErrFull is what a change of a State returns that would make it too large.
var ErrFull = errors.New("no room")

// State is what one script keeps: values by key, some until a time. It lives as
// long as the database, however often the script is loaded, edited or renamed
// back. What all scripts share is the State of "".
//
// Reads come from memory, where the Store has all of a State from the first use
// on; they show what is on the disk, never what is still on its way there. A
// change returns when it is on the disk, and a read that follows sees it.
type State struct {
	store  *Store
	script string
}

// Item is a value. Nobody may change its bytes.
type Item struct {
	Value   []byte
	Expires time.Time // by the Store's clock; zero: never
}

// expired says whether the item is no longer there for anybody.
func (i *Item) expired(now time.Time) bool {
	return !i.Expires.IsZero() && !now.Before(i.Expires)
}

// State returns what the script keeps.
func (s *Store) State(script string) State { return State{store: s, script: script} }

// Get returns the item of a key.
func (st State) Get(ctx context.Context, key string) (item Item, found bool, err error) {
	sh, err := st.shelf(ctx)
	if err != nil {
		return Item{}, false, err
	}
	sh.mu.RLock()
	item, found = sh.items[key]
	sh.mu.RUnlock()
	if found && item.expired(st.store.clock.Now()) {
		return Item{}, false, nil
	}
	return item, found, nil
}

// Keys returns the keys that begin with the prefix, sorted.
func (st State) Keys(ctx context.Context, prefix string) ([]string, error) {
	sh, err := st.shelf(ctx)
	if err != nil {
		return nil, err
	}
	now := st.store.clock.Now()
	var keys []string
	sh.mu.RLock()
	for key, item := range sh.items {
		if strings.HasPrefix(key, prefix) && !item.expired(now) {
			keys = append(keys, key)
		}
	}
	sh.mu.RUnlock()
	slices.Sort(keys)
	return keys, nil
}

// Set keeps a value, for a time if that is not 0.
func (st State) Set(ctx context.Context, key string, value []byte, keep time.Duration) error {
	return st.Change(ctx, key, func(_ *Item, now time.Time) (*Item, error) {
		item := &Item{Value: value}
		if keep > 0 {
			item.Expires = now.Add(keep)
		}
		return item, nil
	})
}

// Delete removes a key, if it is there.
func (st State) Delete(ctx context.Context, key string) error {
	return st.Change(ctx, key, func(*Item, time.Time) (*Item, error) { return nil, nil })
}

// Change gives change the item of a key, or nil, and keeps what it returns, or
// nothing. No other change of the State comes between. An error of change's is
// returned as it is, and leaves the State alone. As with commit, ctx's end leaves
// the outcome in doubt: change runs on the Store's writing goroutine, may run
// after Change has returned, and must not wait for anything.
func (st State) Change(ctx context.Context, key string, change func(old *Item, now time.Time) (*Item, error)) error {
	for {
		sh, err := st.shelf(ctx)
		if err != nil {
			return err
		}
		err = st.store.commit(ctx, func(tx *sql.Tx) error { return st.change(tx, sh, key, change) })
		if !errors.Is(err, errLeft) {
			return err
		}
	}
}

func (st State) change(tx *sql.Tx, sh *shelf, key string, change func(*Item, time.Time) (*Item, error)) error {
	if sh.isLeft() { // what was written since may be in another one
		return errLeft
	}
	s, at, now := st.store, stateKey{st.script, key}, st.store.clock.Now()
	there := s.states.drafted(sh, at)
	old := there
	if old != nil && old.expired(now) {
		old = nil
	}
	fresh, err := change(old, now)
	if err != nil || fresh == nil && there == nil {
		return err
	}
	d := newDraft()
	if fresh == nil {
		d.put(at, there, nil)
		_, err = tx.Stmt(s.dropState).Exec(at.script, at.key)
	} else {
		fresh.Expires = exact(fresh.Expires)
		if fresh.Value == nil {
			fresh.Value = []byte{} // nil would be NULL
		}
		d.put(at, there, fresh)
		if err := st.makeRoom(tx, sh, at, &d, now); err != nil {
			return err
		}
		_, err = tx.Stmt(s.putState).Exec(at.script, at.key, fresh.Value, micros(fresh.Expires))
	}
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	s.states.draft.add(d)
	return nil
}

// makeRoom sees to it that the State has room for what d changes at a key: others
// that have expired, and were only still to be removed, make way.
func (st State) makeRoom(tx *sql.Tx, sh *shelf, at stateKey, d *draft, now time.Time) error {
	if st.fits(sh, d) == nil {
		return nil
	}
	expired, err := removeExpired(tx, now, maxKeys, `script = $3 AND key <> $4`, at.script, at.key)
	if err != nil {
		return fmt.Errorf("remove what has expired: %w", err)
	}
	d.add(expired)
	return st.fits(sh, d)
}

// fits says why the State has no room for what d changes.
func (st State) fits(sh *shelf, d *draft) error {
	s := st.store.states
	more, drafted := d.grown[st.script], s.draft.grown[st.script]
	sh.mu.RLock()
	keys, bytes := len(sh.items)+drafted.keys, sh.size+drafted.bytes
	sh.mu.RUnlock()
	who := st.script
	if who == "" {
		who = "what scripts share"
	}
	switch {
	case more.keys > 0 && keys+more.keys > s.limits.keys:
		return fmt.Errorf("%w: %s has %d keys, and more than %d are not kept; delete some, or let them expire",
			ErrFull, who, keys, s.limits.keys)
	case more.bytes > 0 && bytes+more.bytes > s.limits.bytes:
		return fmt.Errorf("%w: %s has %d bytes, and more than %d are not kept; delete some, or let them expire",
			ErrFull, who, bytes, s.limits.bytes)
	default:
		return nil
	}
}

// prepareState saves each change the reading of its statement.
func (s *Store) prepareState() (err error) {
	s.putState, err = s.writer.Prepare(`
		INSERT INTO state (script, key, value, expires) VALUES ($1, $2, $3, $4)
		ON CONFLICT (script, key) DO UPDATE SET value = excluded.value, expires = excluded.expires`)
	if err != nil {
		return err
	}
	s.dropState, err = s.writer.Prepare(`DELETE FROM state WHERE script = $1 AND key = $2`)
	return err
}
