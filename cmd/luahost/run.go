package main

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"

	"github.com/spf13/cobra"

	"luahost/internal/clock"
	"luahost/internal/config"
	"luahost/internal/host"
)

func runCommand() *cobra.Command {
	var path string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the scripts on your accounts",
		Long: `Connects every account of the configuration, loads the scripts, and handles calls
until Ctrl-C. The accounts must have been logged in with 'luahost login'.`,
		Example: `  luahost run --config luahost.toml
  luahost run --config luahost.toml --verbose   also logs every request of a script

  luahost status     shows what it is doing
  luahost calls      lists the calls that came, and how they ended
  luahost trace last tells of the last one what happened, and why`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := newLogger(cmd.ErrOrStderr(), verbose)
			cfg, err := config.Load(path, os.LookupEnv)
			if err != nil {
				return err
			}
			// Before the database is opened, which may change it.
			unlock, err := lockData(cfg.Data, "end that one first, or give this one a 'data' of its own")
			if err != nil {
				return err
			}
			defer unlock()
			return withSetup(cfg, log, func(s *setup) error {
				for _, name := range s.missing {
					log.Warn("the configuration has a [[script]] that is not in the scripts folder", "script", name)
				}
				h, err := host.New(host.Options{
					Accounts: s.accounts, Scripts: s.scripts, Store: s.store,
					Limits: s.limits, Allow: s.allow, HTTP: s.http, DecideWithin: s.decideWithin, Poll: s.poll, Log: log,
				})
				if err != nil {
					return err
				}
				return runWithControl(cmd.Context(), s.data, h, clock.System{}, log)
			})
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "log every request")
	return cmd
}

// runWithControl runs the host, and answers commands while it runs.
func runWithControl(ctx context.Context, data string, h *host.Host, c clock.Clock, log *slog.Logger) error {
	limitMemory()
	ctx, stop := context.WithCancel(ctx)
	var control sync.WaitGroup
	defer control.Wait()
	defer stop()
	control.Go(func() { serveControl(ctx, data, h, c, log) })
	return h.Run(ctx)
}

// limitMemory has Go collect garbage in time where a script makes it faster than
// usual, which the limits of scripts count on. GOMEMLIMIT wins over it.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(480 << 20)
	}
}
