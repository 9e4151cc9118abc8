package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"luahost/internal/config"
	"luahost/internal/host"
)

// errRefused ends a reload of which something was refused; what and why stands in
// the table.
var errRefused = errors.New("not every script was loaded")

func reloadCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "reload [SCRIPT…]",
		Short: "Load scripts again in a running luahost",
		Long: `Has the luahost that runs with this configuration read its scripts folder and load
what has changed, for where changes are not noticed by themselves (network folders).
Scripts that are named are loaded afresh even when their files are the same, and also
when they are suspended or stuck. What is refused leaves the old one going on; then
the command ends with status 1. A script whose file is gone goes on with the timers and
handlers that it had (REPLACED in 'luahost status'): to name it ends these too.`,
		Example: `  luahost reload
  luahost reload night.lua
  luahost reload night doorman --config luahost.toml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load(path, os.LookupEnv)
			if err != nil {
				return err
			}
			wanted := reloadRequest{Scripts: []string{}}
			for _, arg := range args {
				if arg == "" { // a variable of the shell that is not set, most likely
					return errors.New("the name of a script is empty: give one, or none for all that have changed")
				}
				wanted.Scripts = append(wanted.Scripts, scriptName(cfg.Scripts, arg))
			}
			var answer reloadAnswer
			if err := askControl(cmd.Context(), cfg.Data, "reload", wanted, &answer); err != nil {
				return err
			}
			if answer.Error != "" {
				return errors.New(answer.Error)
			}
			return printReload(cmd.OutOrStdout(), answer.Scripts)
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// scriptName takes a path, as a shell completes it, for the name of the script
// that lies there.
func scriptName(folder, arg string) string {
	at, err := filepath.Abs(filepath.Dir(arg))
	in, errIn := filepath.Abs(folder)
	if err == nil && errIn == nil && at == in {
		return filepath.Base(arg)
	}
	return arg
}

// printReload prints what became of each script, lined up, and below it what is
// wrong with those that were refused or do not run.
func printReload(out io.Writer, scripts []host.Reloaded) error {
	var rows [][]string
	var notes []string
	refused := false
	for _, s := range scripts {
		row := []string{printable(s.Script), s.Result, orDash(s.Generation), reloadWords(s)}
		switch {
		case s.Result == host.Refused:
			refused = true
			notes = append(notes, s.Note)
			if s.Source != "" {
				notes = append(notes, "    "+s.Source)
			}
		case s.Note != "":
			notes = append(notes, fmt.Sprintf("%s is suspended: %s; 'luahost reload %s' loads it", s.Script, s.Note, s.Script))
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		fmt.Fprintln(out, "There is no script.")
	}
	if err := printColumns(out, room(out), "", rows); err != nil {
		return err
	}
	for _, note := range notes {
		printNote(out, note)
	}
	if refused {
		return errRefused
	}
	return nil
}

func reloadWords(s host.Reloaded) string {
	switch {
	case s.Result == host.Refused && s.Generation != "":
		return "goes on as it was"
	case s.Result == host.Loaded && s.Previous != "" && s.Previous != s.Generation:
		return fmt.Sprintf("%s in %s, instead of %s", counted(s.Handlers, "handler"), shortDuration(s.Took), s.Previous)
	case s.Result == host.Loaded:
		return fmt.Sprintf("%s in %s", counted(s.Handlers, "handler"), shortDuration(s.Took))
	case s.Result == host.Unchanged && s.Note != "":
		return "suspended"
	}
	return ""
}
