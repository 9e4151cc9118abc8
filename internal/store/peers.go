package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// Kind says which of Telegram's three numberings an id belongs to.
type Kind int

// The kinds of peers, as the database numbers them.
const (
	User    Kind = 1
	Chat    Kind = 2 // a basic group, which has no access hash
	Channel Kind = 3 // also a supergroup
)

// Peer is somebody or something that an account has seen.
type Peer struct {
	Kind       Kind
	ID         int64
	AccessHash int64
	Username   string // without @; kept, compared and returned in lower case
	Phone      string // digits, "" if Telegram did not show it
	Seen       time.Time
}

type peerKey struct {
	owner int64
	kind  Kind
	id    int64
}

// fresh is how long an unchanged peer is not written again only for its time.
const fresh = time.Hour

// NotePeers remembers peers that the account of the user owner has seen.
func (s *Store) NotePeers(owner int64, peers ...Peer) {
	s.note(func() {
		for _, p := range peers {
			p.Username = strings.ToLower(p.Username)
			if key := (peerKey{owner, p.Kind, p.ID}); s.peers.put(key, p) {
				s.pending.peers[key] = p
			}
		}
	})
}

// Peer returns what owner last saw of the peer.
func (s *Store) Peer(ctx context.Context, owner int64, kind Kind, id int64) (Peer, bool, error) {
	key := peerKey{owner, kind, id}
	s.mu.Lock()
	p, ok := s.peers.byKey[key]
	s.mu.Unlock()
	if ok {
		return p, true, nil
	}
	row := s.reader.QueryRowContext(ctx, `
		SELECT kind, id, access_hash, username, phone, seen FROM peers
		WHERE owner = $1 AND kind = $2 AND id = $3`, owner, kind, id)
	return s.found(scanPeer(row))
}

// PeerByUsername returns the peer that owner last saw with the name, without @
// and in any case.
func (s *Store) PeerByUsername(ctx context.Context, owner int64, username string) (Peer, bool, error) {
	username = strings.ToLower(username)
	s.mu.Lock()
	p, ok := s.peers.named(owner, username)
	s.mu.Unlock()
	if ok {
		return p, true, nil
	}
	row := s.reader.QueryRowContext(ctx, `
		SELECT kind, id, access_hash, username, phone, seen FROM peers
		WHERE owner = $1 AND username = $2 AND username <> '' ORDER BY seen DESC LIMIT 1`, owner, username)
	p, ok, err := s.found(scanPeer(row))
	if !ok {
		return p, ok, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if newer, known := s.peers.byKey[peerKey{owner, p.Kind, p.ID}]; known && newer.Username != username {
		return Peer{}, false, nil // renamed, and the disk does not know yet
	}
	return p, true, nil
}

func scanPeer(row *sql.Row) (Peer, error) {
	var p Peer
	var seen int64
	err := row.Scan(&p.Kind, &p.ID, &p.AccessHash, &p.Username, &p.Phone, &seen)
	p.Seen = time.Unix(seen, 0)
	return p, err
}

func (s *Store) found(p Peer, err error) (Peer, bool, error) {
	switch {
	case err == nil:
		return p, true, nil
	case errors.Is(err, sql.ErrNoRows):
		return Peer{}, false, nil
	default:
		return Peer{}, false, s.explain(err)
	}
}
