package store

import "testing"

// A write that failed may not undo what came while it was under way.
func TestRestoreKeepsTheNewer(t *testing.T) {
	pending, failed := newBatch(), newBatch()
	one, two, three := peerKey{id: 1}, peerKey{id: 2}, peerKey{id: 3}
	failed.peers[one], failed.peers[two] = Peer{AccessHash: 1}, Peer{AccessHash: 2}
	pending.peers[two], pending.peers[three] = Peer{AccessHash: 22}, Peer{AccessHash: 33}
	failed.updates[1], pending.updates[1] = UpdateState{Pts: 1}, UpdateState{Pts: 2}
	failed.channels[channelKey{1, 2}] = 5
	pending.restore(failed)
	for key, want := range map[peerKey]int64{one: 1, two: 22, three: 33} {
		if got := pending.peers[key].AccessHash; got != want {
			t.Errorf("peer %d has %d, want %d", key.id, got, want)
		}
	}
	if pending.updates[1].Pts != 2 || pending.channels[channelKey{1, 2}] != 5 {
		t.Errorf("states %v, %v", pending.updates, pending.channels)
	}
}
