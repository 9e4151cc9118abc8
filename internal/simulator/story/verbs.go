package story

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// verbs are what a device can do: "bob.tablet hangs up busy". Those about a call
// are about the last one that the person heard of, or about the one whose number
// is named: "bob accepts #1". Beside them, "+20s" moves the clock, and "packets
// stop" and "packets flow" are about the newest call.
var verbs = []struct {
	words string
	do    func(ctx context.Context, p *player, d *device, args []string) (answer string, err error)
}{
	{"rings", rings}, // NAME [with video]
	{"receives", receives},
	{"accepts", accepts},
	{"confirms", confirms},
	{"hangs up", hangsUp}, // REASON [SECONDS]
	{"signals", signals},  // TEXT
	{"rates", rates},      // STARS
	{"sends debug data", sendsDebug},
	{"sends a log", sendsLog},

	{"saves", saves}, // NAME
	{"blocks", blocks},
	{"unblocks", unblocks},
	{"writes", writes},                         // NAME TEXT
	{"takes calls of", takesCalls},             // everybody, contacts, nobody
	{"connects directly with", connectsDirect}, // everybody, contacts, nobody
	{"is not to ring", isNotToRing},
	{"lists calls", listsCalls},

	{"leaves", leaves},
	{"returns", returns},
	{"logs out", logsOut},
}

// user names somebody as a client must: looked up once.
func (p *player) user(ctx context.Context, d *device, name string) (tg.InputUserClass, error) {
	if known := d.users[name]; known != nil {
		return known, nil
	}
	who := p.people[name]
	if who == nil {
		return nil, fmt.Errorf("%s is not in the cast", name)
	}
	found, err := d.api.ContactsResolvePhone(ctx, who.Phone)
	if err != nil {
		return nil, err
	}
	d.users[name] = found.Users[0].(*tg.User).AsInput()
	return d.users[name], nil
}

func (p *player) peer(ctx context.Context, d *device, name string) (tg.InputPeerClass, error) {
	u, err := p.user(ctx, d, name)
	if err != nil {
		return nil, err
	}
	in := u.(*tg.InputUser)
	return &tg.InputPeerUser{UserID: in.UserID, AccessHash: in.AccessHash}, nil
}

// end is the device's end of a call: the last one, or that of the number.
func (p *player) end(d *device, args []string) (e *simulator.End, rest []string) {
	id := d.heardOf
	if len(args) > 0 && strings.HasPrefix(args[0], "#") {
		if n, err := strconv.Atoi(args[0][1:]); err == nil && n >= 1 && n <= len(p.calls) {
			id = p.calls[n-1]
		}
		args = args[1:]
	}
	if d.ends[id] == nil {
		d.ends[id] = simulator.Answering(d, &tg.PhoneCallRequested{ID: id, AccessHash: d.hashes[id]})
	}
	return d.ends[id], args
}

func rings(ctx context.Context, p *player, d *device, args []string) (string, error) {
	u, err := p.user(ctx, d, args[0])
	if err != nil {
		return "", err
	}
	e, err := simulator.Ring(ctx, d, u, len(args) > 1)
	if err != nil {
		return "", err
	}
	d.ends[e.ID()] = e
	return p.answer(d), nil
}

// about does something with an end of a call, and tells the answer.
func about(f func(ctx context.Context, d *device, e *simulator.End, args []string) error) func(context.Context, *player, *device, []string) (string, error) {
	return func(ctx context.Context, p *player, d *device, args []string) (string, error) {
		e, args := p.end(d, args)
		if err := f(ctx, d, e, args); err != nil {
			return "", err
		}
		return p.answer(d), nil
	}
}

var (
	receives = about(func(ctx context.Context, _ *device, e *simulator.End, _ []string) error { return e.Received(ctx) })
	accepts  = about(func(ctx context.Context, _ *device, e *simulator.End, _ []string) error { return e.Accept(ctx) })
	confirms = about(func(ctx context.Context, d *device, e *simulator.End, _ []string) error {
		accepted := d.accepted[e.ID()]
		if accepted == nil {
			accepted = &tg.PhoneCallAccepted{GB: []byte{2}} // whoever confirms too early
		}
		return e.Confirm(ctx, accepted)
	})
	hangsUp = about(func(ctx context.Context, _ *device, e *simulator.End, args []string) error {
		seconds := 0
		if len(args) > 1 {
			seconds, _ = strconv.Atoi(args[1])
		}
		return e.HangUp(ctx, reason(args[0]), seconds)
	})
)

func reason(word string) tg.PhoneCallDiscardReasonClass {
	switch simulator.Reason(word) {
	case simulator.Missed:
		return &tg.PhoneCallDiscardReasonMissed{}
	case simulator.Disconnect:
		return &tg.PhoneCallDiscardReasonDisconnect{}
	case simulator.Busy:
		return &tg.PhoneCallDiscardReasonBusy{}
	case simulator.Migrated:
		return &tg.PhoneCallDiscardReasonMigrateConferenceCall{Slug: "slug"}
	}
	return &tg.PhoneCallDiscardReasonHangup{}
}

func signals(ctx context.Context, p *player, d *device, args []string) (string, error) {
	e, args := p.end(d, args)
	_, err := d.api.PhoneSendSignalingData(ctx, &tg.PhoneSendSignalingDataRequest{Peer: e.Peer(), Data: []byte(strings.Join(args, " "))})
	return "true", err
}

func rates(ctx context.Context, p *player, d *device, args []string) (string, error) {
	e, args := p.end(d, args)
	stars, _ := strconv.Atoi(args[0])
	answer, err := d.api.PhoneSetCallRating(ctx, &tg.PhoneSetCallRatingRequest{Peer: e.Peer(), Rating: stars, Comment: strings.Join(args[1:], " ")})
	if err != nil {
		return "", err
	}
	return p.updates(d, answer), nil
}

