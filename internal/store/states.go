package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// states holds the State of every script that was asked for since the Store was
// opened, until Leave. It is always right because the Store alone writes to its database: a
// transaction is first drafted, by the writing goroutine that makes it, and comes
// into memory after it is on the disk and before anybody is told so. A database
// that several hosts write to would have change read the row in its transaction,
// and shelves that are told when they are out of date.
type states struct {
	limits struct{ keys, bytes int } // of one State

	mu      sync.Mutex
	shelves map[string]*shelf // by script

	draft draft // of the transaction that is being made: the writing goroutine's own

	expiring chan struct{} // gets a token when something was kept that expires
}

// shelf is one State as the disk has it.
type shelf struct {
	mu     sync.RWMutex // held while it is read from the disk: what is written meanwhile comes after
	loaded bool
	left   bool // out of memory, and another one may be in its place
	items  map[string]Item
	size   int // bytes of keys and values
}

type stateKey struct{ script, key string }

// draft is what a transaction changes.
type draft struct {
	items map[stateKey]*Item // nil: none
	grown map[string]growth  // of each State
}

// growth is by how much a State becomes larger.
type growth struct{ keys, bytes int }

func newDraft() draft {
	return draft{items: make(map[stateKey]*Item), grown: make(map[string]growth)}
}

// put changes an item from what it was.
func (d *draft) put(at stateKey, was, is *Item) {
	g := d.grown[at.script]
	if was != nil {
		g.keys, g.bytes = g.keys-1, g.bytes-len(at.key)-len(was.Value)
	}
	if is != nil {
		g.keys, g.bytes = g.keys+1, g.bytes+len(at.key)+len(is.Value)
	}
	d.items[at], d.grown[at.script] = is, g
}

// add takes over what one function of a transaction has changed.
func (d *draft) add(more draft) {
	maps.Copy(d.items, more.items)
	for script, m := range more.grown {
		g := d.grown[script]
		d.grown[script] = growth{g.keys + m.keys, g.bytes + m.bytes}
	}
}

func newStates() *states {
	s := &states{shelves: make(map[string]*shelf), draft: newDraft(), expiring: make(chan struct{}, 1)}
	s.limits.keys, s.limits.bytes = maxKeys, maxState
	return s
}

// shelf gives the State's, and reads it if need be.
func (st State) shelf(ctx context.Context) (*shelf, error) {
	s := st.store.states
	s.mu.Lock()
	sh := s.shelves[st.script]
	if sh == nil {
		sh = &shelf{items: make(map[string]Item)}
		s.shelves[st.script] = sh
	}
	s.mu.Unlock()
	sh.mu.RLock()
	loaded := sh.loaded
	sh.mu.RUnlock()
	if loaded {
		return sh, nil
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.loaded {
		return sh, nil
	}
	if err := sh.load(ctx, st.store.reader, st.script); err != nil {
		sh.items, sh.size = make(map[string]Item), 0
		if st.store.isClosed() {
			return nil, ErrClosed
		}
		return nil, st.store.explain(fmt.Errorf("read state: %w", err))
	}
	sh.loaded = true
	return sh, nil
}

// errLeft is that of a change of a shelf that was left meanwhile.
var errLeft = errors.New("the state is read anew")

// Leave takes the State out of memory: its script is gone, perhaps for ever. It
// stays on the disk, and is read again by whoever asks for it.
func (st State) Leave() {
	s := st.store.states
	s.mu.Lock()
	defer s.mu.Unlock()
	sh := s.shelves[st.script]
	if sh == nil {
		return
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.left = true
	delete(s.shelves, st.script)
}

func (sh *shelf) isLeft() bool {
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return sh.left
}

func (sh *shelf) load(ctx context.Context, db *sql.DB, script string) error {
	rows, err := db.QueryContext(ctx, `SELECT key, value, expires FROM state WHERE script = $1`, script)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var item Item
		var expires int64
		if err := rows.Scan(&key, &item.Value, &expires); err != nil {
			return err
		}
		item.Expires = fromMicros(expires)
		sh.put(key, &item)
	}
	return rows.Err()
}

// put keeps an item, or removes what is there if it is nil.
func (sh *shelf) put(key string, item *Item) {
	if was, found := sh.items[key]; found {
		sh.size -= len(key) + len(was.Value)
		delete(sh.items, key)
	}
	if item != nil {
		sh.items[key] = *item
		sh.size += len(key) + len(item.Value)
	}
}

// drafted is the item that is there for the transaction, expired or not.
func (s *states) drafted(sh *shelf, at stateKey) *Item {
	if item, found := s.draft.items[at]; found {
		return item
	}
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	if item, found := sh.items[at.key]; found {
		return &item
	}
	return nil
}

// publish ends the draft, and brings it into memory if it is on the disk.
func (s *states) publish(kept bool) {
	if len(s.draft.items) == 0 {
		return
	}
	d := s.draft
	s.draft = newDraft()
	if !kept {
		return
	}
	for at, item := range d.items {
		s.mu.Lock()
		sh := s.shelves[at.script]
		s.mu.Unlock()
		if sh != nil {
			sh.mu.Lock()
			if sh.loaded { // else it is read from a disk that has it
				sh.put(at.key, item)
			}
			sh.mu.Unlock()
		}
		if item != nil && !item.Expires.IsZero() {
			s.expires()
		}
	}
}

// expires says that there is something to be removed one day.
func (s *states) expires() {
	select {
	case s.expiring <- struct{}{}:
	default: // it was said
	}
}

// removeExpired removes at most so many keys that have expired, among those of
// which where says so, and gives what that changes.
func removeExpired(tx *sql.Tx, now time.Time, limit int, where string, args ...any) (draft, error) {
	rows, err := tx.Query(`
		DELETE FROM state WHERE (script, key) IN (
			SELECT script, key FROM state WHERE expires <> 0 AND expires <= $1 AND `+where+` LIMIT $2)
		RETURNING script, key, value`, append([]any{now.UnixMicro(), limit}, args...)...)
	if err != nil {
		return draft{}, err
	}
	defer rows.Close()
	d := newDraft()
	for rows.Next() {
		var at stateKey
		var was Item
		if err := rows.Scan(&at.script, &at.key, &was.Value); err != nil {
			return draft{}, err
		}
		d.put(at, &was, nil)
	}
	return d, rows.Err()
}
