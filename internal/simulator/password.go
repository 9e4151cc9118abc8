package simulator

import (
	"slices"

	"github.com/gotd/td/tg"
)

// getPassword says whether there is a two-step password, and starts an exchange
// that proves that one knows it. It is open to those who are logged in and those
// who gave the right code.
func (t *Telegram) getPassword(from *Client, _ *tg.AccountGetPasswordRequest) (*tg.AccountPassword, error) {
	u := from.user
	if u == nil {
		u = from.halfway
	}
	if u == nil {
		return nil, Refuse(401, "AUTH_KEY_UNREGISTERED")
	}
	if u.Bot {
		return nil, Refuse(400, "BOT_METHOD_INVALID")
	}
	answer := &tg.AccountPassword{
		NewAlgo:       kdf(t.random(8), t.random(16)),
		NewSecureAlgo: &tg.SecurePasswordKdfAlgoPBKDF2HMACSHA512iter100000{Salt: t.random(8)},
		SecureRandom:  t.random(256),
	}
	if u.password == nil {
		return answer, nil
	}
	from.srp = u.password.challenge(t.randomID(), t.random(256))
	answer.HasPassword = true
	answer.SetCurrentAlgo(kdf(slices.Clone(u.password.salt1), slices.Clone(u.password.salt2)))
	answer.SetSRPB(padded(from.srp.B))
	answer.SetSRPID(from.srp.id)
	return answer, nil
}

func kdf(salt1, salt2 []byte) *tg.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow {
	return &tg.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow{
		Salt1: salt1, Salt2: salt2, G: dhG, P: padded(prime()),
	}
}

// checkPassword ends a login that had to prove a password. Our choice: each
// srp_id is good for one attempt.
func (t *Telegram) checkPassword(from *Client, in *tg.AuthCheckPasswordRequest) (tg.AuthAuthorizationClass, error) {
	u := from.halfway
	if u == nil {
		return nil, Refuse(401, "AUTH_KEY_UNREGISTERED")
	}
	proof, ok := in.Password.(*tg.InputCheckPasswordSRP)
	if !ok {
		return nil, Refuse(400, "PASSWORD_HASH_INVALID")
	}
	challenge := from.srp
	if challenge == nil || challenge.id != proof.SRPID {
		return nil, Refuse(400, "SRP_ID_INVALID")
	}
	from.srp = nil
	if !challenge.check(proof.A, proof.M1) {
		return nil, Refuse(400, "PASSWORD_HASH_INVALID")
	}
	return t.authorize(from, u), nil
}
