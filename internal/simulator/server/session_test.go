package server

import (
	"testing"
	"time"

	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

var getConfig = &tg.HelpGetConfigRequest{}

// message is a request that must not be carried out twice.
func (d *device) message(phone string) incoming {
	d.Helper()
	found, err := tg.NewClient(d.telegram.Client(d.key.ID)).ContactsResolvePhone(d.Context(), phone)
	if err != nil {
		d.Fatal(err)
	}
	return d.request(&tg.MessagesSendMessageRequest{
		Peer:     found.Users[0].(*tg.User).AsInputPeer(),
		Message:  "hello",
		RandomID: d.nextID(),
	})
}

// inbox counts what a user was sent.
func (w *world) inbox(phone string) int {
	w.Helper()
	key := w.key()
	w.login(key, phone)
	diff, err := tg.NewClient(w.telegram.Client(key.ID)).UpdatesGetDifference(w.Context(), &tg.UpdatesGetDifferenceRequest{Pts: 1, Date: 1})
	if err != nil {
		w.Fatal(err)
	}
	if d, ok := diff.(*tg.UpdatesDifference); ok {
		return len(d.NewMessages)
	}
	return 0
}

// pair is a device of one user, who has another one to write to.
func pair(t *testing.T, o Options) *device {
	t.Helper()
	w := newWorld(t, o)
	w.user("15550001")
	w.user("15550002")
	key := w.key()
	w.login(key, "15550001")
	return w.device(key)
}

func TestNewSessionIsAnnouncedOnce(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	r := d.request(getConfig)

	var created mt.NewSessionCreated
	m := d.receive()
	if err := decode(m, &created); err != nil {
		t.Fatalf("first message: %v", err)
	}
	if created.FirstMsgID != r.id || created.ServerSalt != d.salt {
		t.Errorf("announced %+v, want first message %d and salt %d", created, r.id, d.salt)
	}
	d.wantResult(r, tg.ConfigTypeID)

	d.notify(&mt.MsgsAck{MsgIDs: []int64{m.id}})
	d.notify(&mt.PingRequest{})
	d.await(mt.PongTypeID, nil) // the acknowledgement was read
	d.reconnect()
	r = d.request(getConfig)
	for m := d.receive(); !answers(m, r); m = d.receive() {
		if typeOf(m.body) == mt.NewSessionCreatedTypeID {
			t.Fatal("announced again on the second connection")
		}
	}
}

func TestRepeatedRequestIsCarriedOutOnce(t *testing.T) {
	d := pair(t, Options{})
	r := d.message("15550002")
	var first, second incoming
	for first.id == 0 {
		if m := d.receive(); answers(m, r) {
			first = m
		}
	}

	d.put(r)
	second = d.receive()
	if second.id != first.id || second.seq != first.seq || string(second.body) != string(first.body) {
		t.Errorf("the repeat was answered by message %d, not by %d again", second.id, first.id)
	}

	d.reconnect()
	d.put(r)
	for second = d.receive(); !answers(second, r); {
		second = d.receive()
	}
	if second.id != first.id {
		t.Errorf("on a new connection the repeat was answered by message %d, not by %d again", second.id, first.id)
	}
	if n := d.inbox("15550002"); n != 1 {
		t.Errorf("%d messages were written, want 1", n)
	}
}

// answers tells whether m is the answer to r.
func answers(m, r incoming) bool {
	var result proto.Result
	return decode(m, &result) == nil && result.RequestMessageID == r.id
}

func TestAcknowledgedAnswerIsNotKept(t *testing.T) {
	d := pair(t, Options{})
	r := d.message("15550002")
	var got incoming
	for got = d.receive(); !answers(got, r); {
		got = d.receive()
	}
	d.notify(&mt.MsgsAck{MsgIDs: []int64{got.id}})
	d.put(r)
	if typ := typeOf(d.result(r)); typ != mt.RPCErrorTypeID {
		t.Errorf("the answer is %#x, want an error", typ)
	}
	if n := d.inbox("15550002"); n != 1 {
		t.Errorf("%d messages were written, want 1", n)
	}
}

func TestAnswerReachesTheNextConnection(t *testing.T) {
	m := manual()
	d := pair(t, Options{Clock: m})
	d.telegram.Inject(simulator.Fault{Method: "messages.sendMessage", Delay: time.Hour / 4})
	r := d.message("15550002")
	d.await(mt.NewSessionCreatedTypeID, nil)
	m.AwaitTimers(2) // the fault's and the acknowledgement's

	d.server.Disconnect()
	d.wantClosed()
	m.Advance(time.Hour / 4)
	d.reconnect()
	d.notify(&mt.PingRequest{PingID: 1})
	d.wantResult(r, tg.UpdatesTypeID)
}

func TestRequestThatRunsIsAcknowledged(t *testing.T) {
	m := manual()
	d := pair(t, Options{Clock: m})
	d.telegram.Inject(simulator.Fault{Method: "help.getConfig", Delay: time.Minute})
	r := d.request(getConfig)
	m.AwaitTimers(2)
	m.Advance(ackAfter)
	var ack mt.MsgsAck
	d.await(mt.MsgsAckTypeID, &ack)
	if len(ack.MsgIDs) != 1 || ack.MsgIDs[0] != r.id {
		t.Errorf("acknowledged %d, want %d", ack.MsgIDs, r.id)
	}

	d.put(r) // acknowledged again, not run again
	d.await(mt.MsgsAckTypeID, nil)
	m.Advance(time.Minute)
	d.wantResult(r, tg.ConfigTypeID)
}

func TestUpdatesReachEverySession(t *testing.T) {
	d := pair(t, Options{})
	key := d.world.key()
	d.login(key, "15550002")
	phone, tablet := d.device(key), d.device(key)
	laptopKey := d.world.key()
	d.login(laptopKey, "15550002")
	laptop := d.device(laptopKey)
	uploads := d.device(key) // wants none
	for _, e := range []*device{phone, tablet, laptop} {
		e.wantResult(e.request(getConfig), tg.ConfigTypeID)
	}
	uploads.wantResult(uploads.request(&tg.InvokeWithoutUpdatesRequest{Query: getConfig}), tg.ConfigTypeID)

	d.message("15550002")
	for _, e := range []*device{phone, tablet, laptop} {
		if m := e.receive(); typeOf(m.body) != tg.UpdatesTypeID {
			t.Errorf("came %#x, want updates", typeOf(m.body))
		}
	}
	ping := uploads.notify(&mt.PingRequest{PingID: 7})
	if m := uploads.receive(); typeOf(m.body) != mt.PongTypeID {
		t.Errorf("after ping %d came %#x", ping.id, typeOf(m.body))
	}
}

func TestReturningSessionIsToldThatItMissedUpdates(t *testing.T) {
	d := pair(t, Options{})
	d.wantResult(d.request(getConfig), tg.ConfigTypeID)
	d.reconnect()
	d.notify(&mt.PingRequest{PingID: 1})
	d.await(tg.UpdatesTooLongTypeID, nil)
}

func TestSessionStaysWithItsNewestConnection(t *testing.T) {
	w := newWorld(t, Options{})
	s := w.server.key(w.key().ID).session(1)
	older, newer := newConn(w.server, nil), newConn(w.server, nil)
	older.number, newer.number = 1, 2
	s.attach(older, true)
	s.announce(4)
	s.attach(newer, true)
	s.attach(older, false) // read late
	s.answer(&request{id: 4}, []byte("answer"))
	if len(older.out) != 1 || len(newer.out) != 2 {
		t.Fatalf("%d messages went to the older connection and %d to the newer, want 1 and 2", len(older.out), len(newer.out))
	}
	s.detach(newer)
	s.attach(older, false) // it has outlived the newer
	if len(older.out) != 3 {
		t.Errorf("%d messages went to the older connection, want all 2 again", len(older.out)-1)
	}
}

func TestOldestDetachedSessionGivesWay(t *testing.T) {
	w := newWorld(t, Options{})
	key := w.key()
	first, second := w.device(key), w.device(key)
	for _, d := range []*device{first, second} {
		d.wantResult(d.request(getConfig), tg.ConfigTypeID)
	}
	second.conn.Close()
	k := w.server.key(key.ID)
	for k.session(second.session).attached() {
		// Until the server has noticed; the ping keeps the scheduler honest.
		first.notify(&mt.PingRequest{PingID: 1})
		first.await(mt.PongTypeID, nil)
	}
	for i := range maxSessions - 1 {
		k.session(int64(i))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.sessions) != maxSessions {
		t.Errorf("%d sessions, want %d", len(k.sessions), maxSessions)
	}
	for _, s := range k.sessions {
		if s.id == second.session {
			t.Error("the detached session is still there")
		}
	}
}

func TestWindowForgetsTheOldAndKeepsWhatRuns(t *testing.T) {
	w := newWorld(t, Options{})
	s := w.server.key(w.key().ID).session(1)
	running := &request{id: 4}
	s.admit(incoming{id: running.id, seq: 1}, running)
	const n = 2 * windowSize
	for i := int64(2); i <= n; i++ {
		if _, _, code := s.admit(incoming{id: i * 4, seq: int32(i)*2 - 1}, &request{id: i * 4, answered: true}); code != 0 {
			t.Fatalf("message %d: code %d", i, code)
		}
	}
	if len(s.window.received) > windowSize {
		t.Errorf("%d messages are remembered", len(s.window.received))
	}
	if known, before, _ := s.admit(incoming{id: running.id, seq: 1}, &request{}); !known || before != running {
		t.Error("the request that runs is forgotten")
	}
	if _, _, code := s.admit(incoming{id: 8, seq: 3}, nil); code != codeTooOld {
		t.Errorf("an old message: code %d, want %d", code, codeTooOld)
	}
	s.end()
}

func TestAnswersAreBounded(t *testing.T) {
	w := newWorld(t, Options{})
	s := w.server.key(w.key().ID).session(1)
	for i := range 2 * keepMessages {
		s.answer(&request{id: int64(i)}, make([]byte, 16))
	}
	if len(s.kept.messages) != keepMessages {
		t.Errorf("%d answers kept, want %d", len(s.kept.messages), keepMessages)
	}
	for range 10 {
		s.answer(&request{}, make([]byte, keepBytes/4))
	}
	if s.kept.size > keepBytes {
		t.Errorf("%d bytes kept, want at most %d", s.kept.size, keepBytes)
	}
}
