package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/mtproxy"
	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// Each of these takes what a stranger, or a client that has a key and lost its
// mind, can send; from the first byte of a connection to the last of a request.

// same gives the same bytes in each of the processes that fuzz.
func same() io.Reader { return rand.NewChaCha8([32]byte{1}) }

// FuzzFrames is the beginning of a connection, obfuscated or not, and its frames.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0xef, 1, 1, 2, 3, 4, 0x7f, 1, 0, 0, 1, 2, 3, 4})
	f.Add([]byte{0xef, 0x81, 1, 2, 3, 4, 0xff, 1, 0, 0, 1, 2, 3, 4})
	f.Add([]byte{0xee, 0xee, 0xee, 0xee, 4, 0, 0, 0, 1, 2, 3, 4, 4, 0, 0, 0x80, 1, 2, 3, 4})
	f.Add([]byte{0xdd, 0xdd, 0xdd, 0xdd, 7, 0, 0, 0, 1, 2, 3, 4, 9, 9, 9})
	f.Add([]byte{16, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	for _, tag := range [][4]byte{{0xef, 0xef, 0xef, 0xef}, codec.IntermediateClientStart, codec.PaddedIntermediateClientStart} {
		var stream bytes.Buffer
		o := obfuscated2.NewObfuscated2(same(), &stream)
		if err := o.Handshake(tag, 2, mtproxy.Secret{}); err != nil {
			f.Fatal(err)
		}
		if _, err := o.Write([]byte{4, 0, 0, 0, 1, 2, 3, 4}); err != nil {
			f.Fatal(err)
		}
		f.Add(stream.Bytes())
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		w, err := detect(duplex{bytes.NewReader(stream)})
		if err != nil {
			return
		}
		for read := 0; ; {
			frame, err := w.readFrame()
			if err != nil {
				return
			}
			if read += len(frame); len(frame) < 4 || len(frame) > maxFrame+fullOverhead || read > len(stream) {
				t.Fatalf("a frame of %d bytes out of %d", len(frame), len(stream))
			}
		}
	})
}

// insane is a connection whose client says anything at all.
type insane struct {
	*world
	conn *conn
}

func newInsane(f *testing.F) *insane {
	near, _ := pipe(f)
	w := newWorld(f, Options{Clock: manual()})
	c := newConn(w.server, near)
	c.wire = &wire{framing: intermediate}
	return &insane{w, c}
}

// calm waits for what the last input began, and takes what came of it.
func (i *insane) calm() {
	i.server.work.Wait()
	i.conn.mu.Lock()
	defer i.conn.mu.Unlock()
	i.conn.out, i.conn.size = nil, 0
}

// FuzzPayload is what a frame holds: a step of making a key, or what claims to
// be encrypted.
func FuzzPayload(f *testing.F) {
	i := newInsane(f)
	f.Add(encode(proto.UnencryptedMessage{MessageID: 4, MessageData: encode(&mt.ReqPqMultiRequest{Nonce: bin.Int128{1}})}))
	f.Add(encode(proto.UnencryptedMessage{MessageID: 4, MessageData: encode(&mt.ReqDHParamsRequest{})}))
	f.Add(encode(proto.UnencryptedMessage{MessageID: 4, MessageData: encode(&mt.SetClientDHParamsRequest{})}))
	var key crypto.Key
	i.server.addKey(&agreed{key: key.WithID()})
	id := key.ID()
	f.Add(append(id[:], make([]byte, 80)...))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if err := i.conn.receive(t.Context(), frame); err != nil {
			i.conn.handshake = handshake{rsa: i.server.rsa, now: i.server.o.Clock.Now} // another client
		}
		i.calm()
		if n := len(i.server.Keys()); n != 1 {
			t.Fatal("a key out of nothing")
		}
	})
}

// FuzzMessage is what was encrypted: service messages, containers, what is
// packed, and requests of the API by somebody who is logged in.
func FuzzMessage(f *testing.F) {
	i := newInsane(f)
	i.user("15550001")
	key := i.key()
	i.login(key, "15550001")
	k := i.server.key(key.ID)
	config := encode(getConfig)
	for _, e := range []bin.Encoder{
		getConfig,
		in(198, &tg.HelpGetConfigRequest{}),
		&mt.PingRequest{PingID: 1},
		&mt.PingDelayDisconnectRequest{DisconnectDelay: 75},
		&mt.MsgsAck{MsgIDs: []int64{4, 8}},
		&mt.MsgsStateReq{MsgIDs: []int64{4, 8}},
		&mt.MsgResendReq{MsgIDs: []int64{4}},
		&mt.GetFutureSaltsRequest{Num: 64},
		&mt.RPCDropAnswerRequest{ReqMsgID: 4},
		&mt.DestroySessionRequest{SessionID: 7},
		&proto.MessageContainer{Messages: []proto.Message{{ID: -4, SeqNo: 1, Bytes: len(config), Body: config}}},
		packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, config),
		&tg.AuthBindTempAuthKeyRequest{EncryptedMessage: make([]byte, 104)},
	} {
		f.Add(int64(0), int32(1), encode(e))
		f.Add(int64(4), int32(0), encode(e))
	}
	f.Fuzz(func(t *testing.T, later int64, seq int32, body []byte) {
		s := k.session(1)
		s.attach(i.conn, false)
		id := int64(proto.NewMessageID(i.clock.Now(), proto.MessageFromClient))
		i.conn.accept(t.Context(), s, k.salt(), incoming{id: id + later, seq: seq, body: body})
		i.calm()
		k.destroy(1)
	})
}

// raw is a request that is written already.
type raw []byte

func (r raw) Encode(b *bin.Buffer) error { b.Put(r); return nil }
func (r raw) Decode(*bin.Buffer) error   { panic("not for reading") }

// FuzzRequests is requests of older layers, in whatever wrappers.
func FuzzRequests(f *testing.F) {
	for id := range renewals[198] {
		var b bin.Buffer
		b.PutID(id)
		b.Put(make([]byte, 40))
		f.Add(b.Buf)
		f.Add(encode(in(198, raw(b.Buf))))
	}
	l := layerOf(f, 198)
	f.Fuzz(func(t *testing.T, body []byte) {
		b := bin.Buffer{Buf: bytes.Clone(body)}
		if _, err := simulator.Unwrap(&b); err != nil {
			return
		}
		if err := l.renew(&b); err == nil && b.Len() > 4*len(body)+100 {
			t.Fatalf("%d bytes became %d", len(body), b.Len())
		}
	})
}

// FuzzBinding is the message that binds a temporary key, decrypted and not.
func FuzzBinding(f *testing.F) {
	var key crypto.Key
	perm := key.WithID()
	message, err := crypto.EncryptBindMessage(same(), perm, 4, &crypto.BindAuthKeyInner{Nonce: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Fuzz(func(t *testing.T, message []byte) {
		if inner, err := openBinding(perm, message, 4); err == nil && inner.Nonce != 1 {
			t.Fatal("a binding out of nothing")
		}
	})
}
