package account

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gotd/log"
	"github.com/gotd/td/bin"
	"github.com/gotd/td/rpc"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// newTestFeed is a feed without a connection, whose inbox nobody empties.
func newTestFeed(t *testing.T) (f *feed, emitted *[]Update) {
	t.Helper()
	emitted = new([]Update)
	a, err := New(Options{
		Name: "main", Phone: "+15550001", APIID: 1, APIHash: "hash", Dir: t.TempDir(),
		OnUpdate: func(u Update) { *emitted = append(*emitted, u) },
	})
	if err != nil {
		t.Fatal(err)
	}
	a.self.Store(&tg.User{ID: 7})
	s := &session{Account: a}
	s.ctx, s.end = context.WithCancelCause(t.Context())
	s.link.session = s
	s.wires = newWires(s, dcs.DefaultResolver())
	s.feed = newFeed(s)
	return s.feed, emitted
}

var (
	ringing   = &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallRequested{ID: 1, AccessHash: 11, GAHash: []byte{1}}}
	ended     = &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallDiscarded{ID: 1}}
	signaling = &tg.UpdatePhoneCallSignalingData{PhoneCallID: 1, Data: []byte("packet")}
	config    = &tg.UpdateConfig{}
	users     = []tg.UserClass{&tg.User{ID: 2}}
)

// Phone updates do not wait for the manager; what else there is, and the place
// in the numbering, goes to it.
func TestPhoneUpdatesAreTakenOut(t *testing.T) {
	for name, test := range map[string]struct {
		in      tg.UpdatesClass
		emitted int
		rest    tg.UpdatesClass
	}{
		"short":            {&tg.UpdateShort{Update: signaling, Date: 5}, 1, nil},
		"short, other":     {&tg.UpdateShort{Update: config}, 0, &tg.UpdateShort{Update: config}},
		"alone":            {&tg.Updates{Updates: []tg.UpdateClass{ringing}, Users: users}, 1, nil},
		"numbered":         {&tg.Updates{Updates: []tg.UpdateClass{ringing}, Seq: 3}, 1, &tg.Updates{Seq: 3}},
		"among others":     {&tg.Updates{Updates: []tg.UpdateClass{ringing, config, ended}}, 2, &tg.Updates{Updates: []tg.UpdateClass{config}}},
		"combined":         {&tg.UpdatesCombined{Updates: []tg.UpdateClass{config, ended}, SeqStart: 1, Seq: 2}, 1, &tg.UpdatesCombined{Updates: []tg.UpdateClass{config}, SeqStart: 1, Seq: 2}},
		"nothing to take":  {&tg.Updates{Updates: []tg.UpdateClass{config}}, 0, &tg.Updates{Updates: []tg.UpdateClass{config}}},
		"no updates in it": {&tg.UpdatesTooLong{}, 0, &tg.UpdatesTooLong{}},
	} {
		t.Run(name, func(t *testing.T) {
			f, emitted := newTestFeed(t)
			before := fmt.Sprint(test.in)
			rest := f.takePhone(test.in)
			if len(*emitted) != test.emitted {
				t.Errorf("emitted %v", *emitted)
			}
			if fmt.Sprint(rest) != fmt.Sprint(test.rest) {
				t.Errorf("the rest is %v, want %v", rest, test.rest)
			}
			if after := fmt.Sprint(test.in); after != before {
				t.Errorf("what came was changed from %s to %s", before, after)
			}
		})
	}
}

// The same state of a call may come live, in an answer and in a difference.
// Signaling data is part of a protocol that repeats itself on purpose.
func TestEachPhoneUpdateOnce(t *testing.T) {
	f, emitted := newTestFeed(t)
	f.receive(&tg.Updates{Updates: []tg.UpdateClass{ringing}, Users: users})
	f.receive(&tg.Updates{Updates: []tg.UpdateClass{ended, signaling}})
	f.receive(&tg.UpdateShort{Update: signaling})
	_ = f.ordered(t.Context(), &tg.Updates{Updates: []tg.UpdateClass{ringing, config, ended}})
	var got []string
	for _, u := range *emitted {
		got = append(got, u.Update.TypeName())
	}
	want := "updatePhoneCall updatePhoneCall updatePhoneCallSignalingData updatePhoneCallSignalingData updateConfig"
	if strings.Join(got, " ") != want {
		t.Errorf("emitted %v, want %s", got, want)
	}
	if len((*emitted)[0].Users) != 1 {
		t.Error("the caller did not come along")
	}
	if hash, ok := f.Call(t.Context(), 1); !ok || hash != 11 {
		t.Errorf("the call's access hash is %d, %v", hash, ok)
	}
}

