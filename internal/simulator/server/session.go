package server

import (
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"

	"luahost/internal/clock"
)

// ackAfter is when a request that still runs is acknowledged. Clients send
// again after some seconds; an answer is an acknowledgement by itself.
const ackAfter = time.Second

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
	content   int32  // messages sent that are to be acknowledged
	window    window // what the client sent
	kept      kept   // what is sent again: answers, and the announcement
	ackTimer  clock.Timer
	layer     *layer // that the client speaks; nil: the newest
	subscribe bool   // to updates: somebody began or has done it
	cancel    func() // ends the subscription
}

// admit takes note of a message of the client: see window.admit.
func (s *session) admit(m incoming, r *request) (known bool, before *request, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, before, code = s.window.admit(m.id, m.seq, r)
	if r != nil && !known && code == 0 && s.ackTimer == nil && !s.ended {
		s.ackTimer = s.key.server.o.Clock.AfterFunc(ackAfter, s.acknowledge)
	}
	return known, before, code
}

// forgo forgets a request that was not carried out, so that it may come again.
func (s *session) forgo(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.window.remove(r)
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
	s.kept.add(r.answer)
	if s.conn != nil {
		s.put(r.answer)
	}
}

// confirmed lets go of answers that the client has.
func (s *session) confirmed(ids []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept.confirmed(ids)
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
	if ids := s.window.running(); ids != nil {
		s.put(s.stamp(notice, encode(&mt.MsgsAck{MsgIDs: ids})))
	}
}

func (s *session) attached() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn != nil
}

// attach makes c the session's connection, unless the session has a newer one:
// what c brings then was sent before and is read late. First is the session's
// first message over c. A client changes the connection because the one before
// died, even if that has not been noticed here.
func (s *session) attach(c *conn, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.conn != nil && s.conn.number > c.number {
		return
	}
	lost := s.announced && (first || s.conn == nil)
	s.conn = c
	if !lost {
		return
	}
	for _, m := range s.kept.messages {
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
	s.kept.add(m) // or a client whose connection dies now never hears of it
	s.put(m)
}

// speak notes the layer that the client says it speaks, here and, until they say
// otherwise, in the sessions that it begins later: that is how Telegram knows the
// layer of a client which has introduced itself once.
func (s *session) speak(number int) error {
	l, err := s.key.server.layers.spoken(number)
	if err != nil {
		return err
	}
	s.key.mu.Lock()
	s.key.layer = number
	s.key.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.layer = l
	return nil
}

func (s *session) spoken() *layer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.layer
}

// wantUpdates subscribes the session, once.
func (s *session) wantUpdates() {
	client := s.key.acting()
	if client == nil {
		return // until the key is bound
	}
	s.mu.Lock()
	begun := s.subscribe
	s.subscribe = true
	s.mu.Unlock()
	if begun {
		return
	}
	cancel := client.Subscribe(func(u tg.UpdatesClass) { s.update(u) })
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
	if err := s.spoken().encode(&b, u); err != nil {
		s.key.server.o.Log.Error("update not encoded", "err", err)
		return
	}
	s.send(news, b.Buf)
}

// end forgets the session's answers and its subscription.
func (s *session) end() {
	s.mu.Lock()
	s.ended, s.conn, s.window, s.kept = true, nil, window{}, kept{}
	if s.ackTimer != nil {
		s.ackTimer.Stop()
	}
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}
