package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"luahost/internal/account"
	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/host"
	"luahost/internal/script"
	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
	"luahost/internal/store"
	"luahost/scripts"
)

type demoOptions struct {
	scripts string
	calls   int
	pace    time.Duration
}

func demoCommand() *cobra.Command {
	var opts demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch calls arrive on an embedded Telegram and scripts decide them",
		Long: `Starts a Telegram of its own on this machine, logs in to it as you, and has people
ring you, at what the demo says is ten minutes to midnight. Your scripts decide; edit
one while it runs, and the next call follows it. No account and no network are
needed. It ends with Ctrl-C, or after --calls calls with status 0 if every call ended
as the scripts decided.`,
		Example: `  luahost demo
  luahost demo --calls 12
  luahost demo --scripts examples/discard --pace 500ms`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.calls < 0 {
				return fmt.Errorf("--calls %d: give the number of calls, or 0 for no end", opts.calls)
			}
			if opts.pace <= 0 {
				return fmt.Errorf("--pace %s: give a time such as 500ms or 2s", opts.pace)
			}
			return runDemo(cmd.Context(), opts, newTimeline(cmd.OutOrStdout()))
		},
	}
	cmd.Flags().StringVar(&opts.scripts, "scripts", "scripts", "the folder of the scripts")
	cmd.Flags().IntVar(&opts.calls, "calls", 0, "end after so many calls (0: at Ctrl-C)")
	cmd.Flags().DurationVar(&opts.pace, "pace", 1500*time.Millisecond, "the time between two calls")
	return cmd
}

// demo is the embedded Telegram, the host that is logged in to it, and the
// callers who ring it one after the other.
type demo struct {
	demoOptions
	line     *timeline
	folder   *demoFolder
	kept     *store.Store
	clock    clock.Clock
	telegram *simulator.Telegram
	server   *server.Server
	you      int64
	order    []*caller
	watch    *watch
}

func runDemo(ctx context.Context, opts demoOptions, line *timeline) error {
	if err := ensureScripts(opts.scripts, line); err != nil {
		return err
	}
	folder, err := openDemoFolder()
	if err != nil {
		return err
	}
	defer folder.close()
	night := tonight()
	kept, err := store.Open(store.Options{Path: filepath.Join(folder.data(), "luahost.db"), Clock: night})
	if err != nil {
		return err
	}
	defer kept.Close()

	d := &demo{demoOptions: opts, line: line, folder: folder, kept: kept, clock: night, watch: newWatch()}
	line.welcome(opts.scripts, d.clock.Now())
	if err := d.build(); err != nil {
		return err
	}
	return d.run(ctx, account.Options{
		Name: "you", Phone: demoPhone, APIID: 1, APIHash: "demo",
		Server: d.server.Addr().String(), ServerKey: d.server.PublicKey(),
		Dir: folder.data(), Store: kept, Prompt: demoPrompt{},
	})
}

// tonight is a clock that stands at ten minutes to midnight now: rules of the
// night are to be seen at work at any hour.
func tonight() clock.Clock {
	now := time.Now()
	return clock.Shifted{Clock: clock.System{}, By: time.Date(now.Year(), now.Month(), now.Day(), 23, 50, 0, 0, now.Location()).Sub(now)}
}

// ensureScripts writes the default rules where there is no folder of scripts.
func ensureScripts(dir string, line *timeline) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is a file; give --scripts the folder of the scripts", dir)
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return err
	case dir == "":
		return errors.New("--scripts is empty; give the folder of the scripts, or leave it out")
	case dir != "scripts":
		return fmt.Errorf("no folder %s; make it and put a script in, or leave --scripts out", dir)
	}
	if err := os.CopyFS(dir, scripts.Default); err != nil {
		return fmt.Errorf("write the default rules: %w", err)
	}
	line.note("wrote the default rules to the folder " + dir)
	return nil
}

func (d *demo) build() (err error) {
	d.telegram = simulator.New(simulator.Options{Clock: d.clock, OnCall: d.watch.call})
	if d.you, d.order, err = castOf(d.telegram); err != nil {
		return err
	}
	if d.server, err = server.Listen(server.Options{Addr: "127.0.0.1:0", Telegram: d.telegram}); err != nil {
		return err
	}
	return d.folder.describe(d.scripts, d.server.Addr().String(), d.server.PublicKeyPEM())
}

// run serves until ctx ends or the calls are done, and says how they ended.
func (d *demo) run(ctx context.Context, you account.Options) error {
	ctx, stop := context.WithCancelCause(ctx)
	// The server outlives the host, whose scripts may write something at their end.
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	var serving, running sync.WaitGroup
	defer serving.Wait()
	defer end()
	defer running.Wait()
	defer stop(nil)
	serving.Go(func() { stop(d.server.Run(alive)) })

	if err := logIn(ctx, you); err != nil {
		return fmt.Errorf("log in to the embedded Telegram: %w", err)
	}
	ready := make(chan struct{})
	h, err := host.New(host.Options{
		Accounts: []account.Options{you},
		Store:    d.kept,
		Scripts:  d.scripts,
		Clock:    d.clock,
		Log:      d.line.logger(),
		Observe: host.Observe{
			Ready:   func(*account.Account) { close(ready) },
			Handler: func(script.Run) { d.watch.handled() },
			Reload:  d.line.reload,
			Entry: func(c *call.Call, e store.Entry) {
				if ctx.Err() == nil || !e.Failed { // what waited when the demo ended is no fault
					d.entry(c, e)
				}
			},
		},
	})
	if err != nil {
		return err
	}
	d.watch.idle = func() bool {
		return !slices.ContainsFunc(h.Status().Scripts, func(s host.ScriptStatus) bool { return s.InFlight > 0 })
	}
	running.Go(func() { stop(runWithControl(ctx, d.folder.data(), h, d.clock, d.line.logger())) })
	select {
	case <-ready:
	case <-ctx.Done():
		return cause(ctx)
	}
	d.line.hint("Ring yourself:", itself()+" "+ringLine(d.server.Addr().String(), d.folder.key(), d.order[1].user.Phone, demoPhone))
	d.ringAll(ctx)
	stop(nil)
	running.Wait()
	if err := cause(ctx); err != nil {
		return err
	}
	return d.verdict(context.WithoutCancel(ctx))
}

// cause is why ctx ended, where that is more than "somebody asked for it".
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func logIn(ctx context.Context, you account.Options) error {
	a, err := account.New(you)
	if err != nil {
		return err
	}
	return a.Login(ctx)
}

// ringAll has the callers ring, one after the other, at the demo's pace.
func (d *demo) ringAll(ctx context.Context) {
	for n := 1; d.calls == 0 || n <= d.calls; n++ {
		if clock.Wait(ctx, clock.System{}, d.pace) != nil {
			return
		}
		d.ring(ctx, d.order[(n-1)%len(d.order)])
	}
}
