// Command luahost runs Lua scripts when a Telegram account's phone rings.
// main.go only joins the commands; each has a file of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second Ctrl-C ends the program where it stands.
	context.AfterFunc(ctx, stop)

	if err := newCommand().ExecuteContext(ctx); err != nil {
		if !errors.Is(err, errReported) {
			fmt.Fprintln(os.Stderr, "luahost:", err)
		}
		os.Exit(1)
	}
}

// errReported ends a command whose output has already said what went wrong.
var errReported = errors.New("reported")

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "luahost",
		Short: "Runs Lua scripts when your Telegram phone rings",
		Long: `luahost logs in to Telegram as you, keeps the Lua scripts of a folder loaded, and
runs them when a call comes in. Scripts reload when their files change.`,
		Example: `  luahost demo                          try it on an embedded Telegram, no account needed
  luahost login --config luahost.toml   log in, once
  luahost run --config luahost.toml     answer your calls`,
		Args:              cobra.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see '%s --help'", err, cmd.CommandPath())
	})
	root.AddCommand(demoCommand(), runCommand(), loginCommand(), versionCommand())
	return root
}
