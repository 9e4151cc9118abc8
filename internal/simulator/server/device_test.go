package server

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
	"go.uber.org/goleak"

	"luahost/internal/clock"
	"luahost/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience ends a test that would hang; nothing depends on its length.
const patience = 20 * time.Second

// sharedKey is one key for all tests: making one takes a while.
var sharedKey = sync.OnceValues(NewKey)

// world is an embedded Telegram with a server that runs until the test ends.
type world struct {
	testing.TB
	telegram *simulator.Telegram
	server   *Server
	clock    clock.Clock
	stop     func() // and wait
}

func newWorld(t testing.TB, o Options) *world {
	t.Helper()
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Telegram == nil {
		o.Telegram = simulator.New(simulator.Options{Clock: o.Clock})
	}
	if o.Key == nil {
		key, err := sharedKey()
		if err != nil {
			t.Fatal(err)
		}
		o.Key = key
	}
	s, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stopped := false
	w := &world{TB: t, telegram: o.Telegram, server: s, clock: o.Clock}
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(w.stop)
	return w
}

// user adds a person.
func (w *world) user(phone string) int64 {
	w.Helper()
	id, err := w.telegram.AddUser(simulator.User{Phone: phone, FirstName: "User " + phone})
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// key makes an authorization key that the server knows, without the exchange.
func (w *world) key() crypto.AuthKey {
	var key crypto.Key
	rand.Read(key[:])
	w.server.addKey(&agreed{key: key.WithID()})
	return key.WithID()
}

// login logs the holder of key in, behind the server's back.
func (w *world) login(key crypto.AuthKey, phone string) {
	w.Helper()
	api := tg.NewClient(w.telegram.Client(key.ID))
	sent, err := api.AuthSendCode(w.Context(), &tg.AuthSendCodeRequest{PhoneNumber: phone, APIID: 1, APIHash: "x"})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := api.AuthSignIn(w.Context(), &tg.AuthSignInRequest{
		PhoneNumber:   phone,
		PhoneCodeHash: sent.(*tg.AuthSentCode).PhoneCodeHash,
		PhoneCode:     simulator.LoginCode,
	}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) dcs() dcs.List {
	at := w.server.Addr().(*net.TCPAddr)
	return dcs.List{Options: []tg.DCOption{{ID: 2, IPAddress: at.IP.String(), Port: at.Port}}}
}

func (w *world) dial(o dcs.PlainOptions) transport.Conn {
	w.Helper()
	conn, err := dcs.Plain(o).Primary(w.Context(), 2, w.dcs())
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { conn.Close() })
	return conn
}

// device is a client of the test's own, that says exactly what the test wants
// and checks the numbers of all that it is told.
type device struct {
	*world
	conn    transport.Conn
	key     crypto.AuthKey
	session int64
	salt    int64
	content int32
	lastID  int64 // sent
	newest  int64 // received
	wanted  int32 // content-related messages received
}

// device connects with a key that the server knows.
func (w *world) device(key crypto.AuthKey) *device {
	w.Helper()
	id, err := crypto.NewSessionID(rand.Reader)
	if err != nil {
		w.Fatal(err)
	}
	return &device{
		world:   w,
		conn:    w.dial(dcs.PlainOptions{}),
		key:     key,
		session: id,
		salt:    w.server.key(key.ID).salt(),
	}
}

// reconnect connects anew, with everything else as it was.
func (d *device) reconnect() {
	d.Helper()
	d.conn.Close()
	d.conn = d.dial(dcs.PlainOptions{})
}

// nextID is a message id of now.
func (d *device) nextID() int64 {
	d.lastID = max(d.lastID+4, int64(proto.NewMessageID(d.clock.Now(), proto.MessageFromClient)))
	return d.lastID
}

func (d *device) nextSeq(content bool) int32 {
	seq := d.content * 2
	if content {
		d.content++
		seq++
	}
	return seq
}

// request sends a request of the API; notify sends what is not one.
func (d *device) request(body bin.Encoder) incoming {
	d.Helper()
	return d.put(incoming{id: d.nextID(), seq: d.nextSeq(true), body: encode(body)})
}

func (d *device) notify(body bin.Encoder) incoming {
	d.Helper()
	return d.put(incoming{id: d.nextID(), seq: d.nextSeq(false), body: encode(body)})
}

// put sends a message as it is.
func (d *device) put(m incoming) incoming {
	d.Helper()
	var b bin.Buffer
	if err := crypto.NewClientCipher(rand.Reader).Encrypt(d.key, crypto.EncryptedMessageData{
		Salt: d.salt, SessionID: d.session, MessageID: m.id, SeqNo: m.seq,
		MessageDataLen: int32(len(m.body)), MessageDataWithPadding: m.body,
	}, &b); err != nil {
		d.Fatal(err)
	}
	if err := d.conn.Send(d.Context(), &b); err != nil {
		d.Fatal(err)
	}
	return m
}

// receive takes the server's next message, whatever it is.
func (d *device) receive() incoming {
	d.Helper()
	m, err := d.next()
	if err != nil {
		d.Fatalf("receive: %v", err)
	}
	return m
}

func (d *device) next() (incoming, error) {
	ctx, cancel := context.WithTimeout(d.Context(), patience)
	defer cancel()
	var b bin.Buffer
	if err := d.conn.Recv(ctx, &b); err != nil {
		return incoming{}, err
	}
	data, err := crypto.NewClientCipher(rand.Reader).DecryptFromBuffer(d.key, &b)
	if err != nil {
		return incoming{}, err
	}
	if data.SessionID != d.session {
		return incoming{}, errors.New("message for another session")
	}
	m := incoming{id: data.MessageID, seq: data.SeqNo, body: data.Data()}
	d.check(m)
	return m, nil
}

// check holds a message against the rules of ids and sequence numbers.
func (d *device) check(m incoming) {
	d.Helper()
	if m.id <= d.newest {
		return // sent again
	}
	d.newest = m.id
	want, content := proto.MessageFromServer, true
	switch typeOf(m.body) {
	case proto.ResultTypeID:
		want = proto.MessageServerResponse
	case mt.PongTypeID, mt.FutureSaltsTypeID, mt.BadServerSaltTypeID, mt.BadMsgNotificationTypeID,
		mt.MsgsStateInfoTypeID, mt.DestroySessionOkTypeID, mt.DestroySessionNoneTypeID, destroyAuthKeyOkTypeID:
		want, content = proto.MessageServerResponse, false
	case mt.MsgsAckTypeID:
		content = false
	}
	if got := proto.MessageID(m.id).Type(); got != want {
		d.Errorf("%#x came with an id of type %v, want %v", typeOf(m.body), got, want)
	}
	seq := d.wanted * 2
	if content {
		seq++
		d.wanted++
	}
	if m.seq != seq {
		d.Errorf("%#x came with sequence number %d, want %d", typeOf(m.body), m.seq, seq)
	}
}

// await skips messages until one of that type comes, and decodes it.
func (d *device) await(typ uint32, into bin.Decoder) incoming {
	d.Helper()
	for {
		m := d.receive()
		if typeOf(m.body) != typ {
			continue
		}
		if into != nil {
			if err := decode(m, into); err != nil {
				d.Fatal(err)
			}
		}
		return m
	}
}

// result awaits the answer to a request, whose id it checks.
func (d *device) result(of incoming) []byte {
	d.Helper()
	var r proto.Result
	d.await(proto.ResultTypeID, &r)
	if r.RequestMessageID != of.id {
		d.Fatalf("answer to %d, want one to %d", r.RequestMessageID, of.id)
	}
	return r.Result
}

// wantResult awaits an answer that is ok by its constructor.
func (d *device) wantResult(of incoming, typ uint32) {
	d.Helper()
	if got := typeOf(d.result(of)); got != typ {
		d.Fatalf("answer is %#x, want %#x", got, typ)
	}
}

// wantClosed checks that the server hangs up.
func (d *device) wantClosed() {
	d.Helper()
	for {
		_, err := d.next()
		if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
			d.Fatal("the connection stays")
		}
		if err != nil {
			return
		}
	}
}

// manual is a clock at a round hour: salts change with the hour.
func manual() *clock.Manual {
	return clock.NewManual(time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC))
}
