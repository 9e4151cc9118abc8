package server

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"io"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

func TestBadSaltIsReplacedAndTheMessageComesAgain(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	d.salt ^= 1
	r := d.request(getConfig)
	var bad mt.BadServerSalt
	d.await(mt.BadServerSaltTypeID, &bad)
	if bad.BadMsgID != r.id || bad.BadMsgSeqno != int(r.seq) || bad.ErrorCode != codeBadSalt {
		t.Errorf("told %+v about message %d", bad, r.id)
	}
	d.salt = bad.NewServerSalt
	d.put(r)
	d.wantResult(r, tg.ConfigTypeID)
}

func TestSaltsTurnWithTheHour(t *testing.T) {
	m := manual()
	w := newWorld(t, Options{Clock: m})
	d := w.device(w.key())
	r := d.notify(&mt.GetFutureSaltsRequest{Num: 2})
	var future mt.FutureSalts
	d.await(mt.FutureSaltsTypeID, &future)
	if future.ReqMsgID != r.id || len(future.Salts) != 2 || future.Salts[0].Salt != d.salt {
		t.Fatalf("future salts %+v, the salt of now is %d", future, d.salt)
	}
	pong := func() { d.notify(&mt.PingRequest{PingID: 1}); d.await(mt.PongTypeID, nil) }

	m.Advance(saltPeriod) // the old one is accepted for half an hour more
	pong()
	old := d.salt
	d.salt = future.Salts[1].Salt
	pong()
	m.Advance(saltGrace)
	d.salt = old
	d.notify(&mt.PingRequest{PingID: 1})
	d.await(mt.BadServerSaltTypeID, nil)
	d.salt = future.Salts[1].Salt
	pong()
}

func TestBadMessagesAreRefused(t *testing.T) {
	w := newWorld(t, Options{Clock: manual()})
	key := w.key()
	id := func(d *device, ago time.Duration) int64 {
		return int64(proto.NewMessageID(d.clock.Now().Add(-ago), proto.MessageFromClient))
	}
	getConfig := encode(getConfig)
	for _, tt := range []struct {
		name string
		code int
		send func(d *device) incoming
	}{
		{"a clock that is slow", codeTimeTooLow, func(d *device) incoming {
			return incoming{id(d, maxPast+time.Second), 1, getConfig}
		}},
		{"a clock that is fast", codeTimeTooHigh, func(d *device) incoming {
			return incoming{id(d, -maxFuture-time.Second), 1, getConfig}
		}},
		{"an id that a server gives", codeNotFromClient, func(d *device) incoming {
			return incoming{id(d, 0) + 1, 1, getConfig}
		}},
		{"a sequence number that was used", codeSeqTooLow, func(d *device) incoming {
			seq := d.request(&tg.HelpGetNearestDCRequest{}).seq
			return incoming{d.nextID(), seq, getConfig}
		}},
		{"a sequence number ahead of a later message", codeSeqTooHigh, func(d *device) incoming {
			early := d.nextID()
			d.request(&tg.HelpGetNearestDCRequest{})
			return incoming{early, 3, getConfig}
		}},
		{"a request with an even number", codeSeqEven, func(d *device) incoming {
			return incoming{d.nextID(), 0, getConfig}
		}},
		{"a container with an odd number", codeSeqOdd, func(d *device) incoming {
			return incoming{d.nextID(), 1, encode(&proto.MessageContainer{})}
		}},
		{"a container that is cut", codeBadContainer, func(d *device) incoming {
			return incoming{d.nextID(), 0, encode(&proto.MessageContainer{})[:4]}
		}},
		{"a container that is older than its content", codeBadContainer, func(d *device) incoming {
			outer := d.nextID()
			return incoming{outer, 2, encode(&proto.MessageContainer{
				Messages: []proto.Message{{ID: d.nextID(), SeqNo: 1, Bytes: len(getConfig), Body: getConfig}},
			})}
		}},
		{"a container twice", codeContainerAgain, func(d *device) incoming {
			return d.put(incoming{d.nextID(), 0, encode(&proto.MessageContainer{})})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := w.device(key)
			d.conn = w.dial(plain)
			m := d.put(tt.send(d))
			var bad mt.BadMsgNotification
			d.await(mt.BadMsgNotificationTypeID, &bad)
			if bad.BadMsgID != m.id || bad.ErrorCode != tt.code {
				t.Errorf("told %+v about message %d, want code %d", bad, m.id, tt.code)
			}
		})
	}
}

