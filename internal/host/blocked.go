package host

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/account"
	"luahost/internal/clock"
)

// blocklist is whom an account has blocked. Telegram is asked when a rule first
// wants to know, and tells of changes by itself from then on; a list that is old
// is asked for again, since a change may have been missed.
// https://core.telegram.org/api/block
type blocklist struct {
	clock   clock.Clock
	account *account.Account

	asking chan struct{} // holds one while Telegram is asked, so that it is asked once

	mu     sync.Mutex // never held while anybody is waited for
	users  map[int64]bool
	listed time.Time      // zero: not asked for yet
	news   map[int64]bool // what changed since the list was asked for
}

const (
	blocklistLife = time.Hour
	blocklistPage = 100
	blocklistMax  = 10_000 // users that are asked for
)

func newBlocklist(c clock.Clock, a *account.Account) *blocklist {
	return &blocklist{clock: c, account: a, asking: make(chan struct{}, 1)}
}

// has reports whether a user is blocked. It waits no longer than ctx lasts, also
// for somebody else's question.
func (b *blocklist) has(ctx context.Context, user int64) (bool, error) {
	if blocked, fresh := b.known(user); fresh {
		return blocked, nil
	}
	select {
	case b.asking <- struct{}{}:
		defer func() { <-b.asking }()
	case <-ctx.Done():
		return false, fmt.Errorf("list blocked users: %w", context.Cause(ctx))
	}
	if blocked, fresh := b.known(user); fresh {
		return blocked, nil
	}
	b.mu.Lock()
	b.news = make(map[int64]bool)
	b.mu.Unlock()
	users, err := b.list(ctx)
	if err != nil {
		return false, fmt.Errorf("list blocked users: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.Copy(users, b.news) // what Telegram told meanwhile is newer
	b.users, b.listed = users, b.clock.Now()
	return users[user], nil
}

func (b *blocklist) known(user int64) (blocked, fresh bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.users[user], !b.listed.IsZero() && b.clock.Now().Sub(b.listed) < blocklistLife
}

func (b *blocklist) list(ctx context.Context) (map[int64]bool, error) {
	users := make(map[int64]bool)
	for offset := 0; offset < blocklistMax; offset += blocklistPage {
		answer, err := tg.NewClient(b.account).ContactsGetBlocked(ctx, &tg.ContactsGetBlockedRequest{Offset: offset, Limit: blocklistPage})
		if err != nil {
			return nil, err
		}
		page := blockedOf(answer)
		for _, p := range page {
			if u, ok := p.PeerID.(*tg.PeerUser); ok {
				users[u.UserID] = true
			}
		}
		if len(page) < blocklistPage {
			break
		}
	}
	return users, nil
}

func blockedOf(answer tg.ContactsBlockedClass) []tg.PeerBlocked {
	switch a := answer.(type) {
	case *tg.ContactsBlocked:
		return a.Blocked
	case *tg.ContactsBlockedSlice:
		return a.Blocked
	}
	return nil
}

// update takes in that a user was blocked or unblocked, on any device.
func (b *blocklist) update(u *tg.UpdatePeerBlocked) {
	peer, ok := u.PeerID.(*tg.PeerUser)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, known := range []map[int64]bool{b.users, b.news} {
		if known != nil {
			known[peer.UserID] = u.Blocked
		}
	}
}
