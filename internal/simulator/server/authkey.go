package server

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"

	"luahost/internal/simulator"
)

const (
	// A salt is good for saltPeriod, and accepted for saltGrace more, as
	// Telegram does: https://core.telegram.org/mtproto/description#server-salt
	saltPeriod = time.Hour
	saltGrace  = saltPeriod / 2

	// maxSessions bounds the sessions of one key: a client begins a new one
	// with each start and says goodbye to none.
	maxSessions = 16
)

// authKey is an authorization key with its sessions.
type authKey struct {
	crypto.AuthKey
	server  *Server
	number  int               // later ones have higher numbers
	client  *simulator.Client // nil: the key is temporary
	expires time.Time         // of a temporary key

	// The salt that came out of making the key; none after a restart.
	firstSalt  int64
	firstUntil time.Time

	mu       sync.Mutex
	slot     int64 // number of the period whose salts these are
	salts    [2]int64
	sessions []*session // by age
	layer    int        // that the client said last; 0: none
	perm     *authKey   // that a temporary key is bound to
}

// acting is the client whose requests come with the key; nil if the key is
// temporary and not bound.
func (k *authKey) acting() *simulator.Client {
	if k.client != nil {
		return k.client
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.perm == nil {
		return nil
	}
	return k.perm.client
}

// spoken is the layer that the client said last; 0 if it has said none.
func (k *authKey) spoken() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.layer
}

// attached tells whether a client is connected with the key.
func (k *authKey) attached() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.sessions, (*session).attached)
}

// session gives the session of that id, a new one if it is not known.
func (k *authKey) session(id int64) *session {
	k.mu.Lock()
	at := slices.IndexFunc(k.sessions, func(s *session) bool { return s.id == id })
	if at >= 0 {
		defer k.mu.Unlock()
		return k.sessions[at]
	}
	var old *session
	if len(k.sessions) >= maxSessions {
		old = k.sessions[0]
		for _, s := range k.sessions {
			if !s.attached() {
				old = s
				break
			}
		}
		k.sessions = slices.DeleteFunc(k.sessions, func(s *session) bool { return s == old })
	}
	s := &session{key: k, id: id}
	s.layer, _ = k.server.layers.spoken(k.layer) // it was looked at when it was said
	k.sessions = append(k.sessions, s)
	k.mu.Unlock()
	if old != nil {
		old.end()
	}
	return s
}

// destroy ends the session of that id; false if there is none.
func (k *authKey) destroy(id int64) bool {
	k.mu.Lock()
	at := slices.IndexFunc(k.sessions, func(s *session) bool { return s.id == id })
	if at < 0 {
		k.mu.Unlock()
		return false
	}
	s := k.sessions[at]
	k.sessions = slices.Delete(k.sessions, at, at+1)
	k.mu.Unlock()
	s.end()
	return true
}

// end ends all sessions.
func (k *authKey) end() {
	k.mu.Lock()
	sessions := k.sessions
	k.sessions = nil
	k.mu.Unlock()
	for _, s := range sessions {
		s.end()
	}
}

// salt is the one of now.
func (k *authKey) salt() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.turn(k.server.o.Clock.Now())
	return k.salts[0]
}

// accepts tells whether a client may use that salt now.
func (k *authKey) accepts(salt int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.server.o.Clock.Now()
	k.turn(now)
	return salt == k.salts[0] ||
		salt == k.salts[1] && now.Sub(slotStart(k.slot)) < saltGrace ||
		salt == k.firstSalt && now.Before(k.firstUntil)
}

// futureSalts gives num salts, the one of now first.
func (k *authKey) futureSalts(num int) (now time.Time, salts []mt.FutureSalt) {
	now = k.server.o.Clock.Now()
	slot := now.Unix() / int64(saltPeriod/time.Second)
	for i := range int64(num) {
		since := slotStart(slot + i)
		salts = append(salts, mt.FutureSalt{
			ValidSince: int(since.Unix()),
			ValidUntil: int(since.Add(saltPeriod + saltGrace).Unix()),
			Salt:       k.saltOf(slot + i),
		})
	}
	return now, salts
}

// turn computes the salts of now and of the period before, with k.mu held.
func (k *authKey) turn(now time.Time) {
	if slot := now.Unix() / int64(saltPeriod/time.Second); slot != k.slot {
		k.slot, k.salts = slot, [2]int64{k.saltOf(slot), k.saltOf(slot - 1)}
	}
}

// saltOf derives the salt of a period from the key, so that none is stored.
func (k *authKey) saltOf(slot int64) int64 {
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(k.Value[:], uint64(slot)))
	return int64(binary.LittleEndian.Uint64(sum[:]))
}

func slotStart(slot int64) time.Time {
	return time.Unix(slot*int64(saltPeriod/time.Second), 0)
}
