package simulator

import (
	"math/big"

	"github.com/gotd/td/tg"
)

// The group of calls, secret chats and passwords. The prime is the one that
// Telegram publishes and serves: p and (p-1)/2 are primes, 2^2047 < p < 2^2048,
// and p mod 3 = 2 makes g = 3 generate the subgroup of order (p-1)/2
// (https://core.telegram.org/api/end-to-end#sending-a-request).
const (
	dhVersion = 3
	dhG       = 3
	dhPrime   = "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f" +
		"48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37" +
		"20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64" +
		"2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4" +
		"a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754" +
		"fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4" +
		"e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f" +
		"0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b"
)

// prime is dhPrime as a number of its own.
func prime() *big.Int {
	p, ok := new(big.Int).SetString(dhPrime, 16)
	if !ok {
		panic("simulator: dhPrime is not a number")
	}
	return p
}

// padded is how numbers of the group are hashed and sent: 256 bytes, big-endian.
func padded(n *big.Int) []byte { return n.FillBytes(make([]byte, 256)) }

// maxRandom is how many random bytes messages.getDhConfig gives. Our choice.
const maxRandom = 1024

// getDHConfig gives the group of key exchanges, unless the client has it, and
// random bytes for its secret.
func (t *Telegram) getDHConfig(_ *Client, in *tg.MessagesGetDhConfigRequest) (tg.MessagesDhConfigClass, error) {
	if in.RandomLength < 0 || in.RandomLength > maxRandom {
		return nil, Refuse(400, "RANDOM_LENGTH_INVALID")
	}
	random := t.random(in.RandomLength)
	if in.Version == dhVersion {
		return &tg.MessagesDhConfigNotModified{Random: random}, nil
	}
	return &tg.MessagesDhConfig{G: dhG, P: padded(prime()), Version: dhVersion, Random: random}, nil
}
