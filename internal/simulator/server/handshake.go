package server

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto/codec"

	"luahost/internal/simulator"
)

const (
	// generator and dhPrimeHex are the group that Telegram's own servers
	// offer; some clients know it and skip the test of the prime.
	generator  = 3
	dhPrimeHex = "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F" +
		"48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37" +
		"20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F64" +
		"2477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4" +
		"A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754" +
		"FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4" +
		"E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F" +
		"0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B"

	// factorBits is the size of p and q. Telegram's have 31 bits, which costs
	// a client of gotd's 170 ms; these cost half of that. Their product still
	// has eight bytes and a clear top bit: some clients take it as signed.
	factorBits = 29

	// testDC is added to the number of a data centre on Telegram's test
	// servers; a connection for media gives the number negated.
	testDC = 10000

	// maxBegun bounds how often a client may begin on one connection: each time
	// costs the server some milliseconds.
	maxBegun = 64

	// maxLife bounds the life of a temporary key. Clients ask for a day.
	maxLife = 7 * 24 * time.Hour
)

var (
	errBadExchange = errors.New("key exchange out of order or inconsistent")

	// errKeyNotFound and errWrongDC are told to the client as they are.
	errKeyNotFound = &codec.ProtocolErr{Code: codec.CodeAuthKeyNotFound}
	errWrongDC     = &codec.ProtocolErr{Code: codec.CodeWrongDC}
)

// handshake is the server's side of making an authorization key, step by step:
// each request of the client is given to handle, which returns the answer. A
// client may begin anew at any time. It belongs to the connection's reader.
//
// gotd's own server side accepts exactly one number of a data centre, offers
// one pq for ever and wants to own the connection, so it is not used.
//
// https://core.telegram.org/mtproto/auth_key
type handshake struct {
	rsa *rsa.PrivateKey
	now func() time.Time

	begun       int // how often the client has begun
	nonce       bin.Int128
	serverNonce bin.Int128
	newNonce    bin.Int256
	pq          []byte
	secret      *big.Int // a, of g^a; nil until the client proved its work
	key, iv     []byte   // of the second half, from the nonces
	life        time.Duration
}

// agreed is the outcome: the key, and the salt that the client begins with.
type agreed struct {
	key   crypto.AuthKey
	salt  int64
	life  time.Duration // of a temporary key; 0: for ever
	layer int           // of a key from an earlier server: see Key
}

// handle answers one request. done is not nil with the last answer.
func (h *handshake) handle(b *bin.Buffer) (answer bin.Encoder, done *agreed, err error) {
	id, err := b.PeekID()
	if err != nil {
		return nil, nil, err
	}
	switch id {
	case mt.ReqPqRequestTypeID:
		var req mt.ReqPqRequest
		if err := req.Decode(b); err != nil {
			return nil, nil, err
		}
		answer, err = h.begin(req.Nonce)
	case mt.ReqPqMultiRequestTypeID:
		var req mt.ReqPqMultiRequest
		if err := req.Decode(b); err != nil {
			return nil, nil, err
		}
		answer, err = h.begin(req.Nonce)
	case mt.ReqDHParamsRequestTypeID:
		var req mt.ReqDHParamsRequest
		if err := req.Decode(b); err != nil {
			return nil, nil, err
		}
		answer, err = h.offer(&req)
	case mt.SetClientDHParamsRequestTypeID:
		var req mt.SetClientDHParamsRequest
		if err := req.Decode(b); err != nil {
			return nil, nil, err
		}
		return h.agree(&req)
	default:
		return nil, nil, fmt.Errorf("%w: constructor %#x", errBadExchange, id)
	}
	return answer, nil, err
}

// begin gives the client a product to factor and the key to answer with.
func (h *handshake) begin(nonce bin.Int128) (bin.Encoder, error) {
	if h.begun++; h.begun > maxBegun {
		return nil, errBadExchange
	}
	p, err := rand.Prime(rand.Reader, factorBits)
	if err != nil {
		return nil, err
	}
	q := p
	for q.Cmp(p) == 0 {
		if q, err = rand.Prime(rand.Reader, factorBits); err != nil {
			return nil, err
		}
	}
	h.nonce, h.pq, h.secret = nonce, new(big.Int).Mul(p, q).Bytes(), nil
	if _, err := io.ReadFull(rand.Reader, h.serverNonce[:]); err != nil {
		return nil, err
	}
	return &mt.ResPQ{
		Nonce:                       h.nonce,
		ServerNonce:                 h.serverNonce,
		Pq:                          h.pq,
		ServerPublicKeyFingerprints: []int64{crypto.RSAFingerprint(&h.rsa.PublicKey)},
	}, nil
}