func sendsDebug(ctx context.Context, p *player, d *device, args []string) (string, error) {
	e, _ := p.end(d, args)
	_, err := d.api.PhoneSaveCallDebug(ctx, &tg.PhoneSaveCallDebugRequest{Peer: e.Peer(), Debug: tg.DataJSON{Data: `{"packets":1}`}})
	return "true", err
}

func sendsLog(ctx context.Context, p *player, d *device, args []string) (string, error) {
	e, _ := p.end(d, args)
	if _, err := d.api.UploadSaveFilePart(ctx, &tg.UploadSaveFilePartRequest{FileID: e.ID(), Bytes: []byte("log")}); err != nil {
		return "", err
	}
	_, err := d.api.PhoneSaveCallLog(ctx, &tg.PhoneSaveCallLogRequest{Peer: e.Peer(), File: &tg.InputFile{ID: e.ID(), Parts: 1}})
	return "true", err
}

func saves(ctx context.Context, p *player, d *device, args []string) (string, error) {
	u, err := p.user(ctx, d, args[0])
	if err != nil {
		return "", err
	}
	answer, err := d.api.ContactsAddContact(ctx, &tg.ContactsAddContactRequest{ID: u, FirstName: args[0]})
	if err != nil {
		return "", err
	}
	return p.updates(d, answer), nil
}

func blocks(ctx context.Context, p *player, d *device, args []string) (string, error) {
	peer, err := p.peer(ctx, d, args[0])
	if err != nil {
		return "", err
	}
	_, err = d.api.ContactsBlock(ctx, &tg.ContactsBlockRequest{ID: peer})
	return "true", err
}

func unblocks(ctx context.Context, p *player, d *device, args []string) (string, error) {
	peer, err := p.peer(ctx, d, args[0])
	if err != nil {
		return "", err
	}
	_, err = d.api.ContactsUnblock(ctx, &tg.ContactsUnblockRequest{ID: peer})
	return "true", err
}

func writes(ctx context.Context, p *player, d *device, args []string) (string, error) {
	peer, err := p.peer(ctx, d, args[0])
	if err != nil {
		return "", err
	}
	text := strings.Join(args[1:], " ")
	p.written++
	answer, err := d.api.MessagesSendMessage(ctx, &tg.MessagesSendMessageRequest{Peer: peer, Message: text, RandomID: p.written})
	if err != nil {
		return "", err
	}
	return p.updates(d, answer), nil
}

func takesCalls(ctx context.Context, _ *player, d *device, args []string) (string, error) {
	return setPrivacy(ctx, d, &tg.InputPrivacyKeyPhoneCall{}, args[0])
}

func connectsDirect(ctx context.Context, _ *player, d *device, args []string) (string, error) {
	return setPrivacy(ctx, d, &tg.InputPrivacyKeyPhoneP2P{}, args[0])
}

func setPrivacy(ctx context.Context, d *device, key tg.InputPrivacyKeyClass, who string) (string, error) {
	rule := map[string]tg.InputPrivacyRuleClass{
		"everybody": &tg.InputPrivacyValueAllowAll{},
		"contacts":  &tg.InputPrivacyValueAllowContacts{},
		"nobody":    &tg.InputPrivacyValueDisallowAll{},
	}[who]
	answer, err := d.api.AccountSetPrivacy(ctx, &tg.AccountSetPrivacyRequest{Key: key, Rules: []tg.InputPrivacyRuleClass{rule}})
	if err != nil {
		return "", err
	}
	return privacyWords(answer.Rules), nil
}

func isNotToRing(ctx context.Context, _ *player, d *device, _ []string) (string, error) {
	r := &tg.AccountChangeAuthorizationSettingsRequest{}
	r.SetCallRequestsDisabled(true)
	_, err := d.api.AccountChangeAuthorizationSettings(ctx, r)
	return "true", err
}

func listsCalls(ctx context.Context, p *player, d *device, _ []string) (string, error) {
	got, err := d.api.MessagesSearch(ctx, &tg.MessagesSearchRequest{
		Peer: &tg.InputPeerEmpty{}, Filter: &tg.InputMessagesFilterPhoneCalls{}, Limit: 100,
	})
	if err != nil {
		return "", err
	}
	return p.messages(got.(*tg.MessagesMessages).Messages), nil
}

func leaves(ctx context.Context, _ *player, d *device, _ []string) (string, error) {
	state, err := d.api.UpdatesGetState(ctx)
	if err != nil {
		return "", err
	}
	d.pts = state.Pts
	d.away()
	return fmt.Sprintf("pts %d", d.pts), nil
}

// returns asks for what happened meanwhile, as every client does.
func returns(ctx context.Context, p *player, d *device, _ []string) (string, error) {
	if d.disconnect != nil {
		return "", nil
	}
	if err := p.connect(ctx, d); err != nil {
		return "", err
	}
	got, err := d.api.UpdatesGetDifference(ctx, &tg.UpdatesGetDifferenceRequest{Pts: max(d.pts, 1)})
	if err != nil {
		return "", err
	}
	if missed, ok := got.(*tg.UpdatesDifference); ok {
		return fmt.Sprintf("difference to pts %d: %s", missed.State.Pts, p.messages(missed.NewMessages)), nil
	}
	return got.TypeName(), nil
}

func logsOut(ctx context.Context, _ *player, d *device, _ []string) (string, error) {
	_, err := d.api.AuthLogOut(ctx)
	return "logged out", err
}
