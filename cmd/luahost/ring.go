package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/spf13/cobra"

	"luahost/internal/account"
	"luahost/internal/config"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

type ringOptions struct {
	server string
	key    string
	as     string
	to     string
	video  bool
	length time.Duration
}

func ringCommand() *cobra.Command {
	var opts ringOptions
	cmd := &cobra.Command{
		Use:   "ring",
		Short: "Ring somebody on an embedded Telegram, as any client would",
		Long: `Logs in to an embedded Telegram, that of 'luahost sim' or 'luahost demo', as one of
its users, rings another one, and prints what happens until the call has ended. It
hangs up after --for, and at Ctrl-C: as missed while nobody has answered. However the
call ends, the status is 0; it is 1 where there was no call.

It asks nobody for a code, because it knows that of an embedded Telegram, and so it
refuses to log in anywhere else.`,
		Example: `  luahost ring --server 127.0.0.1:9443 --server-key server.pub.pem --as +15550002 --to +15550001
  luahost ring --server 127.0.0.1:9443 --server-key server.pub.pem --as +15550003 --to +15550001 --video --for 5s`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opts.check(); err != nil {
				return fmt.Errorf("%w; see '%s --help'", err, cmd.CommandPath())
			}
			return runRing(cmd.Context(), opts, cmd.OutOrStdout(), newLogger(cmd.ErrOrStderr(), false))
		},
	}
	cmd.Flags().StringVar(&opts.server, "server", "", "the server's address, host:port")
	cmd.Flags().StringVar(&opts.key, "server-key", "", "the file with the server's public key")
	cmd.Flags().StringVar(&opts.as, "as", "", "the phone of who rings")
	cmd.Flags().StringVar(&opts.to, "to", "", "the phone of who is rung")
	cmd.Flags().BoolVar(&opts.video, "video", false, "ring with video")
	cmd.Flags().DurationVar(&opts.length, "for", 20*time.Second, "hang up after so long")
	return cmd
}

// ringPatience is how long an answer of the server may take.
const ringPatience = 10 * time.Second

var ringPhone = regexp.MustCompile(`^\+?[0-9]{5,15}$`)

func (o *ringOptions) check() error {
	for _, f := range []struct{ name, value string }{{"server", o.server}, {"server-key", o.key}, {"as", o.as}, {"to", o.to}} {
		if f.value == "" {
			return fmt.Errorf("--%s is missing", f.name)
		}
	}
	if err := config.CheckServer(o.server); err != nil {
		return fmt.Errorf("--server %w", err)
	}
	for flag, phone := range map[string]*string{"as": &o.as, "to": &o.to} {
		if !ringPhone.MatchString(*phone) {
			return fmt.Errorf("--%s %s: give a phone number with its country code, as in +15550001", flag, *phone)
		}
		*phone = "+" + strings.TrimPrefix(*phone, "+")
	}
	if o.as == o.to {
		return fmt.Errorf("--to %s: nobody can ring himself", o.to)
	}
	if o.length <= 0 {
		return fmt.Errorf("--for %s: give a time such as 20s", o.length)
	}
	return nil
}

// runRing logs in, rings, and follows the call to its end.
func runRing(ctx context.Context, opts ringOptions, out io.Writer, log *slog.Logger) error {
	key, err := config.ServerKey(opts.key)
	if err != nil {
		return fmt.Errorf("--server-key %w", err)
	}
	dir, err := os.MkdirTemp("", "luahost-ring-")
	if err != nil {
		return fmt.Errorf("make a folder for the session: %w", err)
	}
	defer os.RemoveAll(dir)
	seen, err := store.Open(store.Options{Path: filepath.Join(dir, "luahost.db"), Log: log})
	if err != nil {
		return err
	}
	defer seen.Close()

	r := newRinging(opts, out)
	o := account.Options{
		Name: "ring", Phone: opts.as, APIID: 1, APIHash: "ring",
		Server: opts.server, ServerKey: key, Dir: dir, Store: seen, Prompt: demoPrompt{},
		BeforeLogin: onlyEmbedded(opts.server), OnUpdate: r.update, Timeout: ringPatience,
	}
	if err := logIn(ctx, o); err != nil { // which says all that is to say in its error
		return r.notLoggedIn(err)
	}
	o.Log = log
	me, err := account.New(o)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop(nil)
	ready := make(chan struct{})
	online, offline := context.WithCancel(context.WithoutCancel(ctx)) // it outlives Ctrl-C: there is a call to hang up
	defer offline()
	running.Go(func() { stop(me.Run(online, func() { close(ready) })) })
	if err := r.await(ctx, ready, time.After(ringPatience)); err != nil {
		return err
	}
	return r.call(ctx, me)
}

// await waits until the account is connected. The server may go away after the
// login, and the account would try for ever.
func (r *ringing) await(ctx context.Context, ready <-chan struct{}, late <-chan time.Time) error {
	select {
	case <-ready:
		return nil
	case <-late:
		return fmt.Errorf("%s does not answer any more, and nobody was rung", r.server)
	case <-ctx.Done():
		return cmp.Or(cause(ctx), errNobodyRung)
	}
}

// onlyEmbedded objects to a login at any Telegram but the embedded one: a real
// one would send a code to somebody who has not asked for it.
func onlyEmbedded(server string) func(context.Context, tg.Invoker) error {
	return func(ctx context.Context, through tg.Invoker) error {
		nearest, err := tg.NewClient(through).HelpGetNearestDC(ctx)
		if _, refused := tgerr.As(err); err != nil && !refused {
			return err
		}
		if err != nil || nearest.Country != simulator.Country {
			return fmt.Errorf("%s is no embedded Telegram, and ring logs in to no other: start one with 'luahost sim'", server)
		}
		return nil
	}
}

var errNobodyRung = errors.New("interrupted, and nobody was rung")

func (r *ringing) notLoggedIn(err error) error {
	if tgerr.Is(err, "PHONE_NUMBER_UNOCCUPIED") {
		return fmt.Errorf("--as %s: nobody has this phone there", r.as)
	}
	if errors.Is(err, context.Canceled) {
		return errNobodyRung
	}
	return err
}

// ringLine is what to type in a shell, behind the program's name, to ring somebody
// on an embedded Telegram.
func ringLine(server, keyFile, as, to string) string {
	return fmt.Sprintf("ring --server %s --server-key %s --as %s --to %s", server, quoted(keyFile), as, to)
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !strings.ContainsRune("-_./+:,@%", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
