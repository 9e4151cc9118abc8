package simulator

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"math/big"
)

// The server's side of SRP: https://core.telegram.org/api/srp.

// verifier is what Telegram knows of a password: v = g^x, and the salts of x.
type verifier struct {
	salt1, salt2 []byte
	v            *big.Int
}

// newVerifier hashes a password, which takes about a tenth of a second.
func newVerifier(password string, salt1, salt2 []byte) *verifier {
	salted := func(data, salt []byte) []byte { return hash(salt, data, salt) }
	first := salted(salted([]byte(password), salt1), salt2)
	stretched, err := pbkdf2.Key(sha512.New, string(first), salt1, 100_000, 64)
	if err != nil {
		panic(fmt.Sprintf("simulator: stretch password: %v", err)) // only for a length that is no length
	}
	x := new(big.Int).SetBytes(salted(stretched, salt2))
	return &verifier{salt1, salt2, new(big.Int).Exp(big.NewInt(dhG), x, prime())}
}

// srpChallenge is one exchange: B was sent, and A and M1 are awaited.
type srpChallenge struct {
	id   int64
	of   *verifier
	b, B *big.Int
}

// challenge draws b and computes B = k*v + g^b.
func (v *verifier) challenge(id int64, secret []byte) *srpChallenge {
	p, g := prime(), big.NewInt(dhG)
	k := new(big.Int).SetBytes(hash(padded(p), padded(g)))
	b := new(big.Int).SetBytes(secret)
	public := new(big.Int).Exp(g, b, p)
	public.Add(public, k.Mul(k, v.v)).Mod(public, p)
	return &srpChallenge{id: id, of: v, b: b, B: public}
}

// check says whether whoever sent A and M1 knows the password.
func (c *srpChallenge) check(a, m1 []byte) bool {
	p, g := prime(), big.NewInt(dhG)
	A := new(big.Int).SetBytes(a)
	if A.Sign() == 0 || A.Cmp(p) >= 0 {
		return false // would make the key known without the password
	}
	u := new(big.Int).SetBytes(hash(padded(A), padded(c.B)))
	s := new(big.Int).Exp(c.of.v, u, p)
	s.Mul(s, A).Exp(s, c.b, p)
	hp, hg := hash(padded(p)), hash(padded(g))
	subtle.XORBytes(hp, hp, hg)
	want := hash(hp, hash(c.of.salt1), hash(c.of.salt2), padded(A), padded(c.B), hash(padded(s)))
	return subtle.ConstantTimeCompare(want, m1) == 1
}

func hash(parts ...[]byte) []byte {
	h := sha256.New()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}
