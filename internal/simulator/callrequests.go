package simulator

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/gotd/td/tg"
)

// requestCall rings the callee's devices. Of its errors the documentation gives
// the names; the order in which they are looked for is our choice, and so is
// CALL_OCCUPY_FAILED for a caller who has an active call: the page of this method
// does not list it, but those of acceptCall and discardCall do. A callee who has
// one is rung all the same, and the callee's app says busy; unless the callee
// asked to be rung by nobody else (receivedCall): then the caller hears busy at
// once, and the callee finds the call in the history. Devices that disabled call
// requests (account.changeAuthorizationSettings) are not rung.
func (t *Telegram) requestCall(from *Client, in *tg.PhoneRequestCallRequest) (*tg.PhonePhoneCall, error) {
	caller := from.user
	callee, err := t.inputUser(caller, in.UserID)
	if err != nil {
		return nil, err
	}
	if err := checkProtocol(in.Protocol); err != nil {
		return nil, err
	}
	switch {
	case callee == caller || callee.Bot: // our choice: a bot cannot be rung, nor oneself
		return nil, Refuse(400, "USER_ID_INVALID")
	case callee.hasBlocked(caller):
		return nil, Refuse(403, "USER_IS_BLOCKED")
	case !callee.lets(phoneCall, caller):
		return nil, Refuse(403, "USER_PRIVACY_RESTRICTED")
	case callee.OldApp:
		return nil, Refuse(400, "PARTICIPANT_VERSION_OUTDATED")
	case caller.dialed[in.RandomID]:
		return nil, Refuse(500, "RANDOM_ID_DUPLICATE")
	case caller.line != nil:
		return nil, Refuse(500, "CALL_OCCUPY_FAILED")
	}
	caller.dialed[in.RandomID] = true
	c := &call{
		Call: Call{
			ID: t.randomID(), From: caller.ID, To: callee.ID, Video: in.Video,
			Requested: t.clock.Now(),
		},
		from: party{caller, from}, to: party{user: callee},
		gAHash: slices.Clone(in.GAHash), protocol: in.Protocol,
	}
	t.calls[c.ID] = c
	t.record = append(t.record, c)
	caller.line = c
	t.changed(c, Requested)
	answer := t.answer(c, caller, t.waiting(c, caller))
	if callee.closed {
		t.end(c, nil, Busy)
		return answer, nil
	}
	ring := t.envelope(callee, c.users(), c.update(t.requested(c)))
	for _, device := range callee.clients {
		if !device.noCalls {
			t.tell(device, ring)
		}
	}
	return answer, nil
}

// checkProtocol finds what is wrong in itself. Our choice: a protocol needs a
// way to send packets, and layers in order.
func checkProtocol(p tg.PhoneCallProtocol) error {
	switch {
	case !p.UDPP2P && !p.UDPReflector:
		return Refuse(400, "CALL_PROTOCOL_FLAGS_INVALID")
	case p.MinLayer <= 0 || p.MaxLayer < p.MinLayer:
		return Refuse(400, "CALL_PROTOCOL_LAYER_INVALID")
	}
	return nil
}

// inputCall finds the call that a request names: the access hash is that of the
// side that the user is on.
func (t *Telegram) inputCall(from *Client, in tg.InputPhoneCall) (*call, error) {
	c := t.calls[in.ID]
	if c == nil || from.user != c.from.user && from.user != c.to.user ||
		in.AccessHash != t.callHash(c, from.user) {
		return nil, Refuse(400, "CALL_PEER_INVALID")
	}
	return c, nil
}

// receivedCall says that a device of the callee rings, which the caller sees as
// receive_date. Our choice: the first device counts, and later ones are heard and
// change nothing. Of an active call, and from a device that is in it, it means
// what the page of this method says: that all other callers are to be refused
// until the call has ended. Apps send it while it rings, and decline other
// callers themselves.
func (t *Telegram) receivedCall(from *Client, in *tg.PhoneReceivedCallRequest) (*tg.BoolTrue, error) {
	c, err := t.inputCall(from, in.Peer)
	switch {
	case err != nil:
		return nil, err
	case c.State == Active && (from == c.from.device || from == c.to.device):
		from.user.closed = true
		return &tg.BoolTrue{}, nil
	case from.user != c.to.user:
		return nil, Refuse(400, "CALL_PEER_INVALID")
	case c.State == Ended:
		return nil, Refuse(400, "CALL_ALREADY_DECLINED")
	case c.State == Requested:
		c.Received = t.clock.Now()
		t.changed(c, Ringing)
		t.tellCaller(c, t.waiting(c, c.from.user))
	}
	return &tg.BoolTrue{}, nil
}

// tellCaller tells the device that asked for the call, which alone has the
// secret that goes on with it. (Our choice; the documentation says "user A".)
func (t *Telegram) tellCaller(c *call, seen tg.PhoneCallClass) {
	t.tell(c.from.device, t.envelope(c.from.user, c.users(), c.update(seen)))
}

