// Command luahost runs Lua scripts when a Telegram account's phone rings.
// main.go only joins the commands; each has a file of its own.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second Ctrl-C ends the program where it stands.
	context.AfterFunc(ctx, func() {
		stop()
		time.AfterFunc(silence, sayWhy)
		time.AfterFunc(grace, giveUp)
	})

	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "luahost:", err)
		os.Exit(1)
	}
}

const (
	// silence is for how long a person need not be told why the program does not end.
	silence = time.Second
	// grace is how long scripts may take to end after the first Ctrl-C: five seconds are
	// for their handlers of "unload", and two until what is stuck in Go is given up.
	grace = 10 * time.Second
)

func sayWhy() {
	fmt.Fprintf(os.Stderr, "luahost: still ending, for %s at most; a second Ctrl-C does not wait\n", grace)
}

// giveUp ends the program where it stands.
func giveUp() {
	fmt.Fprintf(os.Stderr, "luahost: a script did not end within %s of being told to; left it behind\n", grace)
	os.Exit(1)
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "luahost",
		Short: "Runs Lua scripts when your Telegram phone rings",
		Long: `luahost logs in to Telegram as you, keeps the Lua scripts of a folder loaded, and
runs them when a call comes in. Scripts reload when their files change.`,
		Example: `  luahost demo                          try it on an embedded Telegram, no account needed
  luahost login --config luahost.toml   log in, once
  luahost run --config luahost.toml     answer your calls`,
		Args:              knownCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		what, _, _ := strings.Cut(err.Error(), ": strconv.") // a person need not know who parsed it
		if before, _, isTime := strings.Cut(what, ": time: "); isTime {
			what = before + ": give a time such as 500ms, 20s or 10m"
		}
		return fmt.Errorf("%s; see '%s --help'", what, cmd.CommandPath())
	})
	root.AddCommand(demoCommand(), runCommand(), statusCommand(), reloadCommand(), callsCommand(), traceCommand(), timersCommand(), stateCommand(), loginCommand(), ringCommand(), simCommand(), soakCommand(), versionCommand())
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = func(_ *cobra.Command, args []string) error { return helpOf(root, args) }
	}
	return root
}

// helpOf refuses to explain what is no command; cobra would explain luahost instead.
func helpOf(root *cobra.Command, args []string) error {
	if found, _, err := root.Find(args); err == nil && found != root {
		return nil
	}
	return knownCommand(root, args)
}

// knownCommand refuses what is no command, with the nearest one.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf(" (did you mean %q?)", near[0])
	}
	return fmt.Errorf("unknown command %q%s; see 'luahost --help'", args[0], hint)
}

// atMost refuses more than n arguments, and names the first that is too much.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		return fmt.Errorf("unexpected argument %q; see '%s --help'", args[n], cmd.CommandPath())
	}
}