func TestMemoryOfCallsAndUpdatesIsBounded(t *testing.T) {
	var calls callHashes
	var recent recentUpdates
	for id := range int64(3 * recentCalls) {
		calls.note(&tg.PhoneCallRequested{ID: id, AccessHash: id})
		calls.note(&tg.PhoneCallAccepted{ID: id, AccessHash: -id, GB: []byte{1}})
		u := &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallDiscarded{ID: id}}
		if recent.again(u) || !recent.again(u) {
			t.Fatalf("call %d: an update is not told from another", id)
		}
	}
	if len(calls.known) != recentCalls || len(recent.seen) != recentEmitted {
		t.Errorf("%d calls and %d updates are kept", len(calls.known), len(recent.seen))
	}
	if hash, ok := calls.get(3*recentCalls - 1); !ok || hash != 1-3*recentCalls {
		t.Errorf("the last call's hash is %d, %v", hash, ok)
	}
	if _, ok := calls.get(0); ok {
		t.Error("the first call is still known")
	}
}

// Telegram answers messages.sendMessage to a user in short.
func TestShortAnswerBecomesTheMessage(t *testing.T) {
	short := &tg.UpdateShortSentMessage{Out: true, ID: 5, Pts: 8, PtsCount: 1, Date: 9}
	short.SetMedia(&tg.MessageMediaEmpty{})
	for name, test := range map[string]struct {
		in   bin.Encoder
		peer int64
	}{
		"user":  {&tg.MessagesSendMessageRequest{Message: "hi", Peer: &tg.InputPeerUser{UserID: 2}}, 2},
		"self":  {&tg.MessagesSendMessageRequest{Message: "hi", Peer: &tg.InputPeerSelf{}}, 7},
		"group": {&tg.MessagesSendMessageRequest{Message: "hi", Peer: &tg.InputPeerChat{ChatID: 2}}, 0},
		"other": {&tg.MessagesSendMediaRequest{Peer: &tg.InputPeerUser{UserID: 2}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := newTestFeed(t)
			u, ok := f.completed(test.in, short)
			if ok != (test.peer != 0) {
				t.Fatalf("completed to %v, %v", u, ok)
			}
			if ok {
				added := u.(*tg.UpdateShort).Update.(*tg.UpdateNewMessage)
				m := added.Message.(*tg.Message)
				if added.Pts != 8 || added.PtsCount != 1 || m.ID != 5 || !m.Out || m.Message != "hi" || m.Date != 9 ||
					m.PeerID.(*tg.PeerUser).UserID != test.peer || m.Media == nil {
					t.Errorf("completed to %v", u)
				}
			}
			f.learn(test.in, &tg.UpdatesBox{Updates: short})
			if len(f.inbox.items) != 1 {
				t.Errorf("the manager is told %d times", len(f.inbox.items))
			}
		})
	}
}

func TestMovedNumberingIsTold(t *testing.T) {
	f, _ := newTestFeed(t)
	f.learn(&tg.MessagesReadHistoryRequest{Peer: &tg.InputPeerSelf{}}, &tg.MessagesAffectedMessages{Pts: 4, PtsCount: 2})
	f.learn(&tg.UpdatesGetStateRequest{}, &tg.UpdatesState{Pts: 4})
	if len(f.inbox.items) != 1 {
		t.Errorf("the manager is told %d times", len(f.inbox.items))
	}
}

