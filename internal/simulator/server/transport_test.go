package server

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
)

var plain = dcs.PlainOptions{}

// protocols are gotd's ends of the transports.
var protocols = map[string]transport.Protocol{
	"abridged":            transport.Abridged,
	"intermediate":        transport.Intermediate,
	"padded intermediate": transport.PaddedIntermediate,
	"full":                transport.Full,
}

func TestTransports(t *testing.T) {
	w := newWorld(t, Options{})
	key := w.key()
	for name, protocol := range protocols {
		for _, o := range []dcs.PlainOptions{{Protocol: protocol}, {Protocol: protocol, Obfuscated: true}} {
			if o.Obfuscated && name == "full" {
				continue // has no tag
			}
			t.Run(name, func(t *testing.T) {
				d := w.device(key)
				d.conn = w.dial(o)
				for range 20 {
					d.wantResult(d.request(getConfig), tg.ConfigTypeID)
				}
				long := &tg.ContactsResolveUsernameRequest{Username: string(make([]byte, 100<<10))}
				d.result(d.request(long))
			})
		}
	}
}

// pipe gives both ends of a connection in memory.
func pipe(t testing.TB) (near, far net.Conn) {
	near, far = net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func TestStrangersDisturbNobody(t *testing.T) {
	w := newWorld(t, Options{})
	w.user("+15550001")
	d := w.device(w.key())
	le := binary.LittleEndian
	cut := map[string][]byte{ // the server hangs up at once
		"http":             []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"huge":             le.AppendUint32([]byte{0xee, 0xee, 0xee, 0xee}, 0x7fffffff),
		"huge abridged":    {0xef, 0x7f, 0xff, 0xff, 0xff},
		"huge full":        {0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0},
		"empty":            le.AppendUint32([]byte{0xee, 0xee, 0xee, 0xee}, 0),
		"not obfuscated":   bytes.Repeat([]byte("garbage!"), 8),
		"wrong checksum":   append([]byte{16, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 8)...),
		"neither key":      append(le.AppendUint32([]byte{0xee, 0xee, 0xee, 0xee}, 24), make([]byte, 24)...),
		"short ciphertext": append(append(le.AppendUint32([]byte{0xee, 0xee, 0xee, 0xee}, 24), d.key.ID[:]...), make([]byte, 16)...),
		"forged":           append(append(le.AppendUint32([]byte{0xee, 0xee, 0xee, 0xee}, 88), d.key.ID[:]...), make([]byte, 80)...),
	}
	for name, bytes := range cut {
		nc := w.tcp()
		if _, err := nc.Write(bytes); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w.wantEnd(name, nc)
	}
	// These stay, and wait.
	w.tcp()
	for _, part := range [][]byte{{0xef}, {0xee, 0xee}, {0xee, 0xee, 0xee, 0xee, 80, 0, 0, 0, 1, 2, 3}, []byte("half an obfuscated header")} {
		if _, err := w.tcp().Write(part); err != nil {
			t.Fatal(err)
		}
	}
	w.tcp().Close() // a probe
	d.wantResult(d.request(getConfig), tg.ConfigTypeID)
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func TestUnknownKeyIsToldAndTheConnectionStays(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	known := d.key
	d.key.ID[0] ^= 0xff
	for range 2 {
		d.notify(getConfig)
		var e *codec.ProtocolErr
		if _, err := d.next(); !errors.As(err, &e) || e.Code != codec.CodeAuthKeyNotFound {
			t.Fatalf("error %v, want %d", err, codec.CodeAuthKeyNotFound)
		}
	}
	d.key, d.content = known, 0
	d.wantResult(d.request(getConfig), tg.ConfigTypeID)
}

func TestLengthAloneCostsNothing(t *testing.T) {
	head := binary.LittleEndian.AppendUint32([]byte{0xee, 0xee, 0xee, 0xee}, maxFrame)
	w, err := detect(duplex{bytes.NewReader(head)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.readFrame(); !errors.Is(err, io.EOF) {
		t.Errorf("error %v", err)
	}
	if cap(w.buf) > 2*readStep {
		t.Errorf("%d bytes set aside for a length", cap(w.buf))
	}
}

// duplex is a connection that nobody reads.
type duplex struct{ io.Reader }

func (duplex) Write(p []byte) (int, error) { return len(p), nil }

// TestFramesAreGotds holds our frames against gotd's codecs, both ways.
func TestFramesAreGotds(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for name, protocol := range protocols {
		var stream, back bytes.Buffer
		theirs := protocol.Codec()
		if err := theirs.WriteHeader(&stream); err != nil {
			t.Fatal(err)
		}
		var payloads [][]byte
		for size := 24; size < 200<<10; size += 16 * (1 + random.IntN(1000)) {
			payload := make([]byte, size)
			for i := range payload {
				payload[i] = byte(random.Uint32())
			}
			payloads = append(payloads, payload)
			if err := theirs.Write(&stream, &bin.Buffer{Buf: bytes.Clone(payload)}); err != nil {
				t.Fatal(err)
			}
		}
		ours, err := detect(duplex{&stream})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, want := range payloads {
			got, err := ours.readFrame()
			if err != nil {
				t.Fatalf("%s: frame %d: %v", name, i, err)
			}
			if len(got) > len(want)+15 || !bytes.Equal(got[:len(want)], want) {
				t.Fatalf("%s: frame %d came out changed", name, i)
			}
			back.Write(ours.appendFrame(nil, want))
		}
		for i, want := range payloads {
			var got bin.Buffer
			if err := theirs.Read(&back, &got); err != nil {
				t.Fatalf("%s: frame %d back: %v", name, i, err)
			}
			if !bytes.Equal(got.Buf, want) {
				t.Fatalf("%s: frame %d came back changed", name, i)
			}
		}
	}
}
