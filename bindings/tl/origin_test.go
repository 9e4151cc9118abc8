package tl

import (
	"strings"
	"testing"
)

// Every table of a peer, user, chat or channel stands for its peer, and what form.go
// says of it is what the schema has.
func TestEveryPeerHasAnOrigin(t *testing.T) {
	m, _ := newModule(t, Options{})
	for _, typeName := range []string{"InputPeer", "InputUser", "InputChannel", "Peer", "User", "Chat", "UserFull", "ChatFull"} {
		for _, e := range m.schema.classes[typeName].members {
			if strings.HasPrefix(e.name, "input") && (strings.HasSuffix(e.name, "Empty") || strings.HasSuffix(e.name, "FromMessage")) {
				continue
			}
			from, ok := originOf(e.name)
			if !ok {
				t.Errorf("%s stands for no peer", e.name)
				continue
			}
			if from.kind == peerSelf {
				continue
			}
			p := m.schema.plan(e)
			if i, ok := p.byName[from.id]; !ok || p.fields[i].typ.kind != kindPeerID {
				t.Errorf("%s has no id in %q", e.name, from.id)
			}
			if _, hashed := p.byName["access_hash"]; hashed != from.hashed {
				t.Errorf("%s has an access_hash: %v", e.name, hashed)
			}
		}
	}
}
