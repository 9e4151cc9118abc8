package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"luahost/internal/store"
)

func traceCommand() *cobra.Command {
	var config, account string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "trace [CALL|last]",
		Short: "Tell what happened in a call, and why",
		Long: `Tells a call from its first sign to its end, each line with the time since then: the
updates of Telegram, the rules that were asked and what each saw that made it say no,
handlers, requests with their answers, lines of the log, the decision, the outcome.
What failed has a ✗.

CALL is the number that 'luahost calls' shows, or Telegram's id of the call; without
it, the last call is meant.`,
		Example: `  luahost trace --config luahost.toml
  luahost trace 12
  luahost trace last --account work
  luahost trace 12 --json`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "last"
			if len(args) == 1 {
				name = args[0]
			}
			return withLog(config, func(log *store.Reader) error {
				c, err := findCall(cmd.Context(), log, name, account)
				if err != nil {
					return err
				}
				entries, err := log.Trace(cmd.Context(), c)
				switch {
				case err != nil:
					return err
				case asJSON:
					return exportTrace(cmd.OutOrStdout(), c, entries)
				default:
					return newCallTrace(cmd.OutOrStdout()).print(c, entries)
				}
			})
		},
	}
	configFlag(cmd, &config)
	cmd.Flags().StringVar(&account, "account", "", "the account, where two of yours rang each other")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON document")
	return cmd
}

// findCall is the call that a person names by its number, Telegram's id, or as
// the last.
func findCall(ctx context.Context, log *store.Reader, name, account string) (store.Call, error) {
	of := ""
	if account != "" {
		of = " of account " + account
	}
	if name == "last" {
		found, err := log.Calls(ctx, store.CallQuery{Account: account, Limit: 1})
		if err == nil && len(found) == 0 {
			err = errors.New("no calls yet" + of)
		}
		if err != nil {
			return store.Call{}, err
		}
		return found[0], nil
	}
	number, err := strconv.ParseInt(strings.TrimPrefix(name, "#"), 10, 64)
	if err != nil || number == 0 {
		return store.Call{}, fmt.Errorf("no call %q: give the number that 'luahost calls' shows, Telegram's id of the call, or last", name)
	}
	for _, q := range []store.CallQuery{{Number: number, Account: account}, {ID: number, Account: account}} {
		found, err := log.Calls(ctx, q)
		switch {
		case err != nil:
			return store.Call{}, err
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return store.Call{}, fmt.Errorf("call %d was between your accounts %s and %s: name one with --account, or give the number that 'luahost calls' shows",
				number, found[0].Account, found[1].Account)
		}
	}
	return store.Call{}, fmt.Errorf("no call %d%s in the log: 'luahost calls' lists those it has", number, of)
}

// exportedEntry is a line of a trace for other programs.
type exportedEntry struct {
	At         string  `json:"at"`
	After      float64 `json:"after_seconds"` // the first line
	Kind       string  `json:"kind"`
	Name       string  `json:"name"`
	Text       string  `json:"text"`
	Script     string  `json:"script"`
	File       string  `json:"file,omitempty"` // a module of it, in which the line is
	Line       int     `json:"line"`
	Generation string  `json:"generation"`
	Took       float64 `json:"took_seconds"`
	Failed     bool    `json:"failed"`
}

func exportTrace(out io.Writer, c store.Call, entries []store.Entry) error {
	document := struct {
		Call  exported        `json:"call"`
		Trace []exportedEntry `json:"trace"`
	}{export(c), []exportedEntry{}}
	for _, e := range entries {
		document.Trace = append(document.Trace, exportedEntry{
			At: timestamp(e.At), After: e.At.Sub(entries[0].At).Seconds(), Kind: e.Kind, Name: e.Name, Text: e.Text,
			Script: e.Script, File: e.File, Line: e.Line, Generation: e.Generation, Took: e.Took.Seconds(), Failed: e.Failed,
		})
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}
