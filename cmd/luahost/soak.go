package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

type soakOptions struct {
	lasts time.Duration
	rate  float64
	seed  uint64
}

func soakCommand() *cobra.Command {
	opts := soakOptions{seed: 1}
	cmd := &cobra.Command{
		Use:   "soak",
		Short: "See for yourself that hostile scripts and reloads leave calls and memory alone",
		Long: `Starts a Telegram of its own on this machine, as the demo does, with one good script
that declines every call. Then people ring, the good script and its module are edited
(now and then into something that does not compile), and scripts that mean no good are
dropped into its folder and taken out again.

A line for each round tells how many calls were decided, how long half of them and 99 of
100 took, and what luahost needs when the hostile scripts of the round are gone. It ends
with a verdict: status 0 if every call was decided by the good script and neither memory
nor goroutines have grown since the first third. Ctrl-C ends it with the verdict so far.`,
		Example: `  luahost soak
  luahost soak --for 10m --calls-per-second 50 --seed 7`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.lasts < leastSoak {
				return fmt.Errorf("--for %s: give a time such as 2m, and no less than %s; see '%s --help'", opts.lasts, leastSoak, cmd.CommandPath())
			}
			if !(opts.rate >= 0.1 && opts.rate <= 1000) {
				return fmt.Errorf("--calls-per-second %v: give a number from 0.1 to 1000; see '%s --help'", opts.rate, cmd.CommandPath())
			}
			return runSoak(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	cmd.Flags().DurationVar(&opts.lasts, "for", 2*time.Minute, "how long it lasts")
	cmd.Flags().Float64Var(&opts.rate, "calls-per-second", 20, "how many calls come in each second")
	cmd.Flags().Uint64Var(&opts.seed, "seed", opts.seed, "draws which scripts come in which order, and what is edited")
	return cmd
}

// leastRounds are needed to judge anything, of at least a second each.
const (
	leastRounds = 3
	leastSoak   = leastRounds * time.Second
)

// roundOf is how long hostile scripts come before all are taken out again and the
// memory is looked at.
func roundOf(lasts time.Duration) time.Duration {
	return min(5*time.Second, max(time.Second, lasts/12))
}

// soak is a host on an embedded Telegram, those who ring it, and those who disturb
// it.
type soak struct {
	soakOptions
	*soakWorld
	calls  *soakCalls
	unrest *unrest
	report *soakReport
}

func runSoak(ctx context.Context, opts soakOptions, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "luahost-soak-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := &soak{soakOptions: opts, calls: newSoakCalls(), report: &soakReport{out: out}}
	if s.soakWorld, err = buildSoak(dir, s.calls.changed); err != nil {
		return err
	}
	defer s.close()
	if s.unrest, err = newUnrest(s.scripts, rand.New(rand.NewPCG(opts.seed, 0))); err != nil {
		return err
	}
	if err := s.run(ctx); err != nil {
		return err
	}
	return s.report.verdict(s.calls)
}

// run lasts until its time is over or ctx ends, which is no error.
func (s *soak) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop(nil)
	running.Go(func() { stop(s.server.Run(ctx)) })
	h, err := s.start(ctx, &running, stop, s.calls.decision, s.unrest.reloaded)
	if err != nil {
		return err
	}
	callers, err := s.people(soakCallers)
	if err != nil {
		return err
	}
	s.report.welcome(s.soakOptions, s.unrest.size())
	ringing, hush := context.WithCancel(ctx)
	defer hush()
	var calls sync.WaitGroup
	calls.Go(func() { s.calls.ringAll(ringing, callers, s.you, s.rate) })

	began := time.Now()
	for n := 1; ctx.Err() == nil && (n <= leastRounds || time.Since(began) < s.lasts); n++ {
		if err := s.unrest.round(ctx, roundOf(s.lasts)); err != nil {
			return err
		}
		s.report.round(time.Since(began), s.calls.take(), h.Status(), s.unrest.dropped)
		if err := s.unrest.calm(ctx, h); err != nil {
			return err
		}
		if ctx.Err() == nil {
			s.report.rest(s.calls.decided())
		}
	}
	hush()
	calls.Wait() // those that ring still get their decision
	stop(nil)
	running.Wait()
	return cause(ctx)
}
