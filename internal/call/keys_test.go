package call

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/big"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/simulator"
)

// served is the group that the embedded Telegram serves, which is Telegram's.
func served(t *testing.T) group {
	t.Helper()
	sim := simulator.New(simulator.Options{})
	user, err := sim.AddUser(simulator.User{Phone: "15550001", FirstName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	var all groups
	g, random, err := all.get(t.Context(), tg.NewClient(sim.Login(user)))
	if err != nil || len(random) != halfSize {
		t.Fatalf("%d random bytes, %v", len(random), err)
	}
	again, _, err := all.get(t.Context(), tg.NewClient(sim.Login(user)))
	if err != nil || again.p.Cmp(g.p) != 0 || again.version == 0 {
		t.Fatalf("once more: %v", err)
	}
	return g
}

func TestKnownPrimeIsASafeOne(t *testing.T) {
	g := served(t)
	if sum := sha256.Sum256(g.p.Bytes()); hex.EncodeToString(sum[:]) != knownPrime {
		t.Error("the prime that is served is not the known one")
	}
	if err := crypto.CheckDH(g.g, g.p); err != nil {
		t.Error(err)
	}
}

func TestBadGroups(t *testing.T) {
	good := served(t)
	for name, bad := range map[string]group{
		"another generator": {g: 2, p: good.p},
		"not a prime":       {g: 3, p: new(big.Int).Sub(good.p, big.NewInt(6))},
		"too small":         {g: 3, p: big.NewInt(23)},
		"nothing":           {g: 3, p: new(big.Int)},
	} {
		if bad.check() == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestHalvesAtTheEdges(t *testing.T) {
	g := served(t)
	for name, half := range map[string]*big.Int{
		"0": new(big.Int), "1": big.NewInt(1), "p-1": new(big.Int).Sub(g.p, big.NewInt(1)), "p": g.p,
		"2^1984-1": new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 1984), big.NewInt(1)),
	} {
		if g.good(half) {
			t.Errorf("%s is taken for a good half", name)
		}
	}
	if !g.good(new(big.Int).Lsh(big.NewInt(1), 1984)) {
		t.Error("2^1984 is refused")
	}
}

func TestSecretsWithoutRandomness(t *testing.T) {
	g := served(t)
	if _, err := g.secret(iotest.ErrReader(io.ErrUnexpectedEOF), nil); err == nil {
		t.Error("a secret of nothing")
	}
}

// TestAgree is both sides of an exchange, and what can be wrong with the other.
func TestAgree(t *testing.T) {
	g := served(t)
	a, err := g.secret(rand.Reader, make([]byte, halfSize))
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.secret(rand.Reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	power := func(s *secret) *big.Int { return new(big.Int).Exp(big.NewInt(int64(g.g)), s.b, g.p) }
	gA := padded(power(a))
	hash := sha256.Sum256(gA)
	key := padded(new(big.Int).Exp(power(b), a.b, g.p))
	call := func() *Call {
		c := &Call{}
		c.secret, c.keys = &secret{group: g, b: b.b}, &keys{hash: hash[:]}
		return c
	}
	confirmed := &tg.PhoneCall{GAOrB: gA, KeyFingerprint: fingerprint(key)}

	c := call()
	if err := c.agree(confirmed); err != nil || !bytes.Equal(c.secret.key, key) {
		t.Fatalf("not the same key: %v", err)
	}
	if err := c.agree(&tg.PhoneCall{}); err != nil || !bytes.Equal(c.secret.key, key) {
		t.Error("a second phoneCall counts")
	}
	between := padded(new(big.Int).Exp(power(b), b.b, g.p)) // the key with somebody who has put in a half of his own
	for name, wrong := range map[string]*tg.PhoneCall{
		"somebody in between": {GAOrB: padded(power(b)), KeyFingerprint: fingerprint(between)},
		"another half":        {GAOrB: padded(power(b)), KeyFingerprint: fingerprint(key)},
		"another fingerprint": {GAOrB: gA, KeyFingerprint: 1},
		"no half":             {KeyFingerprint: fingerprint(key)},
	} {
		if err := call().agree(wrong); !tgerr.Is(err, CallKeyInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&Call{}).agree(confirmed); err != nil {
		t.Errorf("a key that is a script's own: %v", err)
	}
}

func TestProtocolIsWhatBothCan(t *testing.T) {
	for _, one := range []struct{ theirs, want []string }{
		{[]string{"9.0.0", "12.0.0"}, []string{"9.0.0"}},
		{[]string{"9.0.0", "8.0.0"}, []string{"8.0.0", "9.0.0"}},
		{nil, []string{"8.0.0", "9.0.0"}},
	} {
		c := &Call{}
		c.keys = &keys{protocol: tg.PhoneCallProtocol{LibraryVersions: one.theirs}}
		if got := c.protocol().LibraryVersions; !slices.Equal(got, one.want) {
			t.Errorf("with %v: %v", one.theirs, got)
		}
	}
}
