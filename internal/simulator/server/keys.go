package server

import (
	"time"

	"github.com/gotd/td/crypto"
)

// maxKeys bounds the keys of a server: a client makes one at its first start and
// says goodbye to none.
const maxKeys = 10_000

// Key is an authorization key, with what its client has said once and does not
// say again.
type Key struct {
	crypto.AuthKey
	Layer int // of the API, that the client speaks; 0: not said
}

// Keys gives the authorization keys made so far, but for temporary ones, which
// clients make anew. They are secret; a Server that gets them as Options.Keys
// goes on for the clients that hold them.
func (s *Server) Keys() []Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]Key, 0, len(s.keys))
	for _, k := range s.keys {
		if k.client != nil {
			keys = append(keys, Key{AuthKey: k.AuthKey, Layer: k.spoken()})
		}
	}
	return keys
}

// key gives the authorization key of that id, or nil.
func (s *Server) key(id [8]byte) *authKey {
	s.mu.Lock()
	k := s.keys[id]
	s.mu.Unlock()
	if k != nil && k.client == nil && !s.o.Clock.Now().Before(k.expires) {
		s.dropKey(k)
		return nil
	}
	return k
}

// addKey takes up a key that was agreed on, or that an earlier server had.
func (s *Server) addKey(a *agreed) {
	now := s.o.Clock.Now()
	k := &authKey{AuthKey: a.key, server: s, layer: a.layer}
	if a.salt != 0 {
		k.firstSalt, k.firstUntil = a.salt, now.Add(saltPeriod+saltGrace)
	}
	if a.life > 0 {
		k.expires = now.Add(a.life)
	} else {
		k.client = s.o.Telegram.Client(a.key.ID)
	}
	s.mu.Lock()
	s.made++
	k.number = s.made
	s.keys[k.ID] = k
	full := len(s.keys) > s.maxKeys
	s.mu.Unlock()
	if full {
		s.dropKey(s.leastMissed(now))
	}
}

// leastMissed is the key that is given up for a new one: one that has expired,
// else the oldest that nobody is logged in with, else the oldest; those that
// clients are connected with last.
func (s *Server) leastMissed(now time.Time) *authKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	var (
		least *authKey
		rank  int
	)
	for _, k := range s.keys {
		missed := 1
		if k.client == nil && !now.Before(k.expires) {
			missed = 0
		} else if c := k.acting(); c != nil && c.UserID() != 0 {
			missed = 2
		}
		if k.attached() || k.number == s.made {
			missed += 3
		}
		if least == nil || missed < rank || missed == rank && k.number < least.number {
			least, rank = k, missed
		}
	}
	return least
}

// dropKey forgets a key with the temporary ones that are bound to it, ends their
// sessions, and logs the client out.
func (s *Server) dropKey(k *authKey) {
	dropped := []*authKey{k}
	s.mu.Lock()
	for _, other := range s.keys {
		other.mu.Lock()
		if other.perm == k {
			dropped = append(dropped, other)
		}
		other.mu.Unlock()
	}
	for _, k := range dropped {
		delete(s.keys, k.ID)
	}
	s.mu.Unlock()
	for _, k := range dropped {
		k.end()
		if k.client != nil {
			s.o.Telegram.Forget(k.ID)
		}
	}
}
