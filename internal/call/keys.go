package call

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"slices"
	"sync"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/tg"
)

// The key of a call that we accept, as the callee's side makes it:
// https://core.telegram.org/api/end-to-end/voice-calls

const (
	halfSize = 256 // bytes of g_a, g_b and the key
	// knownPrime is the SHA-256 of the prime that Telegram has served since 2013,
	// which a test checks as crypto.CheckDH does. That takes half a second, and
	// a caller waits.
	knownPrime = "02f85e7687fc6f33ba678226a963b3c8a191b47c890cf30debe17c1d623b5af1"
)

// group is what keys are made in.
type group struct {
	version int
	g       int
	p       *big.Int
}

// groups keeps the group that Telegram served last, once it was checked.
type groups struct {
	mu   sync.Mutex
	last group
}

// get asks for the group, and for random bytes of Telegram's.
func (g *groups) get(ctx context.Context, api *tg.Client) (group, []byte, error) {
	g.mu.Lock()
	known := g.last
	g.mu.Unlock()
	answer, err := api.MessagesGetDhConfig(ctx, &tg.MessagesGetDhConfigRequest{Version: known.version, RandomLength: halfSize})
	if err != nil {
		return group{}, nil, err
	}
	switch c := answer.(type) {
	case *tg.MessagesDhConfigNotModified:
		return known, c.Random, nil
	case *tg.MessagesDhConfig:
		served := group{c.Version, c.G, new(big.Int).SetBytes(c.P)}
		if err := served.check(); err != nil {
			return group{}, nil, refuse(CallKeyInvalid, "Telegram's group for keys: %v", err)
		}
		g.mu.Lock()
		g.last = served
		g.mu.Unlock()
		return served, c.Random, nil
	}
	return group{}, nil, fmt.Errorf("unexpected %T", answer)
}

// check is https://core.telegram.org/api/end-to-end#sending-a-request.
func (g group) check() error {
	if sum := sha256.Sum256(g.p.Bytes()); hex.EncodeToString(sum[:]) == knownPrime {
		return crypto.CheckGP(g.g, g.p)
	}
	return crypto.CheckDH(g.g, g.p)
}

// keys is what the callee keeps of phoneCallRequested.
type keys struct {
	hash     []byte // of the caller's half, which comes later
	protocol tg.PhoneCallProtocol
}

// secret is our half of a key.
type secret struct {
	group
	b   *big.Int
	key []byte // of the call; nil until both have it
}

// half gives g_b, of a secret that the owner keeps. Asking again for the same
// call gives the same, as the first may have arrived.
func (c *Call) half(ctx context.Context) ([]byte, error) {
	have := make(chan *secret, 1)
	if !c.post(func(*course) { have <- c.secret }) {
		return nil, c.errEnded()
	}
	s := <-have
	if s == nil {
		g, random, err := c.book.groups.get(ctx, tg.NewClient(c.account.Invoker))
		if err != nil {
			return nil, err
		}
		if s, err = g.secret(c.book.opts.Rand, random); err != nil {
			return nil, err
		}
		c.post(func(*course) { c.secret = s })
	}
	return padded(new(big.Int).Exp(big.NewInt(int64(s.g)), s.b, s.p)), nil
}

// secret draws one; Telegram's random bytes are mixed in, in case ours are poor.
func (g group) secret(rand io.Reader, random []byte) (*secret, error) {
	own := make([]byte, halfSize)
	for range 16 {
		if _, err := io.ReadFull(rand, own); err != nil {
			return nil, fmt.Errorf("draw a secret: %w", err)
		}
		if len(random) == len(own) {
			for i := range own {
				own[i] ^= random[i]
			}
		}
		s := &secret{group: g, b: new(big.Int).SetBytes(own)}
		s.b.Mod(s.b, g.p)
		if g.good(new(big.Int).Exp(big.NewInt(int64(g.g)), s.b, g.p)) {
			return s, nil
		}
	}
	return nil, refuse(CallKeyInvalid, "no good secret in 16 tries: the source of randomness is broken")
}

// good keeps halves away from both ends, by 2^1984 as Telegram recommends.
func (g group) good(half *big.Int) bool {
	margin := new(big.Int).Lsh(big.NewInt(1), 2048-64)
	return half.Cmp(margin) >= 0 && half.Cmp(new(big.Int).Sub(g.p, margin)) <= 0
}

// agree takes the caller's half, and says what is wrong with it. It is called by
// the owner. A call that was accepted by a raw request has its key elsewhere.
func (c *Call) agree(p *tg.PhoneCall) error {
	if c.secret == nil || c.secret.key != nil { // only the first phoneCall counts
		return nil
	}
	half := new(big.Int).SetBytes(p.GAOrB)
	sum := sha256.Sum256(p.GAOrB)
	if !bytes.Equal(sum[:], c.keys.hash) || !c.secret.good(half) {
		return refuse(CallKeyInvalid, "the caller's half of the key is not the one that was promised")
	}
	key := padded(new(big.Int).Exp(half, c.secret.b, c.secret.p))
	if fingerprint(key) != p.KeyFingerprint {
		return refuse(CallKeyInvalid, "the two sides have different keys")
	}
	c.secret.key = key
	return nil
}

// fingerprint is the last 64 bits of the key's SHA-1.
func fingerprint(key []byte) int64 {
	sum := sha1.Sum(key)
	return int64(binary.LittleEndian.Uint64(sum[12:]))
}

func padded(n *big.Int) []byte { return n.FillBytes(make([]byte, halfSize)) }

// protocol is what we can, as far as the caller can too.
func (c *Call) protocol() tg.PhoneCallProtocol {
	ours := tg.PhoneCallProtocol{
		UDPP2P: true, UDPReflector: true, MinLayer: 65, MaxLayer: 92,
		LibraryVersions: []string{"8.0.0", "9.0.0"},
	}
	if c.keys == nil {
		return ours
	}
	var both []string
	for _, v := range ours.LibraryVersions {
		if slices.Contains(c.keys.protocol.LibraryVersions, v) {
			both = append(both, v)
		}
	}
	if len(both) > 0 {
		ours.LibraryVersions = both
	}
	return ours
}