// acceptCall answers on one device; the others of the callee stop ringing. Our
// choice: they are told that by a phoneCallDiscarded without a reason.
func (t *Telegram) acceptCall(from *Client, in *tg.PhoneAcceptCallRequest) (*tg.PhonePhoneCall, error) {
	c, err := t.inputCall(from, in.Peer)
	switch {
	case err != nil:
		return nil, err
	case from.user != c.to.user:
		return nil, Refuse(400, "CALL_PEER_INVALID")
	case c.State == Ended:
		return nil, Refuse(400, "CALL_ALREADY_DECLINED")
	case c.State == Accepted || c.State == Active:
		return nil, Refuse(400, "CALL_ALREADY_ACCEPTED")
	}
	if err := checkProtocol(in.Protocol); err != nil {
		return nil, err
	}
	agreed, ok := agree(c.protocol, in.Protocol)
	if !ok {
		return nil, Refuse(406, "CALL_PROTOCOL_COMPAT_LAYER_INVALID")
	}
	if from.user.line != nil {
		return nil, Refuse(500, "CALL_OCCUPY_FAILED")
	}
	from.user.line = c
	c.to.device, c.AcceptedOn = from, from.key
	c.protocol, c.gB, c.Accepted = agreed, slices.Clone(in.GB), t.clock.Now()
	t.changed(c, Accepted)
	elsewhere := c.update(&tg.PhoneCallDiscarded{ID: c.ID, Video: c.Video})
	t.tellAll(from.user, from, t.envelope(from.user, c.users(), elsewhere))
	t.tellCaller(c, t.accepted(c))
	return t.answer(c, from.user, t.waiting(c, from.user)), nil
}

// agree is what both sides can. Our choice: the layers and library versions that
// both have, in the caller's order.
func agree(caller, callee tg.PhoneCallProtocol) (tg.PhoneCallProtocol, bool) {
	both := tg.PhoneCallProtocol{
		UDPP2P:       caller.UDPP2P && callee.UDPP2P,
		UDPReflector: caller.UDPReflector && callee.UDPReflector,
		MinLayer:     max(caller.MinLayer, callee.MinLayer),
		MaxLayer:     min(caller.MaxLayer, callee.MaxLayer),
	}
	for _, version := range caller.LibraryVersions {
		if slices.Contains(callee.LibraryVersions, version) {
			both.LibraryVersions = append(both.LibraryVersions, version)
		}
	}
	named := len(caller.LibraryVersions) > 0 || len(callee.LibraryVersions) > 0
	return both, both.MinLayer <= both.MaxLayer && (len(both.LibraryVersions) > 0 || !named)
}

// confirmCall reveals the caller's half of the key, which must be what the
// request promised by its hash; our choice is DH_G_A_INVALID if it is not, the
// name that secret chats have for it. Confirming again answers the same again.
func (t *Telegram) confirmCall(from *Client, in *tg.PhoneConfirmCallRequest) (*tg.PhonePhoneCall, error) {
	c, err := t.inputCall(from, in.Peer)
	switch {
	case err != nil:
		return nil, err
	case c.State == Ended:
		return nil, Refuse(400, "CALL_ALREADY_DECLINED")
	case from != c.from.device || c.State != Accepted && c.State != Active:
		return nil, Refuse(400, "CALL_PEER_INVALID")
	}
	if hash := sha256.Sum256(in.GA); !bytes.Equal(hash[:], c.gAHash) {
		return nil, Refuse(400, "DH_G_A_INVALID")
	}
	if c.State == Accepted {
		c.gA, c.fingerprint, c.Confirmed = slices.Clone(in.GA), in.KeyFingerprint, t.clock.Now()
		t.changed(c, Active)
		t.tell(c.to.device, t.envelope(c.to.user, c.users(), c.update(t.confirmed(c, c.to.user))))
	}
	return t.answer(c, from.user, t.confirmed(c, from.user)), nil
}

// discardCall declines, cancels or hangs up. Before the call is accepted any
// device of either side may; then only the two that are in it. Our choice: the
// reason is recorded as it was sent, and the duration as far as the call can have
// lasted. The answer has the history entry only if it was this request that ended
// the call; one that comes later is answered how the call ended, without the
// entry, and changes nothing.
func (t *Telegram) discardCall(from *Client, in *tg.PhoneDiscardCallRequest) (tg.UpdatesClass, error) {
	c, err := t.inputCall(from, in.Peer)
	if err != nil {
		return nil, err
	}
	switch c.State {
	case Ended:
		return t.envelope(from.user, c.users(), c.update(c.discarded())), nil
	case Accepted, Active:
		if from != c.from.device && from != c.to.device {
			return nil, Refuse(400, "CALL_ALREADY_ACCEPTED")
		}
	}
	if c.State == Active {
		c.Duration = min(max(time.Duration(in.Duration)*time.Second, 0), c.talked(t.clock.Now())+time.Second)
	}
	reason, slug := reasonOf(in.Reason)
	c.slug = slug
	return t.end(c, from, reason), nil
}
