package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"luahost/internal/account"
	"luahost/internal/call"
	"luahost/internal/host"
	"luahost/internal/script"
	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
	"luahost/internal/store"
)

// soakWorld is the embedded Telegram of a soak and the folder of its host.
type soakWorld struct {
	dir, scripts string
	kept         *store.Store
	telegram     *simulator.Telegram
	server       *server.Server
	you          int64
}

func buildSoak(dir string, changed func(simulator.Call)) (w *soakWorld, err error) {
	w = &soakWorld{dir: dir, scripts: filepath.Join(dir, "scripts")}
	if err := os.Mkdir(w.scripts, 0o700); err != nil {
		return nil, err
	}
	w.telegram = simulator.New(simulator.Options{OnCall: changed})
	if w.you, err = w.telegram.AddUser(simulator.User{Phone: demoPhone, FirstName: "You"}); err != nil {
		return nil, err
	}
	if w.server, err = server.Listen(server.Options{Addr: "127.0.0.1:0", Telegram: w.telegram}); err != nil {
		return nil, err
	}
	w.kept, err = store.Open(store.Options{Path: filepath.Join(dir, "luahost.db")})
	return w, err
}

func (w *soakWorld) close() { w.kept.Close() }

// people are strangers who can ring.
func (w *soakWorld) people(n int) ([]*simulator.Client, error) {
	people := make([]*simulator.Client, n)
	for i := range people {
		id, err := w.telegram.AddUser(simulator.User{Phone: fmt.Sprintf("+1555100%04d", i), FirstName: "Caller"})
		if err != nil {
			return nil, err
		}
		people[i] = w.telegram.Login(id)
	}
	return people, nil
}

// soakOld is how long a generation stays that was replaced.
const soakOld = 2 * time.Second

// start logs in and runs a host until ctx ends. It returns when that is ready.
func (w *soakWorld) start(
	ctx context.Context, running *sync.WaitGroup, ended context.CancelCauseFunc,
	decision func(*call.Call, store.Entry), reloaded func(script.Reload),
) (*host.Host, error) {
	you := account.Options{
		Name: "you", Phone: demoPhone, APIID: 1, APIHash: "soak",
		Server: w.server.Addr().String(), ServerKey: w.server.PublicKey(),
		Dir: w.dir, Store: w.kept, Prompt: demoPrompt{}, Log: slog.New(slog.DiscardHandler),
	}
	if err := logIn(ctx, you); err != nil {
		return nil, fmt.Errorf("log in to the embedded Telegram: %w", err)
	}
	ready := make(chan struct{})
	h, err := host.New(host.Options{
		Accounts: []account.Options{you}, Store: w.kept, Scripts: w.scripts,
		// Nothing of a script that was taken out may stay for the handlers that it left;
		// but a call that rules hold up needs the good script as it was when it rang.
		Limits: script.Limits{OldGenerations: soakOld}, DecideWithin: soakOld / 10,
		Observe: host.Observe{
			Ready:  func(*account.Account) { close(ready) },
			Entry:  decision,
			Reload: reloaded,
		},
	})
	if err != nil {
		return nil, err
	}
	limitMemory()
	running.Go(func() { ended(h.Run(ctx)) })
	select {
	case <-ready:
		return h, nil
	case <-ctx.Done():
		return nil, cause(ctx)
	}
}
