package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"luahost/internal/config"
	"luahost/internal/host"
)

func statusCommand() *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what a running luahost is doing",
		Long: `Asks the luahost that runs with this configuration for its accounts, its scripts with
their generation and last error, and the calls that go on.`,
		Example: `  luahost status --config luahost.toml
  luahost status --json`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(path, os.LookupEnv)
			if err != nil {
				return err
			}
			var s runningStatus
			if err := askControl(cmd.Context(), cfg.Data, "status", &s); err != nil {
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

func printStatus(out io.Writer, s runningStatus) error {
	since := func(t time.Time) string { return s.Now.Sub(t).Round(time.Second).String() }
	fmt.Fprintf(out, "luahost has run for %s.\n\n", since(s.Started))
	accounts := [][]string{{"ACCOUNT", "USER", "STATE"}}
	for _, a := range s.Accounts {
		accounts = append(accounts, []string{a.Name, userOf(a), a.State})
	}
	scripts := [][]string{{"SCRIPT", "GENERATION", "LOADED", "HANDLES", "AT WORK"}}
	for _, sc := range s.Scripts {
		generation, loaded := "-", "-"
		if sc.Generation != "" {
			generation, loaded = sc.Generation, sc.Loaded.Local().Format("Jan 2 15:04:05")
		}
		scripts = append(scripts, []string{printable(sc.Name), generation, loaded, handles(sc.Handlers), strconv.Itoa(sc.InFlight)})
	}
	calls := [][]string{{"CALL", "ACCOUNT", "WITH", "STATE", "FOR", "DECISION"}}
	for _, c := range s.Calls {
		with := "from " + c.Name
		if !c.Incoming {
			with = "to " + c.Name
		}
		calls = append(calls, []string{
			strconv.FormatInt(c.ID, 10), c.Account, printable(with), c.State, since(c.Date), printable(orDash(c.Decision)),
		})
	}
	for _, table := range [][][]string{accounts, scripts, calls} {
		if err := printTable(out, table); err != nil {
			return err
		}
	}
	if len(s.Calls) == 0 {
		fmt.Fprintln(out, "No call goes on.")
	}
	for _, a := range s.Accounts {
		if a.Error != "" {
			fmt.Fprintln(out, a.Error)
		}
	}
	for _, sc := range s.Scripts {
		if sc.Error != "" {
			fmt.Fprintf(out, "%s was not loaded: %s\n", printable(sc.Name), printable(sc.Error))
		}
	}
	return nil
}

// printTable prints rows below a heading, and an empty line; a heading alone is
// not printed.
func printTable(out io.Writer, rows [][]string) error {
	if len(rows) == 1 {
		return nil
	}
	if err := printColumns(out, "", rows); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// printColumns prints rows whose cells line up, each line behind the indent.
func printColumns(out io.Writer, indent string, rows [][]string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, indent+strings.Join(row, "\t"))
	}
	return w.Flush()
}

func userOf(a host.AccountStatus) string {
	switch {
	case a.User == 0:
		return "-"
	case a.Bot:
		return fmt.Sprintf("%d (bot)", a.User)
	}
	return strconv.FormatInt(a.User, 10)
}

// handles says what a script reacts to: 4 rules, call, updatePhoneCall.
func handles(handlers map[string]int) string {
	var events []string
	for _, event := range slices.Sorted(maps.Keys(handlers)) {
		switch n := handlers[event]; {
		case event == "rule" && n == 1:
			events = slices.Insert(events, 0, "1 rule")
		case event == "rule":
			events = slices.Insert(events, 0, fmt.Sprintf("%d rules", n))
		default:
			events = append(events, event)
		}
	}
	return orDash(strings.Join(events, ", "))
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
