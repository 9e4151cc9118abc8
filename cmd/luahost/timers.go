package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"luahost/internal/config"
	"luahost/internal/nearest"
	"luahost/internal/store"
)

type timersOptions struct {
	config, script, forget string
	all, json              bool
	limit                  int
}

func timersCommand() *cobra.Command {
	var opts timersOptions
	cmd := &cobra.Command{
		Use:   "timers",
		Short: "List the named timers of scripts, and how they ran last",
		Long: `Lists the timers that scripts have given a name, as in after("30m", "call-back", …): when
each is due next, and when and how it ran last. It reads the data folder, whether luahost
runs or not. Timers of functions live in memory only, and 'luahost status' counts them.

A run ends as done or failed. It is interrupted if luahost ended before it did, and not
made up for; it was missed if luahost did not run when it was due.

The timers of a script whose file is gone or was renamed wait for it to come back. If
it will not, --forget removes them.`,
		Example: `  luahost timers --config luahost.toml
  luahost timers --script night --all
  luahost timers --json | jq 'select(.outcome == "failed")'
  luahost timers --forget old-rules`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			if opts.limit < 0 {
				return fmt.Errorf("--limit %d: give a number of timers, or 0 for all; see '%s --help'", opts.limit, cmd.CommandPath())
			}
			if cmd.Flags().Changed("forget") {
				return forgetTimers(cmd.Context(), out, opts)
			}
			return withLog(opts.config, func(log *store.Reader) error {
				timers, err := opts.find(cmd.Context(), log, opts.script)
				if err != nil {
					return err
				}
				if opts.json {
					return printTimersJSON(out, timers)
				}
				return newTimerTable(out, opts).print(timers)
			})
		},
	}
	configFlag(cmd, &opts.config)
	flags := cmd.Flags()
	flags.StringVar(&opts.script, "script", "", "those of this script")
	flags.BoolVar(&opts.all, "all", false, "also those that have run and will not again, for a week")
	flags.IntVar(&opts.limit, "limit", usualLimit, "the first so many; 0: all, as --json does")
	flags.BoolVar(&opts.json, "json", false, "print a JSON object for each timer, one a line")
	flags.StringVar(&opts.forget, "forget", "", "remove all timers of this script")
	return cmd
}

// find gives the timers of a script, or of all. A script that has none, and never
// had, was misspelt.
func (o *timersOptions) find(ctx context.Context, log *store.Reader, script string) ([]store.Timer, error) {
	if script != "" && !strings.HasSuffix(script, ".lua") {
		script += ".lua"
	}
	timers, err := log.Timers(ctx, store.TimerQuery{Script: script, Ended: o.all || o.forget != ""})
	if err != nil || len(timers) > 0 || script == "" {
		return timers, err
	}
	every, err := log.Timers(ctx, store.TimerQuery{Ended: true})
	if err != nil {
		return nil, err
	}
	var known []string
	for _, t := range every {
		if t.Script == script {
			return nil, nil
		}
		if !slices.Contains(known, t.Script) {
			known = append(known, t.Script)
		}
	}
	return nil, fmt.Errorf("no timer is of a script %q%s", script, nearest.Hint(script, known))
}

// forgetTimers removes the timers of a script. A luahost that runs finds that they
// are gone when they are due.
func forgetTimers(ctx context.Context, out io.Writer, opts timersOptions) error {
	if opts.forget == "" {
		return errors.New("--forget: give the name of a script")
	}
	var script string
	err := withLog(opts.config, func(log *store.Reader) error {
		timers, err := opts.find(ctx, log, opts.forget)
		if len(timers) > 0 {
			script = timers[0].Script
		}
		return err
	})
	if err != nil || script == "" {
		return err
	}
	cfg, err := config.Load(opts.config, os.LookupEnv)
	if err != nil {
		return err
	}
	s, err := store.Open(store.Options{Path: filepath.Join(cfg.Data, "luahost.db")})
	if err != nil {
		return err
	}
	n, err := s.ForgetTimers(ctx, script)
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %s removed\n", script, counted(int(n), "timer"))
	return err
}

// timerJSON is a timer for programs.
type timerJSON struct {
	ID      int64      `json:"id"`
	Script  string     `json:"script"`
	Name    string     `json:"name"`
	Kind    string     `json:"kind"`
	Spec    string     `json:"spec"`
	Account string     `json:"account,omitempty"`
	State   string     `json:"state"`
	Due     time.Time  `json:"due"`
	Began   *time.Time `json:"began,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`
	Outcome string     `json:"outcome,omitempty"`
	Fault   string     `json:"fault,omitempty"`
}

func printTimersJSON(out io.Writer, timers []store.Timer) error {
	encoder := json.NewEncoder(out)
	for _, t := range timers {
		if err := encoder.Encode(timerJSON{
			ID: t.ID, Script: t.Script, Name: t.Name, Kind: t.Kind, Spec: t.Spec, Account: t.Account, State: t.State,
			Due: t.Due.Local(), Began: given(t.Began), Ended: given(t.Ended), Outcome: t.Outcome, Fault: t.Fault,
		}); err != nil {
			return err
		}
	}
	return nil
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.Local()
	return &t
}
