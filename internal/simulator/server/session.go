package server

import (
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"

	"luahost/internal/clock"
)

const (
	// window is how many messages of the client a session remembers. What is
	// older than all of them is refused as too old to be told from a repeat.
	window = 2048

	// keepAnswers and keepAnswerBytes bound the answers kept for a client that
	// may ask again because it has acknowledged none.
	keepAnswers     = 512
	keepAnswerBytes = 1 << 20

	// ackAfter is when a request that still runs is acknowledged. Clients send
	// again after some seconds; an answer is an acknowledgement by itself.
	ackAfter = time.Second
)

// kind says how a message of the server is numbered.
// https://core.telegram.org/mtproto/description#message-identifier-msg-id
type kind byte

const (
	reply  kind = iota // to a message of the client
	answer             // to a request: to be acknowledged
	notice             // unasked
	news               // unasked, to be acknowledged
)

// session is one session of a client: the numbering of both sides' messages and
// what is needed to carry out each request once. It lives on when its
// connection dies. Answers that the client did not acknowledge are then sent
// again, with their old ids, on the session's next connection. Updates are not
// kept: the client is told updatesTooLong and asks for the difference.
type session struct {
	key *authKey
	id  int64

	mu        sync.Mutex
	conn      *conn // the newest; nil when it died
	announced bool  // new_session_created was sent
	ended     bool
	content   int32 // messages sent that are to be acknowledged
	received  []received
	floor     int64      // ids up to here are forgotten
	answers   []*message // and the announcement: what is sent again until acknowledged
	kept      int        // bytes of answers
	ackTimer  clock.Timer
	subscribe bool   // to updates: somebody began or has done it
	cancel    func() // ends the subscription
}

// message is one of the server's.
type message struct {
	id   int64
	seq  int32
	body []byte // nil when it was given up or acknowledged
}

// received is a message of the client.
type received struct {
	id      int64
	seq     int32
	request *request // nil: not a request of the API
}

// request is a request of the API, guarded by its session's mutex.
type request struct {
	id       int64
	acked    bool
	dropped  bool     // by rpc_drop_answer
	answer   *message // nil while it runs
	answered bool
}

// admit takes note of a message of the client. It returns the request that came
// under that id before, or the code of what is wrong with the message's numbers.
//
// https://core.telegram.org/mtproto/service_messages_about_messages#notice-of-ignored-error-message
func (s *session) admit(id int64, seq int32, r *request) (known bool, before *request, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := len(s.received)
	if at > 0 && s.received[at-1].id >= id {
		at = sort.Search(at, func(i int) bool { return s.received[i].id >= id })
		if s.received[at].id == id {
			return true, s.received[at].request, 0
		}
	}
	if id <= s.floor {
		return false, nil, codeTooOld
	}
	if at > 0 && follows(s.received[at-1].seq, seq) {
		return false, nil, codeSeqTooLow
	}
	if at < len(s.received) && follows(seq, s.received[at].seq) {
		return false, nil, codeSeqTooHigh
	}
	s.received = slices.Insert(s.received, at, received{id, seq, r})
	if len(s.received) > window {
		s.trim()
	}
	if r != nil && s.ackTimer == nil && !s.ended {
		s.ackTimer = s.key.server.o.Clock.AfterFunc(ackAfter, s.acknowledge)
	}
	return false, nil, 0
}

// follows tells that a message with sequence number before cannot precede one
// with number after.
func follows(before, after int32) bool {
	return before > after || before == after && after&1 == 1
}

// trim forgets the older half of what was received, but for requests that run.
func (s *session) trim() {
	s.floor = max(s.floor, s.received[window/2-1].id)
	kept := s.received[:0]
	for i, m := range s.received {
		if i >= window/2 || m.request != nil && !m.request.answered {
			kept = append(kept, m)
		}
	}
	clear(s.received[len(kept):])
	s.received = kept
}

// find gives what is known of the client's message, with s.mu held.
func (s *session) find(id int64) (received, bool) {
	at := sort.Search(len(s.received), func(i int) bool { return s.received[i].id >= id })
	if at == len(s.received) || s.received[at].id != id {
		return received{}, false
	}
	return s.received[at], true
}

// forgo forgets a request that was not carried out, so that it may come again.
func (s *session) forgo(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = slices.DeleteFunc(s.received, func(m received) bool { return m.request == r })
}

// send sends body to the session's connection; without one it is lost.
func (s *session) send(k kind, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.put(s.stamp(k, body))
	}
}

