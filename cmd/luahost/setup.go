package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"luahost/internal/account"
	"luahost/internal/config"
	"luahost/internal/host"
	"luahost/internal/permission"
	"luahost/internal/sandbox"
	"luahost/internal/script"
	"luahost/internal/store"
)

// setup is what the configuration says, in the words of host and account.
type setup struct {
	data, scripts string
	poll          time.Duration
	decideWithin  time.Duration
	limits        script.Limits
	allow         *permission.Policy
	http          host.HTTP
	missing       []string // scripts that the configuration names, without a file
	store         *store.Store
	accounts      []account.Options
}

func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", "luahost.toml", "the configuration file")
}

// withSetup opens the store of a configuration for use, and closes it after.
func withSetup(cfg *config.Config, log *slog.Logger, use func(*setup) error) error {
	kept, err := store.Open(store.Options{
		Path: filepath.Join(cfg.Data, "luahost.db"), Log: log,
		Keep: store.Keep{Age: cfg.Calls.Keep, Size: cfg.Calls.MaxSize},
	})
	if err != nil {
		return err
	}
	s := &setup{
		data: cfg.Data, scripts: cfg.Scripts, poll: cfg.Poll, decideWithin: cfg.Rules.DecideWithin, store: kept,
		limits: limitsOf(cfg.Limits), allow: cfg.Allow,
		http: host.HTTP{
			Hosts: cfg.HTTP.Hosts, Timeout: cfg.HTTP.Timeout, MaxSize: cfg.HTTP.MaxSize, Listen: cfg.HTTP.Listen, Token: cfg.HTTP.Token,
		},
	}
	for _, name := range cfg.Configured {
		if _, err := os.Stat(filepath.Join(cfg.Scripts, name)); errors.Is(err, fs.ErrNotExist) {
			s.missing = append(s.missing, name)
		}
	}
	for _, a := range cfg.Accounts {
		s.accounts = append(s.accounts, account.Options{
			Name: a.Name, Phone: a.Phone, BotToken: a.BotToken,
			APIID: cfg.Telegram.APIID, APIHash: cfg.Telegram.APIHash,
			Server: cfg.Telegram.Server, ServerKey: cfg.Telegram.ServerKey, Test: cfg.Telegram.Test,
			Dir: cfg.Data, Store: kept, Log: log,
		})
	}
	return errors.Join(use(s), kept.Close())
}

// limitsOf gives the limits of the configuration in the words of internal/script.
func limitsOf(l config.Limits) script.Limits {
	return script.Limits{
		Limits: sandbox.Limits{
			Instructions: l.Instructions, Time: l.Time, Depth: l.Depth, String: l.String, Pattern: l.Pattern, Source: l.Source,
		},
		InFlight: l.InFlight, Handlers: l.Handlers, Lines: l.LogLines, Memory: l.Memory, Values: l.Values,
		SuspendAfter: l.SuspendAfter, OldGenerations: l.OldGenerations,
	}
}
