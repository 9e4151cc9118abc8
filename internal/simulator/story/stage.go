package story

import (
	"context"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/clock"
	"luahost/internal/simulator"
)

// Stage is where a story is played: how devices log in and reach Telegram.
type Stage interface {
	// Telegram is the one that is reached.
	Telegram() *simulator.Telegram
	// Login makes a device of a user.
	Login(ctx context.Context, user simulator.User) (*simulator.Client, error)
	// Connect gives a way to send requests as that device; what the device is told
	// goes to sink, which does not block. After disconnect sink is not called.
	Connect(ctx context.Context, device *simulator.Client, sink func(tg.UpdatesClass)) (through tg.Invoker, disconnect func(), err error)
	// Advance moves Telegram's clock.
	Advance(d time.Duration)
	// Prompt says that devices have been told of a step when it has been answered.
	Prompt() bool
}

// Alone is the state machine without a transport.
type Alone struct {
	telegram *simulator.Telegram
	clock    *clock.Manual
}

// Start is when every story begins.
var start = time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)

// NewAlone gives a Telegram without users, on a clock that stands still.
func NewAlone() *Alone {
	c := clock.NewManual(start)
	return &Alone{simulator.New(simulator.Options{Clock: c}), c}
}

// Telegram is the state machine.
func (a *Alone) Telegram() *simulator.Telegram { return a.telegram }

// Login logs in without the ceremony.
func (a *Alone) Login(_ context.Context, user simulator.User) (*simulator.Client, error) {
	return a.telegram.Login(user.ID), nil
}

// Connect subscribes.
func (a *Alone) Connect(_ context.Context, device *simulator.Client, sink func(tg.UpdatesClass)) (tg.Invoker, func(), error) {
	return device, device.Subscribe(sink), nil
}

// Prompt is true: there is nothing in between.
func (a *Alone) Prompt() bool { return true }

// Advance moves the clock.
func (a *Alone) Advance(d time.Duration) { a.clock.Advance(d) }
