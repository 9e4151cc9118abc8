package server

import (
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/mtproxy"
	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto/codec"
)

// TestQuickAcknowledgements asks for one with each transport that has them.
func TestQuickAcknowledgements(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	for name, tt := range map[string]struct {
		start []byte
		tag   [4]byte
		frame func(payload []byte) []byte
		order binary.ByteOrder
	}{
		"abridged": {
			codec.AbridgedClientStart[:],
			[4]byte{0xef, 0xef, 0xef, 0xef},
			func(p []byte) []byte { return append([]byte{0x80 | byte(len(p)/4)}, p...) }, binary.BigEndian,
		},
		"abridged, long": {
			codec.AbridgedClientStart[:],
			[4]byte{0xef, 0xef, 0xef, 0xef},
			func(p []byte) []byte {
				return append([]byte{0xff, byte(len(p) / 4), byte(len(p) / 4 >> 8), 0}, p...)
			}, binary.BigEndian,
		},
		"intermediate": {
			codec.IntermediateClientStart[:], codec.IntermediateClientStart, quickLength, binary.LittleEndian,
		},
		"padded": {
			codec.PaddedIntermediateClientStart[:], codec.PaddedIntermediateClientStart,
			func(p []byte) []byte { return quickLength(append(p[:len(p):len(p)], 1, 2, 3)) }, binary.LittleEndian,
		},
	} {
		for _, hidden := range []bool{false, true} {
			var rw io.ReadWriter
			nc := w.tcp()
			nc.SetDeadline(time.Now().Add(patience))
			if rw = nc; hidden {
				o := obfuscated2.NewObfuscated2(crand.Reader, nc)
				if err := o.Handshake(tt.tag, 2, mtproxy.Secret{}); err != nil {
					t.Fatal(err)
				}
				rw = o
			} else if _, err := nc.Write(tt.start); err != nil {
				t.Fatal(err)
			}
			payload := d.payload(&mt.PingRequest{PingID: 1})
			if _, err := rw.Write(tt.frame(payload)); err != nil {
				t.Fatal(err)
			}
			var token [4]byte
			if _, err := io.ReadFull(rw, token[:]); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got, want := tt.order.Uint32(token[:]), d.quickToken(payload); got != want {
				t.Errorf("%s, obfuscated %v: token %08x, want %08x", name, hidden, got, want)
			}
		}
	}
}

func quickLength(payload []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, 1<<31|uint32(len(payload))), payload...)
}

// payload is a message, encrypted.
func (d *device) payload(body bin.Encoder) []byte {
	d.Helper()
	var b bin.Buffer
	if err := crypto.NewClientCipher(crand.Reader).Encrypt(d.key, crypto.EncryptedMessageData{
		Salt: d.salt, SessionID: d.session, MessageID: d.nextID(), SeqNo: d.nextSeq(false),
		MessageDataLen: int32(len(encode(body))), MessageDataWithPadding: encode(body),
	}, &b); err != nil {
		d.Fatal(err)
	}
	return b.Buf
}

// quickToken is the beginning of the hash whose middle is the message's key.
func (d *device) quickToken(payload []byte) uint32 {
	d.Helper()
	data, err := crypto.NewServerCipher(crand.Reader).DecryptFromBuffer(d.key, &bin.Buffer{Buf: payload})
	if err != nil {
		d.Fatal(err)
	}
	hash := sha256.New()
	hash.Write(d.key.Value[88:120])
	hash.Write(encode(data))
	sum := hash.Sum(nil)
	if string(sum[8:24]) != string(payload[8:24]) {
		d.Fatal("the hash is not the one of the message's key")
	}
	return binary.LittleEndian.Uint32(sum) | 1<<31
}
