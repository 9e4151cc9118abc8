package main

import (
	"github.com/spf13/cobra"

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
  luahost run --config luahost.toml --verbose   also logs every request of a script`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := newLogger(cmd.ErrOrStderr(), verbose)
			return withSetup(path, log, func(s *setup) error {
				h, err := host.New(host.Options{
					Accounts: s.accounts,
					Scripts:  s.scripts,
					Log:      log,
				})
				if err != nil {
					return err
				}
				return h.Run(cmd.Context())
			})
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "log every request")
	return cmd
}
