package account

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/clock"
)

const (
	// beat is how often the connection is looked at.
	beat = 5 * time.Second
	// asleep is by how much a beat must be late for the computer to have slept, and
	// not just to have been busy.
	asleep = 20 * time.Second
	// silent is how long a server may say nothing before it is asked something, and
	// mute how long it may then take. gotd would find a dead connection after 75 s;
	// a call rings for as long.
	silent = 25 * time.Second
	mute   = 10 * time.Second
)

// watch looks after the connection until ctx ends: it cuts one that is dead
// although nobody closed it, and one that a sleep of the computer has outlived.
func (s *session) watch(ctx context.Context) {
	for last := s.opts.LinkClock.Now(); ; {
		if clock.Wait(ctx, s.opts.LinkClock, beat) != nil {
			return
		}
		now := s.opts.LinkClock.Now()
		// Go's monotonic clock stands still while the computer sleeps: compare what
		// a clock on the wall shows.
		late := now.Round(0).Sub(last.Round(0)) - beat
		last = now
		s.wires.look(false) // a clock may also be set right, or wrong, on the way
		switch {
		case !s.link.connected():
		case late > asleep:
			s.wires.cut("this computer slept, or its clock was set: connecting again", slog.Duration("for", late.Round(time.Second)))
		case s.wires.silence() > silent:
			s.listen(ctx)
			last = s.opts.LinkClock.Now()
		}
	}
}

// listen asks the server something, and cuts a connection over which no answer
// comes.
func (s *session) listen(ctx context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := s.opts.LinkClock.AfterFunc(mute, func() { cancel(ErrTimeout) })
	defer late.Stop()
	err := s.send(ctx, &tg.HelpGetNearestDCRequest{}, &tg.NearestDC{}) // any answer will do, also a refusal
	if errors.Is(err, ErrTimeout) && s.wires.silence() >= mute {
		s.deaf()
	}
}

// deaf ends a connection over which nothing comes.
func (s *session) deaf() { s.wires.cut("the server does not answer, connecting again") }
