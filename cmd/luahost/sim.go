package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
)

type simOptions struct {
	listen    string
	publicKey string
	users     int
	keep      string
}

func simCommand() *cobra.Command {
	var opts simOptions
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run the embedded Telegram alone, for clients of any make",
		Long: `Starts an embedded Telegram and nothing else. Any client that can be told of a server
and its public key logs in to it as one of the users that are printed, by the login
code that is printed with them, and they ring each other. Each call's changes are
printed as they happen. It ends with Ctrl-C.

The same users with the same phones and ids are there at every start. What else a
Telegram knows is gone when it ends; with --keep, its key and who is logged in are not.`,
		Example: `  luahost sim --listen 127.0.0.1:9443 --public-key server.pub.pem
  luahost sim --listen 127.0.0.1:9443 --public-key server.pub.pem --users 100 --keep sim.json`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.users < 2 || opts.users > maxSimUsers {
				return fmt.Errorf("--users %d: give a number from 2 to %d", opts.users, maxSimUsers)
			}
			for _, given := range []struct{ flag, value string }{{"listen", opts.listen}, {"public-key", opts.publicKey}} {
				if given.value == "" {
					return fmt.Errorf("--%s is missing; see '%s --help'", given.flag, cmd.CommandPath())
				}
			}
			return runSim(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&opts.listen, "listen", "", "the address to listen on, host:port; port 0 is any free one")
	cmd.Flags().StringVar(&opts.publicKey, "public-key", "", "the file that the server's public key is written to (PKCS#1 PEM)")
	cmd.Flags().IntVar(&opts.users, "users", 8, "how many users there are")
	cmd.Flags().StringVar(&opts.keep, "keep", "", "a file that keeps the server's key and who is logged in, for the next start")
	return cmd
}

// runSim serves until ctx ends.
func runSim(ctx context.Context, opts simOptions, out io.Writer) error {
	if err := mayWriteKey(opts.publicKey); err != nil {
		return err
	}
	if opts.keep != "" && filepath.Clean(opts.keep) == filepath.Clean(opts.publicKey) {
		return fmt.Errorf("--keep and --public-key name the same file, %s: give each its own", opts.keep)
	}
	kept, err := loadKept(opts.keep)
	if err != nil {
		return err
	}
	calls := newSimCalls(out)
	telegram := simulator.New(simulator.Options{OnCall: calls.changed, Rand: kept.rand()})
	people, err := simPeople(telegram, opts.users)
	if err != nil {
		return err
	}
	calls.people = people
	if err := kept.logIn(ctx, telegram); err != nil {
		return err
	}
	s, err := server.Listen(server.Options{Addr: opts.listen, Telegram: telegram, Key: kept.key, Keys: kept.authKeys()})
	if err != nil {
		return listenError(err)
	}
	if err := os.WriteFile(opts.publicKey, s.PublicKeyPEM(), 0o644); err != nil {
		return fmt.Errorf("write the public key: %w", err)
	}
	calls.welcome(reachable(s.Addr()), opts.publicKey)
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { calls.watch(watching, s.Online) })
	err = s.Run(ctx)
	stop()
	watch.Wait()
	return errors.Join(err, kept.save(s, telegram, people))
}

// reachable is an address as a client on this machine takes it.
func reachable(at net.Addr) string {
	if tcp, ok := at.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return at.String()
}

// mayWriteKey refuses to write a key over a file that is something else.
func mayWriteKey(path string) error {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return fmt.Errorf("--public-key %s: there is no folder %s", path, filepath.Dir(path))
		}
		return nil
	case err != nil:
		return fmt.Errorf("--public-key %s: %w", path, errors.Unwrap(err))
	case len(text) > 0 && !strings.Contains(string(text), "-----BEGIN RSA PUBLIC KEY-----"):
		return fmt.Errorf("--public-key %s: the file holds something else; name another one", path)
	}
	return nil
}

// listenError says in a line what to do about an address that cannot be had.
func listenError(err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w; end what listens there, or give --listen another port (0: any free one)", err)
	}
	return err
}