func TestContainerIsTakenApart(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	config, ping := encode(getConfig), encode(&mt.PingRequest{PingID: 5})
	first, second := d.nextID(), d.nextID()
	d.put(incoming{d.nextID(), 2, encode(&proto.MessageContainer{Messages: []proto.Message{
		{ID: first, SeqNo: 1, Bytes: len(config), Body: config},
		{ID: second, SeqNo: 2, Bytes: len(ping), Body: ping},
	}})})
	var created mt.NewSessionCreated
	d.await(mt.NewSessionCreatedTypeID, &created)
	if created.FirstMsgID != first {
		t.Errorf("first message %d, want %d", created.FirstMsgID, first)
	}
	var pong, answered bool
	for !pong || !answered {
		m := d.receive()
		pong = pong || typeOf(m.body) == mt.PongTypeID
		answered = answered || answers(m, incoming{id: first})
	}
}

func TestPackedRequests(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	for name, pack := range map[string]func(io.Writer) io.WriteCloser{
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"zlib": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	} {
		t.Run(name, func(t *testing.T) {
			d.wantResult(d.request(packed(pack, encode(getConfig))), tg.ConfigTypeID)
		})
	}
	t.Run("bomb", func(t *testing.T) {
		bomb := packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, make([]byte, maxUnpacked+1))
		d.wantResult(d.request(bomb), mt.RPCErrorTypeID)
	})
	t.Run("broken", func(t *testing.T) {
		d.wantResult(d.request(&mt.GzipPacked{PackedData: []byte("neither")}), mt.RPCErrorTypeID)
	})
}

func packed(pack func(io.Writer) io.WriteCloser, body []byte) bin.Encoder {
	var b bytes.Buffer
	z := pack(&b)
	_, err := z.Write(body)
	if err := z.Close(); err != nil {
		panic(err)
	}
	if err != nil {
		panic(err)
	}
	return &mt.GzipPacked{PackedData: b.Bytes()}
}

