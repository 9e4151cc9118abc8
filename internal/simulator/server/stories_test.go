package server

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"

	"luahost/internal/clock"
	"luahost/internal/simulator"
	"luahost/internal/simulator/story"
)

// overTCP is a stage on which every device is a client of gotd's.
type overTCP struct {
	*world
	clock *clock.Manual
	keys  map[*simulator.Client]crypto.AuthKey
}

func newOverTCP(t *testing.T) *overTCP {
	c := manual()
	w := newWorld(t, Options{Telegram: simulator.New(simulator.Options{Clock: c})})
	return &overTCP{w, c, map[*simulator.Client]crypto.AuthKey{}}
}

func (o *overTCP) Telegram() *simulator.Telegram { return o.telegram }
func (o *overTCP) Advance(d time.Duration)       { o.clock.Advance(d) }
func (o *overTCP) Prompt() bool                  { return false }

func (o *overTCP) Login(_ context.Context, user simulator.User) (*simulator.Client, error) {
	key := o.key()
	o.login(key, user.Phone)
	client := o.telegram.Client(key.ID)
	o.keys[client] = key
	return client, nil
}

func (o *overTCP) Connect(ctx context.Context, device *simulator.Client, sink func(tg.UpdatesClass)) (tg.Invoker, func(), error) {
	options := o.options(o.stored(o.keys[device]))
	options.UpdateHandler = telegram.UpdateHandlerFunc(func(_ context.Context, u tg.UpdatesClass) error {
		sink(u)
		return nil
	})
	client := telegram.NewClient(1, "hash", options)
	ctx, cancel := context.WithCancel(ctx)
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- client.Run(ctx, func(ctx context.Context) error {
			close(ready)
			<-ctx.Done()
			return nil
		})
	}()
	disconnect := func() {
		cancel()
		<-done
	}
	select {
	case <-ready:
		return client, disconnect, nil
	case err := <-done:
		cancel()
		return nil, nil, err
	}
}

// TestBothLayersTellTheSameStories plays each story, and some that chance made, on
// the state machine alone and through gotd's clients.
func TestBothLayersTellTheSameStories(t *testing.T) {
	stories, err := story.All()
	if err != nil {
		t.Fatal(err)
	}
	chance := uint64(20)
	if os.Getenv("LUAHOST_FULL") != "" {
		chance = 200
	}
	for seed := range chance {
		alone, err := story.Play(t.Context(), story.NewAlone(), story.Random(seed, 120))
		if err != nil {
			t.Fatal(err)
		}
		stories = append(stories, alone)
	}
	for _, alone := range stories {
		t.Run(alone.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
			defer cancel()
			got, err := story.Play(ctx, newOverTCP(t), alone)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := got.String(), alone.String(); got != want {
				t.Errorf("over TCP it went otherwise than alone:\n%s", story.Difference(want, got))
			}
		})
	}
}
