package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"luahost/internal/clock"
	"luahost/internal/host"
	"luahost/internal/hostile"
	"luahost/internal/script"
)

const (
	soakGood    = "good.lua"
	unrestPace  = 500 * time.Millisecond // from one disturbance to the next, at most
	unrestLimit = 8                      // hostile scripts at a time
)

// unrest edits the good script and its module, and drops hostile scripts into the
// folder and takes them out again. But for reloaded, it is used by one goroutine.
type unrest struct {
	dir     string
	random  *rand.Rand
	corpus  []hostile.Script
	order   []int // of the corpus, drawn anew when it is through
	inside  []hostile.Script
	edition int
	dropped int

	mu      sync.Mutex
	reloads int
	fault   error // of the good script's last reload
}

func newUnrest(dir string, random *rand.Rand) (*unrest, error) {
	corpus, err := hostile.All()
	if err != nil {
		return nil, err
	}
	u := &unrest{dir: dir, random: random, corpus: corpus}
	if err := hostile.WriteModules(dir); err != nil {
		return nil, err
	}
	if err := u.editModule(); err != nil {
		return nil, err
	}
	return u, u.editGood()
}

func (u *unrest) size() int { return len(u.corpus) }

// reloaded is told by the host of each load.
func (u *unrest) reloaded(r script.Reload) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if r.Script == soakGood {
		u.reloads++
		u.fault = r.Err
	}
}

// round disturbs the host for a while, or until ctx ends.
func (u *unrest) round(ctx context.Context, lasts time.Duration) error {
	for until := time.Now().Add(lasts); time.Now().Before(until) && clock.Wait(ctx, clock.System{}, u.pause()) == nil; {
		if err := u.disturb(); err != nil {
			return err
		}
	}
	return nil
}

// pause is mostly long enough for the host to find that the folder is at rest.
func (u *unrest) pause() time.Duration {
	return time.Duration(u.random.Int64N(int64(unrestPace)))
}

func (u *unrest) disturb() error {
	switch n := u.random.IntN(10); {
	case n < 2:
		return u.editGood()
	case n < 3:
		return u.editModule()
	case n < 4:
		return u.write(soakGood, "rule \"strangers\" { -- half an edit\n")
	case n < 5 && len(u.inside) > 0 || len(u.inside) == unrestLimit:
		return u.takeOut()
	default:
		return u.drop()
	}
}

// goodScript has an edition, so that each edit is another content.
const goodScript = `-- edition %d
local words = require "lib.words"
rule "strangers" {
  when   = {from = "stranger"},
  action = function(call) call:decline(words.reason) end,
}
on("call.ended", function(call) assert(words.edition > 0 and call.outcome) end)
`

func (u *unrest) editGood() error {
	u.edition++
	return u.write(soakGood, fmt.Sprintf(goodScript, u.edition))
}

func (u *unrest) editModule() error {
	u.edition++
	return u.write(filepath.Join("lib", "words.lua"), fmt.Sprintf("return {reason = \"busy\", edition = %d}\n", u.edition))
}

// write saves a file as editors do.
func (u *unrest) write(name, source string) error {
	path := filepath.Join(u.dir, name)
	if err := os.WriteFile(path+".new", []byte(source), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// drop lays the next script of the corpus into the folder.
func (u *unrest) drop() error {
	if len(u.order) == 0 {
		u.order = u.random.Perm(len(u.corpus))
	}
	next := u.corpus[u.order[0]]
	u.order = u.order[1:]
	if slices.ContainsFunc(u.inside, func(s hostile.Script) bool { return s.Name == next.Name }) {
		return nil
	}
	u.inside = append(u.inside, next)
	u.dropped++
	return next.Write(u.dir)
}

// takeOut removes the script that has been inside for longest.
func (u *unrest) takeOut() error {
	oldest := u.inside[0]
	u.inside = u.inside[1:]
	return os.Remove(filepath.Join(u.dir, oldest.Name))
}

// calm takes all hostile scripts out, mends the good one, and waits until the host
// has done with them.
func (u *unrest) calm(ctx context.Context, h *host.Host) error {
	for len(u.inside) > 0 {
		if err := u.takeOut(); err != nil {
			return err
		}
	}
	if err := u.editGood(); err != nil {
		return err
	}
	late := time.Now().Add(calmTime)
	for last := 0; time.Now().Before(late); {
		if clock.Wait(ctx, clock.System{}, unrestPace) != nil {
			return nil
		}
		now := runtime.NumGoroutine()
		if len(h.Status().Scripts) == 1 && now >= last-2 && now <= last+2 {
			break
		}
		last = now
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.fault != nil {
		return fmt.Errorf("an edit of the good script was refused: %w", u.fault)
	}
	return nil
}

// calmTime is how long the host may take to be done with the scripts of a round.
const calmTime = 10 * time.Second
