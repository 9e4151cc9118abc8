package server

import (
	"slices"
	"sort"
)

// windowSize is how many messages of the client a session remembers. What is
// older than all of them is refused as too old to be told from a repeat.
const windowSize = 2048

// window is what a session remembers of the client's messages: enough to carry
// out each request once. It is guarded by the session's mutex.
type window struct {
	received []received // by id
	floor    int64      // ids up to here are forgotten
}

// received is a message of the client.
type received struct {
	id      int64
	seq     int32
	request *request // nil: not a request of the API
}

// request is a request of the API.
type request struct {
	id       int64
	acked    bool // by msgs_ack, while it runs
	dropped  bool // by rpc_drop_answer
	answered bool
	answer   *message // nil while it runs, or when dropped
}

// admit takes note of a message. It returns the request that came under that id
// before, or the code of what is wrong with the message's numbers. Order is
// judged by ids, not by arrival: clients send from several threads.
//
// https://core.telegram.org/mtproto/service_messages_about_messages#notice-of-ignored-error-message
func (w *window) admit(id int64, seq int32, r *request) (known bool, before *request, code int) {
	at := len(w.received)
	if at > 0 && w.received[at-1].id >= id {
		at = w.search(id)
		if w.received[at].id == id {
			return true, w.received[at].request, 0
		}
	}
	switch {
	case id <= w.floor:
		return false, nil, codeTooOld
	case at > 0 && !precedes(w.received[at-1].seq, seq):
		return false, nil, codeSeqTooLow
	case at < len(w.received) && !precedes(seq, w.received[at].seq):
		return false, nil, codeSeqTooHigh
	}
	w.received = slices.Insert(w.received, at, received{id, seq, r})
	if len(w.received) > windowSize {
		w.trim()
	}
	return false, nil, 0
}

// precedes tells whether a message numbered before may have a lower id than one
// numbered after: a number may come again only when it is even.
func precedes(before, after int32) bool {
	return before < after || before == after && after&1 == 0
}

// trim forgets the older half, but for requests that run.
func (w *window) trim() {
	w.floor = max(w.floor, w.received[windowSize/2-1].id)
	kept := w.received[:0]
	for i, m := range w.received {
		if i >= windowSize/2 || m.request != nil && !m.request.answered {
			kept = append(kept, m)
		}
	}
	clear(w.received[len(kept):])
	w.received = kept
}

func (w *window) search(id int64) int {
	return sort.Search(len(w.received), func(i int) bool { return w.received[i].id >= id })
}

// find gives what is known of a message.
func (w *window) find(id int64) (received, bool) {
	at := w.search(id)
	if at == len(w.received) || w.received[at].id != id {
		return received{}, false
	}
	return w.received[at], true
}

func (w *window) remove(r *request) {
	w.received = slices.DeleteFunc(w.received, func(m received) bool { return m.request == r })
}

// running gives the requests that run and were not acknowledged until now.
func (w *window) running() (ids []int64) {
	for _, m := range w.received {
		if r := m.request; r != nil && !r.answered && !r.acked {
			r.acked = true
			ids = append(ids, r.id)
		}
	}
	return ids
}

// state is what msgs_state_info says of a message.
func (w *window) state(id int64) byte {
	m, known := w.find(id)
	switch {
	case known && m.request == nil:
		return stateReceived
	case known && !m.request.answered:
		return stateReceived | stateRunning
	case known:
		return stateReceived | stateRunning | stateAnswered
	case id <= w.floor:
		return stateForgotten
	case len(w.received) == 0 || id > w.received[len(w.received)-1].id:
		return stateTooHigh
	default:
		return stateMissing
	}
}