func TestBigResultIsPacked(t *testing.T) {
	w := newWorld(t, Options{})
	c := newConn(w.server, nil)
	big := &tg.NearestDC{Country: string(bytes.Repeat([]byte("x"), packAbove))}
	body := c.result(nil, 4, big)
	var r proto.Result
	if err := decode(incoming{body: body}, &r); err != nil {
		t.Fatal(err)
	}
	var z proto.GZIP
	if err := z.Decode(&bin.Buffer{Buf: r.Result}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(z.Data, encode(big)) {
		t.Error("it unpacks to something else")
	}
	if len(body) > packAbove/4 {
		t.Errorf("packed into %d bytes", len(body))
	}
}

func TestErrorsAreToldAsTelegramDoes(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	for _, tt := range []struct {
		name    string
		request bin.Encoder
		code    int
		message string
	}{
		{"before login", &tg.ContactsGetContactsRequest{}, 401, "AUTH_KEY_UNREGISTERED"},
		{"unknown method", &tg.True{}, 400, "METHOD_INVALID"},
	} {
		var e mt.RPCError
		if err := e.Decode(&bin.Buffer{Buf: d.result(d.request(tt.request))}); err != nil {
			t.Fatal(err)
		}
		if e.ErrorCode != tt.code || e.ErrorMessage != tt.message {
			t.Errorf("%s: %d %s, want %d %s", tt.name, e.ErrorCode, e.ErrorMessage, tt.code, tt.message)
		}
	}
}

func TestFaultCutsTheConnectionAndTheRequestMayComeAgain(t *testing.T) {
	d := pair(t, Options{})
	d.telegram.Inject(simulator.Fault{Method: "messages.sendMessage", Err: simulator.ErrDisconnect})
	r := d.message("15550002")
	d.wantClosed()
	d.reconnect()
	d.put(r)
	d.wantResult(r, tg.UpdatesTypeID)
	if n := d.inbox("15550002"); n != 1 {
		t.Errorf("%d messages were written, want 1", n)
	}
}

// The request was carried out, so it must not be again.
func TestFaultCutsTheConnectionBeforeTheAnswer(t *testing.T) {
	for name, again := range map[string]bool{"the client waits": false, "the client sends again": true} {
		t.Run(name, func(t *testing.T) {
			d := pair(t, Options{})
			d.telegram.Inject(simulator.Fault{Method: "messages.sendMessage", After: true, Err: simulator.ErrDisconnect})
			r := d.message("15550002")
			d.wantClosed()
			d.reconnect()
			if again {
				d.put(r)
			} else {
				d.notify(&mt.PingRequest{})
			}
			d.wantResult(r, tg.UpdatesTypeID)
			if n := d.inbox("15550002"); n != 1 {
				t.Errorf("%d messages were written, want 1", n)
			}
		})
	}
}

func TestPings(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	for _, ping := range []bin.Encoder{
		&mt.PingRequest{PingID: 42}, &mt.PingDelayDisconnectRequest{PingID: 42, DisconnectDelay: 75},
	} {
		m := d.notify(ping)
		var pong mt.Pong
		d.await(mt.PongTypeID, &pong)
		if pong.PingID != 42 || pong.MsgID != m.id {
			t.Errorf("%T got %+v, want ping 42 of message %d", ping, pong, m.id)
		}
	}
	d.notify(&mt.PingDelayDisconnectRequest{PingID: 43, DisconnectDelay: 0})
	d.wantClosed()
}

func TestSilentClientIsCutInTheEnd(t *testing.T) {
	w := newWorld(t, Options{ReadTimeout: time.Millisecond})
	d := w.device(w.key())
	d.notify(&mt.PingRequest{PingID: 1})
	d.wantClosed()
}

func TestStatesOfMessages(t *testing.T) {
	m := manual()
	d := pair(t, Options{Clock: m})
	d.telegram.Inject(simulator.Fault{Method: "help.getConfig", Delay: time.Minute})
	missing := d.nextID()
	done := d.message("15550002")
	d.wantResult(done, tg.UpdatesTypeID)
	running := d.request(getConfig)
	req := d.notify(&mt.MsgsStateReq{MsgIDs: []int64{missing, done.id, running.id, d.lastID + 400}})
	var info mt.MsgsStateInfo
	d.await(mt.MsgsStateInfoTypeID, &info)
	want := []byte{stateMissing, stateReceived | stateRunning | stateAnswered, stateReceived | stateRunning, stateTooHigh}
	if info.ReqMsgID != req.id || !bytes.Equal(info.Info, want) {
		t.Errorf("states %v, want %v", info.Info, want)
	}
}

func TestAnswerIsSentAgainWhenAskedFor(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	r := d.request(getConfig)
	var got incoming
	for got = d.receive(); !answers(got, r); {
		got = d.receive()
	}
	d.notify(&mt.MsgResendReq{MsgIDs: []int64{got.id, 1}})
	if again := d.receive(); again.id != got.id || !bytes.Equal(again.body, got.body) {
		t.Errorf("got message %d, want %d again", again.id, got.id)
	}
	var info mt.MsgsStateInfo
	d.await(mt.MsgsStateInfoTypeID, &info)
	if want := []byte{stateReceived, stateForgotten}; !bytes.Equal(info.Info, want) {
		t.Errorf("states %v, want %v", info.Info, want)
	}
}

func TestAnswersAreDropped(t *testing.T) {
	m := manual()
	w := newWorld(t, Options{Clock: m})
	d := w.device(w.key())
	drop := func(id int64) uint32 {
		r := d.request(&mt.RPCDropAnswerRequest{ReqMsgID: id})
		var result proto.Result
		for result.RequestMessageID != r.id {
			d.await(proto.ResultTypeID, &result)
		}
		return typeOf(result.Result)
	}
	if got := drop(4); got != mt.RPCAnswerUnknownTypeID {
		t.Errorf("an unknown request: %#x", got)
	}
	done := d.request(getConfig)
	d.wantResult(done, tg.ConfigTypeID)
	if got := drop(done.id); got != mt.RPCAnswerDroppedTypeID {
		t.Errorf("an answered request: %#x", got)
	}

	d.telegram.Inject(simulator.Fault{Method: "help.getConfig", Delay: time.Minute})
	running := d.request(getConfig)
	d.notify(&mt.PingRequest{})
	d.await(mt.PongTypeID, nil)
	if got := drop(running.id); got != mt.RPCAnswerDroppedRunningTypeID {
		t.Errorf("a running request: %#x", got)
	}
	m.AwaitTimers(2) // the fault's and the acknowledgement's
	m.Advance(time.Minute)
	next := d.request(&tg.HelpGetNearestDCRequest{})
	var r proto.Result
	d.await(proto.ResultTypeID, &r)
	if r.RequestMessageID != next.id {
		t.Error("the dropped answer came")
	}
}

func TestSessionsAreDestroyed(t *testing.T) {
	w := newWorld(t, Options{})
	key := w.key()
	d, other := w.device(key), w.device(key)
	other.wantResult(other.request(getConfig), tg.ConfigTypeID)
	for _, tt := range []struct {
		session int64
		want    uint32
	}{
		{other.session, mt.DestroySessionOkTypeID},
		{other.session, mt.DestroySessionNoneTypeID},
		{d.session, mt.DestroySessionNoneTypeID},
	} {
		d.notify(&mt.DestroySessionRequest{SessionID: tt.session})
		d.await(tt.want, nil)
	}
	// The other's next message begins a new session under the old id.
	other.newest, other.wanted = 0, 0
	other.request(getConfig)
	other.await(mt.NewSessionCreatedTypeID, nil)
}

func TestDestroyedKeyIsUnknown(t *testing.T) {
	d := pair(t, Options{})
	var b bin.Buffer
	b.PutID(destroyAuthKeyTypeID)
	d.put(incoming{d.nextID(), 1, b.Buf})
	d.await(destroyAuthKeyOkTypeID, nil)
	d.notify(&mt.PingRequest{})
	if _, err := d.next(); err == nil || err.Error() != "read: auth key not found" {
		t.Errorf("error %v", err)
	}
	if id := d.telegram.Client(d.key.ID).UserID(); id != 0 {
		t.Errorf("the key's client is still logged in as %d", id)
	}
}

func TestSlowReaderIsCut(t *testing.T) {
	w := newWorld(t, Options{})
	near, far := pipe(t)
	c := newConn(w.server, near)
	for range 9 {
		c.queue(outgoing{message: message{body: make([]byte, 1<<20)}})
	}
	if _, open := c.take(nil); open {
		t.Error("the connection is open")
	}
	if _, err := far.Read(make([]byte, 1)); err == nil {
		t.Error("the client is not told")
	}
}

func TestManyRequestsAtOnce(t *testing.T) {
	m := manual()
	w := newWorld(t, Options{Clock: m})
	d := w.device(w.key())
	const n = 1000
	d.telegram.Inject(simulator.Fault{Delay: time.Minute, Times: n})
	waiting := make(map[int64]bool, n)
	for range n {
		waiting[d.request(getConfig).id] = true
	}
	m.AwaitTimers(n + 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m.Advance(time.Minute)
	for len(waiting) > 0 && ctx.Err() == nil {
		var r proto.Result
		d.await(proto.ResultTypeID, &r)
		delete(waiting, r.RequestMessageID)
	}
}