// offer checks the client's work and gives it the group and g^a.
func (h *handshake) offer(req *mt.ReqDHParamsRequest) (bin.Encoder, error) {
	if h.pq == nil || req.Nonce != h.nonce || req.ServerNonce != h.serverNonce {
		return nil, errBadExchange
	}
	p, q := new(big.Int).SetBytes(req.P), new(big.Int).SetBytes(req.Q)
	if p.Cmp(q) >= 0 || new(big.Int).Mul(p, q).Cmp(new(big.Int).SetBytes(h.pq)) != 0 {
		return nil, errBadExchange
	}
	if req.PublicKeyFingerprint != crypto.RSAFingerprint(&h.rsa.PublicKey) {
		return nil, errKeyNotFound
	}
	inner, err := h.innerData(req.EncryptedData)
	if err != nil {
		return nil, err
	}
	h.newNonce, h.life = inner.GetNewNonce(), 0
	if temporary, ok := inner.(*mt.PQInnerDataTempDC); ok {
		if temporary.ExpiresIn <= 0 {
			return nil, errBadExchange
		}
		h.life = min(time.Duration(temporary.ExpiresIn)*time.Second, maxLife)
	}

	prime := dhPrime()
	h.secret, err = rand.Int(rand.Reader, prime)
	if err != nil {
		return nil, err
	}
	var b bin.Buffer
	if err := b.Encode(&mt.ServerDHInnerData{
		Nonce:       h.nonce,
		ServerNonce: h.serverNonce,
		G:           generator,
		DhPrime:     prime.Bytes(),
		GA:          new(big.Int).Exp(big.NewInt(generator), h.secret, prime).Bytes(),
		ServerTime:  int(h.now().Unix()),
	}); err != nil {
		return nil, err
	}
	h.key, h.iv = crypto.TempAESKeys(h.newNonce.BigInt(), h.serverNonce.BigInt())
	answer, err := crypto.EncryptExchangeAnswer(rand.Reader, b.Buf, h.key, h.iv)
	if err != nil {
		return nil, err
	}
	return &mt.ServerDHParamsOk{Nonce: h.nonce, ServerNonce: h.serverNonce, EncryptedAnswer: answer}, nil
}

// innerData decrypts what the client sent under the RSA key and checks it
// against what is known already.
func (h *handshake) innerData(encrypted []byte) (mt.PQInnerDataClass, error) {
	data, err := crypto.DecodeRSAPad(encrypted, h.rsa)
	if err != nil {
		return nil, errKeyNotFound
	}
	inner, err := mt.DecodePQInnerData(&bin.Buffer{Buf: data})
	if err != nil {
		return nil, errKeyNotFound
	}
	if inner.GetNonce() != h.nonce || inner.GetServerNonce() != h.serverNonce || string(inner.GetPq()) != string(h.pq) {
		return nil, errBadExchange
	}
	dc := simulator.DC
	switch inner := inner.(type) {
	case *mt.PQInnerDataDC:
		dc = inner.DC
	case *mt.PQInnerDataTempDC:
		dc = inner.DC
	}
	if dc = max(dc, -dc); dc != simulator.DC && dc != simulator.DC+testDC {
		return nil, errWrongDC
	}
	return inner, nil
}

// agree takes g^b and computes the key.
func (h *handshake) agree(req *mt.SetClientDHParamsRequest) (bin.Encoder, *agreed, error) {
	if h.secret == nil || req.Nonce != h.nonce || req.ServerNonce != h.serverNonce {
		return nil, nil, errBadExchange
	}
	data, err := crypto.DecryptExchangeAnswer(req.EncryptedData, h.key, h.iv)
	if err != nil {
		return nil, nil, fmt.Errorf("decrypt g_b: %w", err)
	}
	var inner mt.ClientDHInnerData
	if err := inner.Decode(&bin.Buffer{Buf: data}); err != nil {
		return nil, nil, fmt.Errorf("decode g_b: %w", err)
	}
	if inner.Nonce != h.nonce || inner.ServerNonce != h.serverNonce {
		return nil, nil, errBadExchange
	}
	prime, g, gB := dhPrime(), big.NewInt(generator), new(big.Int).SetBytes(inner.GB)
	if err := crypto.CheckDHParams(prime, g, new(big.Int).Exp(g, h.secret, prime), gB); err != nil {
		return nil, nil, err
	}
	var key crypto.Key
	new(big.Int).Exp(gB, h.secret, prime).FillBytes(key[:])
	h.secret = nil
	return &mt.DhGenOk{
		Nonce:         h.nonce,
		ServerNonce:   h.serverNonce,
		NewNonceHash1: crypto.NonceHash1(h.newNonce, key),
	}, &agreed{
		key:  key.WithID(),
		salt: crypto.ServerSalt(h.newNonce, h.serverNonce),
		life: h.life,
	}, nil
}

func dhPrime() *big.Int {
	p, _ := new(big.Int).SetString(dhPrimeHex, 16)
	return p
}
