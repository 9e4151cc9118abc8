package account

import (
	"context"
	"log/slog"
	"sync"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/updates"
	"github.com/gotd/td/tg"

	"luahost/internal/clock"
)

// maxChannelDifferences is how many channels catch up at a time: an account may
// be in hundreds, and Telegram answers a burst with FLOOD_WAIT.
const maxChannelDifferences = 4

// feed takes in what Telegram sends and hands each update on once. gotd calls
// handle on a goroutine per message, so that messages overtake each other; the
// manager restores the order of the updates that have a number.
type feed struct {
	*session
	manager *updates.Manager
	inbox   inbox
	emitted recentUpdates

	mu      sync.Mutex
	started bool
	early   []tg.UpdatesClass // what came before started
}

func newFeed(s *session) *feed {
	f := &feed{session: s, inbox: newInbox()}
	kept := newStates(s)
	f.manager = updates.New(updates.Config{
		Handler:      telegram.UpdateHandlerFunc(f.ordered),
		Storage:      kept,
		AccessHasher: channelHashes{s}, UserAccessHasher: userHashes{s},
		Logger:                          gotdLog(s.log),
		MaxChannelDifferenceConcurrency: maxChannelDifferences,
		OnLoadUserStateFailed:           func() {}, // the first run
		OnLoadChannelStateFailed:        func(int64) {},
		OnChannelInaccessible:           kept.forget,
		OnChannelTooLong:                func(channel int64) { f.gap(slog.Int64("channel", channel)) },
		OnTooLong:                       func() { f.gap() },
	})
	return f
}

func (f *feed) gap(attrs ...any) {
	f.log.Warn("too long offline, Telegram does not tell what was missed", attrs...)
}

// run hands updates on until ctx ends. Those about calls need nothing but a
// connection; ready is called when the others are handed on too.
func (f *feed) run(ctx context.Context, ready func()) error {
	ctx, cancel := context.WithCancel(ctx)
	var pump sync.WaitGroup
	defer pump.Wait()
	defer cancel()
	f.start()
	begin := sync.OnceFunc(func() {
		pump.Go(func() { f.inbox.run(ctx) })
		ready()
	})
	for {
		err := f.manager.Run(ctx, differences{tg.NewClient(f.session), f.session}, f.Self().ID, updates.AuthOptions{
			IsBot:   f.Bot(),
			OnStart: func(context.Context) { begin() },
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case revoked(err):
			return f.errRevoked(err)
		}
		f.log.Warn("updates interrupted, trying again", slog.Any("err", plain(err)))
		f.manager.Reset()
		if err := clock.Wait(ctx, f.clock, pause); err != nil {
			return err
		}
	}
}

// handle is gotd's handler of what the server sends by itself.
func (f *feed) handle(_ context.Context, u tg.UpdatesClass) error {
	f.mu.Lock()
	if !f.started {
		f.early = append(f.early, u)
		f.mu.Unlock()
		return nil
	}
	f.mu.Unlock()
	f.receive(u)
	return nil
}

// start lets updates through, first those that came while it was not yet known
// to whom.
func (f *feed) start() {
	f.mu.Lock()
	early := f.early
	f.started, f.early = true, nil
	f.mu.Unlock()
	for _, u := range early {
		f.receive(u)
	}
}

// receive takes in updates of any origin: sent by the server, or the answer to a
// request of our own, which Telegram does not send a second time and expects to
// be treated alike (https://core.telegram.org/api/updates). So a handler sees
// phoneCallDiscarded whoever hung up.
func (f *feed) receive(u tg.UpdatesClass) {
	f.saw(u)
	if u = f.takePhone(u); u != nil {
		f.inbox.put(func(ctx context.Context) error { return f.manager.Handle(ctx, u) })
	}
}

// takePhone emits the phone updates among u, and returns the rest or nil. They
// are not numbered, and must not wait for those that are.
func (f *feed) takePhone(u tg.UpdatesClass) tg.UpdatesClass {
	switch u := u.(type) {
	case *tg.UpdateShort:
		if isPhone(u.Update) {
			f.emit(u.Update, nil, nil)
			return nil
		}
	case *tg.Updates:
		rest := f.emitPhone(u.Updates, u.Users, u.Chats)
		if len(rest) < len(u.Updates) {
			if len(rest) == 0 && u.Seq == 0 {
				return nil
			}
			others := *u
			others.Updates = rest
			return &others
		}
	case *tg.UpdatesCombined:
		rest := f.emitPhone(u.Updates, u.Users, u.Chats)
		if len(rest) < len(u.Updates) {
			others := *u
			others.Updates = rest
			return &others
		}
	}
	return u
}

func (f *feed) emitPhone(all []tg.UpdateClass, users []tg.UserClass, chats []tg.ChatClass) (rest []tg.UpdateClass) {
	for _, u := range all {
		if isPhone(u) {
			f.emit(u, users, chats)
		} else {
			rest = append(rest, u)
		}
	}
	return rest
}

func isPhone(u tg.UpdateClass) bool {
	switch u.(type) {
	case *tg.UpdatePhoneCall, *tg.UpdatePhoneCallSignalingData:
		return true
	}
	return false
}

// ordered is the manager's handler: u comes in Telegram's order, and once.
func (f *feed) ordered(_ context.Context, u tg.UpdatesClass) error {
	if all, ok := u.(*tg.Updates); ok { // the manager gives nothing else
		for _, one := range all.Updates {
			f.emit(one, all.Users, all.Chats)
		}
	}
	return nil
}

func (f *feed) emit(u tg.UpdateClass, users []tg.UserClass, chats []tg.ChatClass) {
	if call, ok := u.(*tg.UpdatePhoneCall); ok {
		f.calls.note(call.PhoneCall)
		if f.emitted.again(call) {
			return // in a difference after a reconnect, or at once as answer and as update
		}
	}
	f.opts.OnUpdate(Update{Update: u, Users: users, Chats: chats, Received: f.clock.Now()})
}

// catchUp asks for what was missed while there was no connection. Telegram does
// not send it by itself when a session returns, and gotd does not ask.
func (f *feed) catchUp() {
	f.inbox.put(func(ctx context.Context) error { return f.manager.Handle(ctx, &tg.UpdatesTooLong{}) })
}

// HandleAffected implements hook.AffectedHandler.
func (f *feed) HandleAffected(_ context.Context, channel int64, pts, count int) error {
	f.moved(channel, pts, count)
	return nil
}

// moved is told of the place that a request of our own has taken in a channel's
// numbering, or in that of all else (0), and for which no update comes.
func (f *feed) moved(channel int64, pts, count int) {
	f.inbox.put(func(ctx context.Context) error { return f.manager.HandleAffected(ctx, channel, pts, count) })
}