func TestPeersInAnswers(t *testing.T) {
	user := &tg.User{ID: 1, Username: "ann", Phone: "15550001"}
	user.SetAccessHash(11)
	several := &tg.User{ID: 2, Usernames: []tg.Username{{Username: "old"}, {Username: "new", Active: true}}}
	several.SetAccessHash(12)
	partly := &tg.User{ID: 3, Min: true}
	partly.SetAccessHash(13)
	got := usersOf([]tg.UserClass{user, several, partly, &tg.User{ID: 4}, &tg.UserEmpty{ID: 5}})
	if len(got) != 2 || got[0].AccessHash != 11 || got[0].Username != "ann" || got[0].Phone != "15550001" || got[1].Username != "new" {
		t.Errorf("users %+v", got)
	}
	channel := &tg.Channel{ID: 6, Username: "news"}
	channel.SetAccessHash(16)
	half := &tg.Channel{ID: 7, Min: true}
	half.SetAccessHash(17)
	got = chatsOf([]tg.ChatClass{channel, half, &tg.Chat{ID: 8}, &tg.ChatForbidden{ID: 9}, &tg.ChannelForbidden{ID: 10, AccessHash: 20}, &tg.ChatEmpty{ID: 11}})
	if len(got) != 4 || got[0].Username != "news" || got[1].ID != 8 || got[3].AccessHash != 20 {
		t.Errorf("chats %+v", got)
	}
	messages := &tg.MessagesMessages{Users: []tg.UserClass{user}}
	if unboxed(&tg.MessagesMessagesBox{Messages: messages}) != any(messages) {
		t.Error("an answer stays in its box")
	}
}

// What ends a request without an answer of Telegram's is said in our words.
func TestErrorsOfTheConnection(t *testing.T) {
	f, _ := newTestFeed(t)
	refused := tgerr.New(400, "PEER_ID_INVALID")
	for _, test := range []struct{ from, want error }{
		{fmt.Errorf("rpcDoRequest: %w", refused), refused},
		{fmt.Errorf("engine forcibly closed: %w", context.Canceled), ErrNotConnected},
		{fmt.Errorf("client closed: %w", rpc.ErrEngineClosed), ErrNotConnected},
		{fmt.Errorf("retryUntilAck: %w", &rpc.RetryLimitReachedErr{Retries: 5}), ErrTimeout},
	} {
		err := f.settle(t.Context(), nil, nil, test.from)
		if !errors.Is(err, test.want) || errors.Is(err, context.Canceled) {
			t.Errorf("%v became %v, want %v", test.from, err, test.want)
		}
		if rpc, ok := tgerr.As(err); !ok || rpc.Type == "" { // what a script is shown
			t.Errorf("%v has no type", err)
		}
	}
}

// Somebody who logs in must hear that the session is not kept.
func TestLoginThatCannotBeSaved(t *testing.T) {
	f, _ := newTestFeed(t)
	f.file = &sessionFile{path: filepath.Join(t.TempDir(), "gone", "main.session")}
	if err := (storage{f.session}).StoreSession(t.Context(), nil); err == nil || !errors.Is(context.Cause(f.ctx), err) {
		t.Errorf("saving returned %v, the session ended with %v", err, context.Cause(f.ctx))
	}
}

// gotd would make a deadline the socket's.
func TestDeadlineDoesNotReachTheSocket(t *testing.T) {
	f, _ := newTestFeed(t)
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	joined, leave := f.join(ctx)
	defer leave(nil)
	if deadline, ok := joined.Deadline(); ok {
		t.Errorf("the deadline is %v", deadline)
	}
	<-joined.Done()
	if err := context.Cause(joined); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
}

