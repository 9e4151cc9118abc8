package store

import "maps"

// overlay holds the peers noted lately in memory: those that are not on the
// disk yet, which readers must see, and as many others as spare the disk the
// peers that turn up again and again. The Store's mutex guards it.
type overlay struct {
	byKey  map[peerKey]Peer
	byName map[nameKey]peerKey
}

type nameKey struct {
	owner    int64
	username string
}

// overlaySize is how many peers are kept that are on the disk already. When
// there are more all of them go: a thousand reads later the useful ones are
// back, and nothing has to be counted on the way.
const overlaySize = 4096

func newOverlay() overlay {
	return overlay{byKey: make(map[peerKey]Peer), byName: make(map[nameKey]peerKey)}
}

// put keeps p and reports whether it tells the disk anything new.
func (o *overlay) put(key peerKey, p Peer) bool {
	old, known := o.byKey[key]
	if known && p.Seen.Sub(old.Seen) < fresh {
		old.Seen = p.Seen
		if old == p {
			return false
		}
	}
	o.byKey[key] = p
	if p.Username != "" {
		o.byName[nameKey{key.owner, p.Username}] = key
	}
	return true
}

// named is the peer that was last noted with the name, if it still has it.
func (o *overlay) named(owner int64, username string) (Peer, bool) {
	p, ok := o.byKey[o.byName[nameKey{owner, username}]]
	return p, ok && p.Username == username
}

// written is told when the disk holds everything but pending.
func (o *overlay) written(pending map[peerKey]Peer) {
	if len(o.byKey) <= overlaySize {
		return
	}
	*o = overlay{byKey: maps.Clone(pending), byName: make(map[nameKey]peerKey)}
	for key, p := range pending {
		if p.Username != "" {
			o.byName[nameKey{key.owner, p.Username}] = key
		}
	}
}