// stamp numbers a message, with s.mu held until it is queued: ids must rise.
func (s *session) stamp(k kind, body []byte) *message {
	m := &message{seq: s.content * 2, body: body}
	if k == answer || k == news {
		m.seq++
		s.content++
	}
	if k == reply || k == answer {
		m.id = s.key.server.ids.New(proto.MessageServerResponse)
	} else {
		m.id = s.key.server.ids.New(proto.MessageFromServer)
	}
	return m
}

func (s *session) put(m *message) {
	s.conn.queue(outgoing{session: s, message: *m})
}

// answer sends a request's answer and keeps it.
func (s *session) answer(r *request, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.answered = true
	if r.dropped || s.ended {
		return
	}
	r.answer = s.stamp(answer, body)
	s.keep(r.answer)
	if s.conn != nil {
		s.put(r.answer)
	}
}

func (s *session) keep(m *message) {
	s.answers = append(s.answers, m)
	s.kept += len(m.body)
	for len(s.answers) > keepAnswers || s.kept > keepAnswerBytes && len(s.answers) > 1 {
		s.release(s.answers[0])
		s.answers = s.answers[1:]
	}
}

func (s *session) release(m *message) {
	s.kept -= len(m.body)
	m.body = nil
}

// confirmed lets go of answers that the client has.
func (s *session) confirmed(ids []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if m := s.sent(id); m != nil {
			s.release(m)
		}
	}
	s.answers = slices.DeleteFunc(s.answers, func(m *message) bool { return m.body == nil })
}

// sent gives the kept answer with that id, with s.mu held. They are in order.
func (s *session) sent(id int64) *message {
	at := sort.Search(len(s.answers), func(i int) bool { return s.answers[i].id >= id })
	if at == len(s.answers) || s.answers[at].id != id {
		return nil
	}
	return s.answers[at]
}

// repeat answers a request that came a second time under the same id.
func (s *session) repeat(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.conn == nil:
	case r.answer != nil && r.answer.body != nil:
		s.put(r.answer)
	case r.answer != nil:
		// Given up or acknowledged; the request must not be carried out again.
		s.put(s.stamp(answer, rpcError(r.id, -503, "Timeout")))
	default:
		s.put(s.stamp(notice, encode(&mt.MsgsAck{MsgIDs: []int64{r.id}})))
	}
}

// acknowledge acknowledges the requests that still run.
func (s *session) acknowledge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ackTimer = nil
	if s.conn == nil {
		return
	}
	var ids []int64
	for _, m := range s.received {
		if r := m.request; r != nil && !r.answered && !r.acked {
			r.acked = true
			ids = append(ids, r.id)
		}
	}
	if ids != nil {
		s.put(s.stamp(notice, encode(&mt.MsgsAck{MsgIDs: ids})))
	}
}

func (s *session) attached() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn != nil
}

// attach makes c the session's connection. When the session came to it from
// another one, that has died, perhaps unnoticed as yet.
func (s *session) attach(c *conn, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.conn = c
	if !first || !s.announced {
		return
	}
	for _, m := range s.answers {
		s.put(m)
	}
	if s.cancel != nil {
		s.put(s.stamp(news, encode(&tg.UpdatesTooLong{})))
	}
}

// detach tells the session that c died.
func (s *session) detach(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == c {
		s.conn = nil
	}
}

// announce tells the client that the session is new to the server.
func (s *session) announce(first int64) {
	salt := s.key.salt()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.announced || s.conn == nil {
		return
	}
	s.announced = true
	m := s.stamp(news, encode(&mt.NewSessionCreated{
		FirstMsgID: first,
		UniqueID:   s.key.server.ids.New(proto.MessageFromServer), // rising, so unlike any before
		ServerSalt: salt,
	}))
	s.keep(m) // or a client whose connection dies now never hears of it
	s.put(m)
}

// wantUpdates subscribes the session, once.
func (s *session) wantUpdates() {
	s.mu.Lock()
	begun := s.subscribe
	s.subscribe = true
	s.mu.Unlock()
	if begun {
		return
	}
	cancel := s.key.client.Subscribe(func(u tg.UpdatesClass) { s.update(u) })
	s.mu.Lock()
	s.cancel = cancel
	ended := s.ended
	s.mu.Unlock()
	if ended {
		cancel()
	}
}

func (s *session) update(u tg.UpdatesClass) {
	var b bin.Buffer
	if err := u.Encode(&b); err != nil {
		s.key.server.o.Log.Error("update not encoded", "err", err)
		return
	}
	s.send(news, b.Buf)
}

// end forgets the session's answers and its subscription.
func (s *session) end() {
	s.mu.Lock()
	s.ended, s.conn, s.answers, s.received = true, nil, nil, nil
	if s.ackTimer != nil {
		s.ackTimer.Stop()
	}
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}
