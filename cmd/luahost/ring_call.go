package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/account"
	"luahost/internal/simulator"
)

// ringing is one call from the caller's side. What arrives is queued by update
// and followed by call alone.
type ringing struct {
	ringOptions
	out   io.Writer
	began time.Time

	mu      sync.Mutex
	arrived []tg.UpdateClass
	wake    chan struct{} // holds one token while arrived is not empty
}

func newRinging(opts ringOptions, out io.Writer) *ringing {
	return &ringing{ringOptions: opts, out: out, wake: make(chan struct{}, 1)}
}

// update queues what concerns calls.
func (r *ringing) update(u account.Update) {
	switch u.Update.(type) {
	case *tg.UpdatePhoneCall, *tg.UpdateNewMessage:
	default:
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arrived = append(r.arrived, u.Update)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *ringing) taken() []tg.UpdateClass {
	r.mu.Lock()
	defer r.mu.Unlock()
	arrived := r.arrived
	r.arrived = nil
	return arrived
}

// say prints what happened and when.
func (r *ringing) say(format string, args ...any) {
	fmt.Fprintf(r.out, "%6.2fs  %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
}

// call rings and says how it ended.
func (r *ringing) call(ctx context.Context, me *account.Account) error {
	api := tg.NewClient(me)
	callee, err := r.callee(ctx, api)
	if ctx.Err() != nil && cause(ctx) == nil {
		return errNobodyRung
	}
	if err != nil {
		return err
	}
	how := ""
	if r.video {
		how = " with video"
	}
	fmt.Fprintf(r.out, "%s (%s) calls %s (%s)%s\n", fullName(me.Self()), r.as, fullName(callee), r.to, how)
	r.began = time.Now()
	going := context.WithoutCancel(ctx) // what Telegram was told to begin must be ended
	end, err := simulator.Ring(going, me, callee.AsInput(), r.video)
	if err != nil {
		return refusal("Telegram refuses the call", err)
	}
	talk := &talk{ringing: r, end: end}
	patience := time.NewTimer(r.length)
	defer patience.Stop()
	for {
		for _, u := range r.taken() {
			if over, err := talk.follow(going, u); over || err != nil {
				return err
			}
		}
		select {
		case <-r.wake:
		case <-patience.C:
			return talk.hangUp(going)
		case <-ctx.Done():
			if err := cause(ctx); err != nil {
				return err // the account cannot go on
			}
			return talk.hangUp(going)
		}
	}
}

func (r *ringing) callee(ctx context.Context, api *tg.Client) (*tg.User, error) {
	found, err := api.ContactsResolvePhone(ctx, r.to)
	if tgerr.Is(err, "PHONE_NOT_OCCUPIED") {
		return nil, fmt.Errorf("--to %s: nobody has this phone there", r.to)
	}
	if err != nil {
		return nil, refusal("find "+r.to, err)
	}
	for _, u := range found.Users {
		if u, ok := u.(*tg.User); ok {
			return u, nil
		}
	}
	return nil, fmt.Errorf("find %s: Telegram named nobody", r.to)
}

// talk is the call once Telegram knows it. It belongs to one goroutine.
type talk struct {
	*ringing
	end    *simulator.End
	rings  bool
	active time.Time // when the key was agreed; zero: not yet
}

// follow takes in an update, and reports whether the call is over.
func (t *talk) follow(ctx context.Context, u tg.UpdateClass) (over bool, err error) {
	switch u := u.(type) {
	case *tg.UpdatePhoneCall:
		if u.PhoneCall.GetID() == t.end.ID() {
			return t.changed(ctx, u.PhoneCall)
		}
	case *tg.UpdateNewMessage: // the history's entry: all that is told of an end while there was no connection
		if m, ok := u.Message.(*tg.MessageService); ok {
			if a, ok := m.Action.(*tg.MessageActionPhoneCall); ok && a.CallID == t.end.ID() {
				t.over(a.Reason)
				return true, nil
			}
		}
	}
	return false, nil
}

func (t *talk) changed(ctx context.Context, call tg.PhoneCallClass) (over bool, err error) {
	switch call := call.(type) {
	case *tg.PhoneCallWaiting:
		if _, received := call.GetReceiveDate(); received && !t.rings {
			t.rings = true
			t.say("rings")
		}
	case *tg.PhoneCallAccepted:
		t.say("accepted")
		err := t.end.Confirm(ctx, call)
		if _, refused := tgerr.As(err); refused { // it ended meanwhile, and that is told next
			t.say("not confirmed: %v", refusal("Telegram refuses", err))
			return false, nil
		}
		if err != nil {
			return false, err
		}
		t.active = time.Now()
		t.say("talking: the key is confirmed")
	case *tg.PhoneCallDiscarded:
		t.over(call.Reason)
		return true, nil
	}
	return false, nil
}

// over says how the call ended.
func (t *talk) over(reason tg.PhoneCallDiscardReasonClass) {
	if t.active.IsZero() {
		t.say("ended: %s", reasonName(reason))
		return
	}
	t.say("ended: %s, after %s of talk", reasonName(reason), shortDuration(time.Since(t.active)))
}

// hangUp ends the call from this side.
func (t *talk) hangUp(ctx context.Context) error {
	var reason tg.PhoneCallDiscardReasonClass = &tg.PhoneCallDiscardReasonMissed{}
	seconds := 0
	if !t.active.IsZero() {
		reason, seconds = &tg.PhoneCallDiscardReasonHangup{}, int(time.Since(t.active).Seconds())
	}
	t.say("hangs up")
	err := t.end.HangUp(ctx, reason, seconds)
	if e, refused := tgerr.As(err); refused && e.Code == 400 {
		return t.awaitEnd(ctx) // it has ended already
	}
	if err != nil {
		return refusal("hang up", err)
	}
	t.over(reason)
	return nil
}

// awaitEnd waits for the news of an end that has happened.
func (t *talk) awaitEnd(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ringPatience)
	defer cancel()
	for {
		for _, u := range t.taken() {
			if over, err := t.follow(ctx, u); over || err != nil {
				return err
			}
		}
		select {
		case <-t.wake:
		case <-ctx.Done():
			return errors.New("no word from Telegram of how the call ended")
		}
	}
}

// refusal is an error in Telegram's words, without the way that it came.
func refusal(what string, err error) error {
	if e, ok := tgerr.As(err); ok && e.Code != 0 {
		return fmt.Errorf("%s: %s (%d)", what, e.Message, e.Code)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func fullName(u *tg.User) string {
	if u.LastName == "" {
		return u.FirstName
	}
	return u.FirstName + " " + u.LastName
}

// reasonName is what follows the type's name: busy, hangup, missed, disconnect.
func reasonName(reason tg.PhoneCallDiscardReasonClass) string {
	if reason == nil {
		return "no reason"
	}
	return strings.ToLower(strings.TrimPrefix(reason.TypeName(), "phoneCallDiscardReason"))
}
