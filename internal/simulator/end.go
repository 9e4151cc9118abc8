package simulator

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"

	"github.com/gotd/td/tg"
)

// End is one end of a call, as the app of the person there handles it: it keeps
// the secret of the key exchange
// (https://core.telegram.org/api/end-to-end/voice-calls). It is for those who
// play the people around the program under test. An End belongs to one goroutine.
type End struct {
	api    *tg.Client
	peer   tg.InputPhoneCall
	secret *big.Int // a or b
	half   []byte   // g_a or g_b
	key    []byte   // nil: not agreed yet
}

// Ring calls somebody. The client must be logged in as a user.
func (c *Client) Ring(ctx context.Context, userID int64, video bool) (*End, error) {
	return Ring(ctx, c, c.InputUser(userID), video)
}

// Ring calls somebody through any client, also one behind a connection.
func Ring(ctx context.Context, through tg.Invoker, who tg.InputUserClass, video bool) (*End, error) {
	e := newEnd(through)
	hash := sha256.Sum256(e.half)
	answer, err := e.api.PhoneRequestCall(ctx, &tg.PhoneRequestCallRequest{
		Video:    video,
		UserID:   who,
		RandomID: int(int32(binary.LittleEndian.Uint32(randomBytes(4)))),
		GAHash:   hash[:],
		Protocol: Protocol(),
	})
	if err != nil {
		return nil, fmt.Errorf("request call: %w", err)
	}
	waiting, ok := answer.PhoneCall.(*tg.PhoneCallWaiting)
	if !ok {
		return nil, fmt.Errorf("request call: the answer is %T", answer.PhoneCall)
	}
	e.peer = tg.InputPhoneCall{ID: waiting.ID, AccessHash: waiting.AccessHash}
	return e, nil
}

// Answering takes up an incoming call, of which the caller learns nothing yet.
func (c *Client) Answering(call *tg.PhoneCallRequested) *End { return Answering(c, call) }

// Answering takes up an incoming call of any client, also one behind a connection.
func Answering(through tg.Invoker, call *tg.PhoneCallRequested) *End {
	e := newEnd(through)
	e.peer = tg.InputPhoneCall{ID: call.ID, AccessHash: call.AccessHash}
	return e
}

// InputUser names a user as this client must, with the access hash that it would
// have been given with that user. Nobody is named by a client that is not logged in.
func (c *Client) InputUser(userID int64) tg.InputUserClass {
	c.telegram.mu.Lock()
	defer c.telegram.mu.Unlock()
	if c.user == nil {
		return &tg.InputUserEmpty{}
	}
	return &tg.InputUser{UserID: userID, AccessHash: c.telegram.accessHash("user", c.user.ID, userID)}
}

// Protocol is what the calls of an End can do, and current apps.
func Protocol() tg.PhoneCallProtocol {
	return tg.PhoneCallProtocol{
		UDPP2P: true, UDPReflector: true, MinLayer: 65, MaxLayer: 92,
		LibraryVersions: []string{"8.0.0", "9.0.0"},
	}
}

func newEnd(through tg.Invoker) *End {
	// 256 bits are as good as 2048 against a safe prime, and eight times cheaper.
	secret := new(big.Int).SetBytes(randomBytes(32))
	half := new(big.Int).Exp(big.NewInt(dhG), secret, prime())
	return &End{api: tg.NewClient(through), secret: secret, half: padded(half)}
}

// ID is the call's id.
func (e *End) ID() int64 { return e.peer.ID }

// Peer names the call in requests of this side.
func (e *End) Peer() tg.InputPhoneCall { return e.peer }

// Received lets the caller of an incoming call know that it rings.
func (e *End) Received(ctx context.Context) error {
	if _, err := e.api.PhoneReceivedCall(ctx, e.peer); err != nil {
		return fmt.Errorf("receive call: %w", err)
	}
	return nil
}

// Accept answers an incoming call.
func (e *End) Accept(ctx context.Context) error {
	_, err := e.api.PhoneAcceptCall(ctx, &tg.PhoneAcceptCallRequest{Peer: e.peer, GB: e.half, Protocol: Protocol()})
	if err != nil {
		return fmt.Errorf("accept call: %w", err)
	}
	return nil
}

// Confirm goes on with an outgoing call that was accepted: from here on both talk.
func (e *End) Confirm(ctx context.Context, accepted *tg.PhoneCallAccepted) error {
	e.agree(accepted.GB)
	_, err := e.api.PhoneConfirmCall(ctx, &tg.PhoneConfirmCallRequest{
		Peer: e.peer, GA: e.half, KeyFingerprint: e.fingerprint(), Protocol: Protocol(),
	})
	if err != nil {
		return fmt.Errorf("confirm call: %w", err)
	}
	return nil
}

// Confirmed takes the caller's half of the key, and says whether both sides have
// the same key.
func (e *End) Confirmed(call *tg.PhoneCall) bool {
	e.agree(call.GAOrB)
	return e.fingerprint() == call.KeyFingerprint
}

// HangUp ends the call for a reason, after so many seconds of talk.
func (e *End) HangUp(ctx context.Context, reason tg.PhoneCallDiscardReasonClass, seconds int) error {
	_, err := e.api.PhoneDiscardCall(ctx, &tg.PhoneDiscardCallRequest{Peer: e.peer, Reason: reason, Duration: seconds})
	if err != nil {
		return fmt.Errorf("discard call: %w", err)
	}
	return nil
}

// Half is what this side adds to the key: g_a or g_b.
func (e *End) Half() []byte { return slices.Clone(e.half) }

// Key is the key of the call, nil before it is agreed.
func (e *End) Key() []byte { return e.key }

func (e *End) agree(other []byte) {
	e.key = padded(new(big.Int).Exp(new(big.Int).SetBytes(other), e.secret, prime()))
}

// fingerprint is the last 64 bits of the key's SHA-1.
func (e *End) fingerprint() int64 {
	sum := sha1.Sum(e.key)
	return int64(binary.LittleEndian.Uint64(sum[12:]))
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}