// One line tells of a loss and one of its end, however many attempts lie
// between; what was missed is asked for once.
func TestLossAndReturn(t *testing.T) {
	f, _ := newTestFeed(t)
	var text bytes.Buffer
	f.log = slog.New(slog.NewTextHandler(&text, nil))
	l := &f.link
	l.up()
	l.changed(telegram.ConnectionStateReady) // gotd's own notice of the first connection
	if text.Len() > 0 || len(f.inbox.items) > 0 {
		t.Errorf("the first connection is told as a return: %s", text.String())
	}
	l.changed(telegram.ConnectionStateDisconnected) // gotd changes the data centre
	l.changed(telegram.ConnectionStateReady)
	if text.Len() > 0 {
		t.Errorf("a change of the data centre is told as a loss: %s", text.String())
	}
	f.inbox.items = nil
	for range 3 {
		l.dead(fmt.Errorf("read: %w", &net.OpError{Op: "read", Net: "tcp", Err: errors.New("reset")}))
		l.changed(telegram.ConnectionStateDisconnected)
		l.changed(telegram.ConnectionStateConnecting)
	}
	if l.connected() {
		t.Error("it is thought to be connected")
	}
	l.changed(telegram.ConnectionStateReady)
	if got := text.String(); strings.Count(got, "\n") != 2 ||
		!strings.Contains(got, `"connection lost, trying again" err="read tcp: reset"`) || !strings.Contains(got, "connected again") {
		t.Errorf("the log is\n%s", got)
	}
	if !l.connected() || len(f.inbox.items) != 1 {
		t.Errorf("connected %v, asked %d times for what was missed", l.connected(), len(f.inbox.items))
	}
}

func TestWhichServers(t *testing.T) {
	f, _ := newTestFeed(t)
	if o := f.options(nil); !o.DCList.Zero() || f.wires.Resolver == nil || o.PublicKeys != nil {
		t.Errorf("Telegram's own servers: %+v", o.DCList)
	}
	f.opts.Test = true
	if o := f.options(nil); !o.DCList.Test {
		t.Errorf("the test servers: %+v", o.DCList)
	}
	f.opts.Test, f.opts.Server, f.opts.ServerKey = false, "[::1]:9443", new(rsa.PublicKey)
	o := f.options(nil)
	if len(o.DCList.Options) != 1 || o.DCList.Options[0].IPAddress != "::1" || o.DCList.Options[0].Port != 9443 ||
		len(o.PublicKeys) != 1 || o.PublicKeys[0].RSA != f.opts.ServerKey {
		t.Errorf("another server: %+v, %v", o.DCList, o.PublicKeys)
	}
}

// An answer that comes after its request was given up must not be written.
func TestAbandonedAnswer(t *testing.T) {
	var b bin.Buffer
	if err := (&tg.NearestDC{Country: "NL"}).Encode(&b); err != nil {
		t.Fatal(err)
	}
	var out tg.NearestDC
	late := &answer{out: &out}
	if !late.abandon() || late.Decode(&bin.Buffer{Buf: b.Copy()}) == nil || out.Country != "" {
		t.Errorf("a late answer was written: %v", out)
	}
	intime := &answer{out: &out}
	if intime.Decode(&b) != nil || intime.abandon() || out.Country != "NL" {
		t.Errorf("an answer was not written: %v", out)
	}
}

// gotd logs whole updates when their numbering is wrong.
func TestGotdLogsNoSecrets(t *testing.T) {
	var text bytes.Buffer
	to := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	helper := log.For(gotdLog(to)).With(log.Any("all", ringing)).Named("updates")
	ctx := t.Context()
	helper.Info(ctx, "noise")
	helper.Error(ctx, "validation failed", log.Any("update", ringing), log.Error(errors.New("bad pts")), log.Int64("msg_id", 5))
	got := text.String()
	for _, want := range []string{"level=DEBUG", "gotd: validation failed", "bad pts", "msg_id=5"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in the log: %s", want, got)
		}
	}
	for _, secret := range []string{"noise", "AccessHash", "GAHash"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is in the log: %s", secret, got)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{Name: "main", Phone: "+15550001", APIID: 1, APIHash: "hash", Dir: "data"}
	for name, spoil := range map[string]func(*Options){
		"no name":            func(o *Options) { o.Name = "" },
		"no folder":          func(o *Options) { o.Dir = "" },
		"no application":     func(o *Options) { o.APIID = 0 },
		"nobody":             func(o *Options) { o.Phone = "" },
		"user and bot":       func(o *Options) { o.BotToken = "1:a" },
		"server without key": func(o *Options) { o.Server = "localhost:1" },
	} {
		o := good
		spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}
