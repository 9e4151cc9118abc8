package account

import (
	"hash/maphash"
	"sync"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

const (
	// recentCalls is how many calls' access hashes are kept. An account has one
	// call at a time; a script may come back to one that ended a while ago.
	recentCalls = 1024
	// recentEmitted is how many phone updates are told apart.
	recentEmitted = 256
)

// callHashes are the access hashes of the calls seen last.
type callHashes struct {
	mu    sync.Mutex
	known map[int64]int64
	order [recentCalls]int64 // ids, in a ring
	next  int
}

// note remembers a call's access hash, which all but its end carry.
func (c *callHashes) note(call tg.PhoneCallClass) {
	withHash, ok := call.(interface {
		GetID() int64
		GetAccessHash() int64
	})
	if !ok {
		return
	}
	id := withHash.GetID()
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.known[id]; !known {
		if c.known == nil {
			c.known = make(map[int64]int64)
		}
		delete(c.known, c.order[c.next])
		c.order[c.next] = id
		c.next = (c.next + 1) % recentCalls
	}
	c.known[id] = withHash.GetAccessHash()
}

func (c *callHashes) get(id int64) (accessHash int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	accessHash, ok = c.known[id]
	return accessHash, ok
}

// recentUpdates recognises an updatePhoneCall that comes a second time, which it
// has no number to be recognised by. Signaling data is never told apart: to send
// it again is part of its protocol, and it comes in one way only.
type recentUpdates struct {
	mu   sync.Mutex
	seed maphash.Seed
	seen map[uint64]bool
	ring [recentEmitted]uint64
	next int
}

// again reports whether an equal update was seen lately.
func (r *recentUpdates) again(u *tg.UpdatePhoneCall) bool {
	var b bin.Buffer
	if u.Encode(&b) != nil {
		return false // without its call, say: then it is nothing to act on twice either
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seed, r.seen = maphash.MakeSeed(), make(map[uint64]bool)
	}
	hash := maphash.Bytes(r.seed, b.Buf)
	if r.seen[hash] {
		return true
	}
	delete(r.seen, r.ring[r.next])
	r.seen[hash], r.ring[r.next] = true, hash
	r.next = (r.next + 1) % recentEmitted
	return false
}
