package simulator

import (
	"crypto/subtle"
	"math/big"
	"testing"
)

// TestSRPCannotBeForced plays one who does not know the password and sends an A
// that makes the common secret 0 whatever the password is.
func TestSRPCannotBeForced(t *testing.T) {
	v := newVerifier("correct horse", []byte("salt one"), []byte("salt two"))
	c := v.challenge(1, []byte("a secret of the server"))
	p := prime()
	hp := hash(padded(p))
	subtle.XORBytes(hp, hp, hash(padded(big.NewInt(dhG))))
	for name, a := range map[string]*big.Int{"0": new(big.Int), "p": p} {
		m1 := hash(hp, hash(v.salt1), hash(v.salt2), padded(a), padded(c.B), hash(padded(new(big.Int))))
		if c.check(padded(a), m1) {
			t.Errorf("A = %s logs in", name)
		}
	}
	if c.check(nil, nil) {
		t.Error("nothing at all logs in")
	}
}
