package store

import "maps"

// backlog is the entries that are to be written, of all traces, in the order in
// which they were noted. It keeps within a bound.
type backlog struct {
	all  []Entry
	size int // bytes that all takes, about

	calls map[callKey]struct{} // of all, perhaps of some that were dropped too
	last  callKey
}

// maxBacklog is how many bytes of entries wait for the disk.
const maxBacklog = 16 << 20

// add gives the number of older entries that had to go.
func (b *backlog) add(e Entry) (dropped int) {
	b.all = append(b.all, e)
	b.size += e.size()
	if key := e.key(); key != b.last || b.calls == nil {
		if b.last = key; b.calls == nil {
			b.calls = make(map[callKey]struct{})
		}
		b.calls[key] = struct{}{}
	}
	return b.bound()
}

// before puts what could not be written in front of what came meanwhile, and
// gives the number of entries that had to go.
func (b *backlog) before(failed backlog) (dropped int) {
	b.all = append(failed.all, b.all...)
	b.size += failed.size
	if b.calls == nil {
		b.calls = make(map[callKey]struct{})
	}
	maps.Copy(b.calls, failed.calls)
	return b.bound()
}

// bound lets half of a full backlog go, so that it seldom has to.
func (b *backlog) bound() (dropped int) {
	if b.size <= maxBacklog {
		return 0
	}
	for ; b.size > maxBacklog/2; dropped++ {
		b.size -= b.all[dropped].size()
	}
	kept := copy(b.all, b.all[dropped:])
	clear(b.all[kept:])
	b.all = b.all[:kept]
	return dropped
}

// emptied is room for the next entries.
func (b *backlog) emptied() []Entry {
	if cap(b.all) > 1<<14 {
		return nil // a burst took it
	}
	clear(b.all)
	return b.all[:0]
}

// size counts the texts that each entry has for itself.
func (e *Entry) size() int { return 160 + len(e.Name) + len(e.Text) }
