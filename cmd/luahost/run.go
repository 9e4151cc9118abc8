package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"luahost/internal/account"
	"luahost/internal/config"
	"luahost/internal/host"
	"luahost/internal/store"
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
  luahost run --config luahost.toml --verbose   also logs every request of a script`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(path, os.LookupEnv)
			if err != nil {
				return err
			}
			kept, err := store.Open(store.Options{Path: filepath.Join(cfg.Data, "luahost.db")})
			if err != nil {
				return err
			}
			defer kept.Close()
			h, err := host.New(host.Options{
				Accounts: accountOptions(cfg, kept),
				Scripts:  cfg.Scripts,
				Log:      newLogger(cmd.ErrOrStderr(), verbose),
			})
			if err != nil {
				return err
			}
			return h.Run(cmd.Context())
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "log every request")
	return cmd
}

func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", "luahost.toml", "the configuration file")
}

// accountOptions says in account's words what the configuration says.
func accountOptions(cfg *config.Config, kept *store.Store) []account.Options {
	var all []account.Options
	for _, a := range cfg.Accounts {
		all = append(all, account.Options{
			Name: a.Name, Phone: a.Phone, BotToken: a.BotToken,
			APIID: cfg.Telegram.APIID, APIHash: cfg.Telegram.APIHash,
			Server: cfg.Telegram.Server, ServerKey: cfg.Telegram.ServerKey, Test: cfg.Telegram.Test,
			Dir: cfg.Data, Store: kept,
		})
	}
	return all
}

// newLogger writes for a person on a terminal and plain key=value otherwise.
func newLogger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	if colourful(w) {
		return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: time.TimeOnly}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// colourful reports whether w is a terminal whose owner did not refuse colour
// (https://no-color.org).
func colourful(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == ""
}
