package server

import (
	"slices"
	"sort"
)

// keepMessages and keepBytes bound what is kept for a client that acknowledges
// nothing.
const (
	keepMessages = 512
	keepBytes    = 1 << 20
)

// message is one of the server's, numbered.
type message struct {
	id   int64
	seq  int32
	body []byte // nil when it was given up or acknowledged
}

// kept is what a session has to send again, under the old ids, until the client
// acknowledges it: answers, and that the session is new. It is guarded by the
// session's mutex.
type kept struct {
	messages []*message // by id
	size     int        // of the bodies
}

// add keeps a message that is newer than the others, and gives up the oldest
// when there are too many.
func (k *kept) add(m *message) {
	k.messages = append(k.messages, m)
	k.size += len(m.body)
	for len(k.messages) > keepMessages || k.size > keepBytes && len(k.messages) > 1 {
		k.release(k.messages[0])
		k.messages = k.messages[1:]
	}
}

func (k *kept) release(m *message) {
	k.size -= len(m.body)
	m.body = nil
}

// confirmed lets go of messages that the client has.
func (k *kept) confirmed(ids []int64) {
	for _, id := range ids {
		if m := k.find(id); m != nil {
			k.release(m)
		}
	}
	k.messages = slices.DeleteFunc(k.messages, func(m *message) bool { return m.body == nil })
}

func (k *kept) find(id int64) *message {
	at := sort.Search(len(k.messages), func(i int) bool { return k.messages[i].id >= id })
	if at == len(k.messages) || k.messages[at].id != id {
		return nil
	}
	return k.messages[at]
}
