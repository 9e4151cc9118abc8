package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"luahost/internal/account"
	"luahost/internal/config"
)

func loginCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "login [ACCOUNT]",
		Short: "Log an account in and keep its session",
		Long: `Logs an account of the configuration in, or all of them in turn, and keeps each
session in the data folder, readable by you alone. Telegram sends a code to your
other devices; where you set a two-step password, it is asked for too. When
standard input is not a terminal, the answers are read from it line by line.`,
		Example: `  luahost login --config luahost.toml
  luahost login --config luahost.toml work
  printf '12345\n' | luahost login --config luahost.toml main`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load(path, os.LookupEnv)
			if err != nil {
				return err
			}
			return withSetup(cfg, newLogger(cmd.ErrOrStderr(), false), func(s *setup) error {
				chosen := s.accounts
				if len(args) == 1 {
					var err error
					if chosen, err = only(chosen, args[0], path); err != nil {
						return err
					}
				}
				return logInAll(cmd, chosen)
			})
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func only(all []account.Options, name, path string) ([]account.Options, error) {
	for _, opts := range all {
		if opts.Name == name {
			return []account.Options{opts}, nil
		}
	}
	return nil, fmt.Errorf("no account %q in %s; give the name of one of its [[account]] entries", name, path)
}

func logInAll(cmd *cobra.Command, accounts []account.Options) error {
	prompt := account.NewPrompt(os.Stdin, cmd.ErrOrStderr())
	for _, opts := range accounts {
		opts.Prompt = prompt
		err := login(cmd, opts)
		if cmd.Context().Err() != nil {
			fmt.Fprintln(cmd.ErrOrStderr()) // the question's line
			return fmt.Errorf("account %s: interrupted, and not logged in", opts.Name)
		}
		if err != nil {
			return fmt.Errorf("account %s: %w", opts.Name, err)
		}
	}
	return nil
}

func login(cmd *cobra.Command, opts account.Options) error {
	a, err := account.New(opts)
	if err != nil {
		return err
	}
	if err := a.Login(cmd.Context()); err != nil {
		return err
	}
	self := a.Self()
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "account %s is logged in as %s (id %d)\n", opts.Name, self.FirstName, self.ID)
	return err
}
