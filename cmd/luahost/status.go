package main

import (
	"encoding/json"
	"os"

	"github.com/spf13/cobra"

	"luahost/internal/config"
)

func statusCommand() *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what a running luahost is doing",
		Long: `Asks the luahost that runs with this configuration for its accounts, its scripts with
their generation and last errors, what limits they have reached, which of them are slow
at the moment and which rules are not waited for, the generations that were replaced and
what keeps them, and the calls that go on.`,
		Example: `  luahost status --config luahost.toml
  luahost status --json`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(path, os.LookupEnv)
			if err != nil {
				return err
			}
			var s runningStatus
			if err := askControl(cmd.Context(), cfg.Data, "status", nil, &s); err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(s)
			}
			return printStatus(cmd.OutOrStdout(), s)
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
