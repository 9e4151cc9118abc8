package server

import (
	"crypto/rand"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/telegram/dcs"
)

// halfway is a handshake of which the client has factored pq, and its next
// request, which tests spoil.
func halfway(t testing.TB, server *handshake, inner func(mt.PQInnerData) bin.Encoder) *mt.ReqDHParamsRequest {
	t.Helper()
	answer, _, err := server.handle(&bin.Buffer{Buf: encode(&mt.ReqPqMultiRequest{Nonce: bin.Int128{1}})})
	if err != nil {
		t.Fatal(err)
	}
	pq := answer.(*mt.ResPQ)
	if len(pq.Pq) != 8 || pq.Pq[0] > 0x7f {
		t.Fatalf("pq is %x, want eight bytes that are positive when signed", pq.Pq)
	}
	p, q, err := crypto.DecomposePQ(new(big.Int).SetBytes(pq.Pq), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	data := encode(inner(mt.PQInnerData{
		Pq: pq.Pq, P: p.Bytes(), Q: q.Bytes(),
		Nonce: pq.Nonce, ServerNonce: pq.ServerNonce, NewNonce: bin.Int256{2},
	}))
	encrypted, err := crypto.RSAPad(data, &server.rsa.PublicKey, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &mt.ReqDHParamsRequest{
		Nonce: pq.Nonce, ServerNonce: pq.ServerNonce, P: p.Bytes(), Q: q.Bytes(),
		PublicKeyFingerprint: pq.ServerPublicKeyFingerprints[0], EncryptedData: encrypted,
	}
}

func innerDC(dc int) func(mt.PQInnerData) bin.Encoder {
	return func(d mt.PQInnerData) bin.Encoder {
		return &mt.PQInnerDataDC{
			Pq: d.Pq, P: d.P, Q: d.Q, Nonce: d.Nonce, ServerNonce: d.ServerNonce, NewNonce: d.NewNonce, DC: dc,
		}
	}
}

func TestNumbersOfTheDataCentre(t *testing.T) {
	w := newWorld(t, Options{})
	for dc, want := range map[int]error{
		2: nil, -2: nil, testDC + 2: nil, -testDC - 2: nil, 0: errWrongDC, 3: errWrongDC, -3: errWrongDC, testDC: errWrongDC,
	} {
		h := &newConn(w.server, nil).handshake
		_, _, err := h.handle(&bin.Buffer{Buf: encode(halfway(t, h, innerDC(dc)))})
		if !errors.Is(err, want) {
			t.Errorf("data centre %d: %v, want %v", dc, err, want)
		}
	}
	h := &newConn(w.server, nil).handshake
	old := func(d mt.PQInnerData) bin.Encoder { return &d } // names none
	if _, _, err := h.handle(&bin.Buffer{Buf: encode(halfway(t, h, old))}); err != nil {
		t.Errorf("no data centre: %v", err)
	}
}

func TestSpoiledHandshakes(t *testing.T) {
	w := newWorld(t, Options{})
	for name, spoil := range map[string]func(*mt.ReqDHParamsRequest){
		"another nonce":        func(r *mt.ReqDHParamsRequest) { r.Nonce[0]++ },
		"another server nonce": func(r *mt.ReqDHParamsRequest) { r.ServerNonce[0]++ },
		"factors swapped":      func(r *mt.ReqDHParamsRequest) { r.P, r.Q = r.Q, r.P },
		"wrong factors":        func(r *mt.ReqDHParamsRequest) { r.P = []byte{3} },
		"unknown RSA key":      func(r *mt.ReqDHParamsRequest) { r.PublicKeyFingerprint++ },
		"data spoiled":         func(r *mt.ReqDHParamsRequest) { r.EncryptedData[9]++ },
		"no data":              func(r *mt.ReqDHParamsRequest) { r.EncryptedData = nil },
	} {
		h := &newConn(w.server, nil).handshake
		req := halfway(t, h, innerDC(2))
		spoil(req)
		if answer, _, err := h.handle(&bin.Buffer{Buf: encode(req)}); err == nil {
			t.Errorf("%s: answered with %T", name, answer)
		}
	}
}

func TestStepsOutOfOrder(t *testing.T) {
	w := newWorld(t, Options{})
	h := &newConn(w.server, nil).handshake
	for _, step := range []bin.Encoder{&mt.ReqDHParamsRequest{}, &mt.SetClientDHParamsRequest{}, &mt.PingRequest{}} {
		if _, _, err := h.handle(&bin.Buffer{Buf: encode(step)}); !errors.Is(err, errBadExchange) {
			t.Errorf("%T: %v, want %v", step, err, errBadExchange)
		}
	}
	// A client may begin anew at any step.
	req := halfway(t, h, innerDC(2))
	if _, _, err := h.handle(&bin.Buffer{Buf: encode(halfway(t, h, innerDC(2)))}); err != nil {
		t.Errorf("begun twice: %v", err)
	}
	if _, _, err := h.handle(&bin.Buffer{Buf: encode(req)}); !errors.Is(err, errBadExchange) {
		t.Errorf("the first beginning: %v, want %v", err, errBadExchange)
	}
	if _, _, err := h.handle(&bin.Buffer{Buf: encode(&mt.SetClientDHParamsRequest{
		Nonce: h.nonce, ServerNonce: h.serverNonce, EncryptedData: make([]byte, 64),
	})}); err == nil {
		t.Error("agreed on garbage")
	}
}

func TestWrongDataCentreIsTold(t *testing.T) {
	w := newWorld(t, Options{})
	conn := w.dial(dcs.PlainOptions{})
	_, err := exchange.NewExchanger(conn, 4).WithTimeout(time.Minute).
		Client([]exchange.PublicKey{{RSA: w.server.PublicKey()}}).Run(t.Context())
	var e *codec.ProtocolErr
	if !errors.As(err, &e) || e.Code != codec.CodeWrongDC {
		t.Errorf("error %v, want %d", err, codec.CodeWrongDC)
	}
}
