package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"luahost/bindings/calls"
	"luahost/internal/config"
	"luahost/internal/store"
)

func callsCommand() *cobra.Command {
	var opts callsOptions
	cmd := &cobra.Command{
		Use:   "calls",
		Short: "List the calls of the past, and who decided them",
		Long: `Lists the calls of your accounts, the latest last: when it rang, who rang, how it
ended, and which rule or line of a script decided it. 'luahost trace' tells the rest
of a call by its number. It reads the data folder, whether luahost runs or not.

Outcomes are ` + wrapped(78, calls.OutcomeNames()) + `.`,
		Example: `  luahost calls --config luahost.toml
  luahost calls --since 7d --outcome missed
  luahost calls --from @nadia --limit 5
  luahost calls --since 2026-11-01 --csv > november.csv
  luahost calls --follow`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.limited = cmd.Flags().Changed("limit")
			q, err := opts.query(time.Now(), time.Local)
			if err != nil {
				return fmt.Errorf("%w; see '%s --help'", err, cmd.CommandPath())
			}
			return withLog(opts.config, func(log *store.Reader) error {
				p := opts.printer(cmd.OutOrStdout())
				if opts.follow {
					return follow(cmd.Context(), log, q, p)
				}
				return list(cmd.Context(), log, q, p)
			})
		},
	}
	configFlag(cmd, &opts.config)
	flags := cmd.Flags()
	flags.StringVar(&opts.since, "since", "", `calls since then: "7d", "12h", 2026-11-01`)
	flags.StringVar(&opts.from, "from", "", "calls with this other side: an id, @username, phone or part of a name")
	flags.StringVar(&opts.outcome, "outcome", "", "calls that ended so")
	flags.StringVar(&opts.rule, "rule", "", "calls that this rule decided")
	flags.StringVar(&opts.account, "account", "", "calls of this account")
	flags.IntVar(&opts.limit, "limit", usualLimit, "the latest so many; 0: all, as --json and --csv do without it")
	flags.BoolVar(&opts.json, "json", false, "print a JSON object for each call, one a line")
	flags.BoolVar(&opts.csv, "csv", false, "print CSV with a header; a name that looks like a formula gets a ' in front")
	flags.BoolVarP(&opts.follow, "follow", "f", false, "go on with calls as they end, until Ctrl-C")
	return cmd
}

// usualLimit is how many calls the table has if it is not told.
const usualLimit = 50

// withLog opens the call log of a configuration for use, and closes it after.
func withLog(path string, use func(*store.Reader) error) error {
	cfg, err := config.Load(path, os.LookupEnv)
	if err != nil {
		return err
	}
	log, err := store.OpenReadOnly(filepath.Join(cfg.Data, "luahost.db"))
	if err != nil {
		return err
	}
	return errors.Join(use(log), log.Close())
}

// callPrinter prints calls one way or another. begin is told the first of them,
// for the widths of columns; what ends the list is said by end.
type callPrinter interface {
	begin(first []store.Call) error
	call(store.Call) error
	end(some, more bool) error
}

// list prints the calls that q chooses, the latest last.
func list(ctx context.Context, log *store.Reader, q store.CallQuery, p callPrinter) error {
	calls, more, err := latest(ctx, log, q)
	if err != nil {
		return err
	}
	if err := p.begin(calls); err != nil {
		return err
	}
	for _, c := range calls {
		if err := p.call(c); err != nil {
			return err
		}
	}
	return p.end(len(calls) > 0, more)
}

// latest are the calls that q chooses, the oldest first; more says that its
// limit left some out.
func latest(ctx context.Context, log *store.Reader, q store.CallQuery) (calls []store.Call, more bool, err error) {
	limit := q.Limit
	if limit > 0 {
		q.Limit++
	}
	calls, err = log.Calls(ctx, q)
	if limit > 0 && len(calls) > limit {
		calls, more = calls[:limit], true
	}
	slices.Reverse(calls)
	return calls, more, err
}

// followEvery is how often the log is asked whether it has grown.
const followEvery = 500 * time.Millisecond

// follow prints the calls that have ended, and goes on with those that end, or
// of which Telegram tells more later, until ctx ends.
func follow(ctx context.Context, log *store.Reader, q store.CallQuery, p callPrinter) error {
	revision, err := log.Revision(ctx)
	if err != nil {
		return err
	}
	calls, _, err := latest(ctx, log, q)
	if err != nil {
		return err
	}
	if err := p.begin(calls); err != nil {
		return err
	}
	printed := make(map[int64]string) // outcomes, by number
	q.Limit, q.Oldest = 0, true
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		for _, c := range calls {
			if c.Outcome == "" || printed[c.Number] == c.Outcome {
				continue
			}
			printed[c.Number] = c.Outcome
			if err := p.call(c); err != nil {
				return err
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		if calls, err = grown(ctx, log, &revision, q); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// grown are the calls that changed since the revision, which it moves on.
func grown(ctx context.Context, log *store.Reader, revision *int64, q store.CallQuery) ([]store.Call, error) {
	now, err := log.Revision(ctx)
	if err != nil || now == *revision {
		return nil, err
	}
	q.After = *revision
	calls, err := log.Calls(ctx, q)
	if err == nil {
		*revision = now
	}
	return calls, err
}
