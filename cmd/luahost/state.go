package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"luahost/internal/config"
	"luahost/internal/nearest"
	"luahost/internal/store"
)

type stateOptions struct {
	config         string
	shared, remove bool

	script string // "" with shared or for all
	key    string
}

func stateCommand() *cobra.Command {
	var opts stateOptions
	cmd := &cobra.Command{
		Use:   "state [SCRIPT] [KEY]",
		Short: "List what scripts keep in their store, and delete it",
		Long: `Lists what scripts keep with store.set and store.incr: how much each has, the keys of
one script, or the whole value of a key. It reads the data folder, whether luahost runs
or not.

What a script keeps stays when its file is gone, for the file to come back to. --delete
removes a key, or all that a script has, while luahost does not run.`,
		Example: `  luahost state
  luahost state night.lua
  luahost state night.lua last
  luahost state --shared presence
  luahost state old-rules.lua --delete`,
		Args: atMost(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := opts.read(args); err != nil {
				return fmt.Errorf("%w; see '%s --help'", err, cmd.CommandPath())
			}
			if opts.remove {
				return opts.delete(cmd.Context(), cmd.OutOrStdout())
			}
			return withLog(opts.config, func(log *store.Reader) error {
				return opts.show(cmd.Context(), log, newStateTable(cmd.OutOrStdout()))
			})
		},
	}
	configFlag(cmd, &opts.config)
	cmd.Flags().BoolVar(&opts.shared, "shared", false, "what all scripts share: store.shared")
	cmd.Flags().BoolVar(&opts.remove, "delete", false, "remove it; luahost must not run")
	return cmd
}

// read takes the arguments.
func (o *stateOptions) read(args []string) error {
	if !o.shared && len(args) > 0 {
		o.script, args = args[0], args[1:]
		if !strings.HasSuffix(o.script, ".lua") {
			o.script += ".lua"
		}
	}
	if len(args) > 0 {
		o.key, args = args[0], args[1:]
	}
	switch {
	case len(args) > 0:
		return fmt.Errorf("unexpected argument %q", args[0])
	case o.remove && !o.shared && o.script == "":
		return errors.New("--delete: give a script, or --shared")
	default:
		return nil
	}
}

func (o *stateOptions) show(ctx context.Context, log *store.Reader, t *stateTable) error {
	if o.script == "" && !o.shared {
		sizes, err := log.States(ctx, t.now)
		if err != nil {
			return err
		}
		return t.sizes(sizes)
	}
	items, err := o.find(ctx, log, t.now)
	switch {
	case err != nil:
		return err
	case o.key != "":
		return t.value(items[0])
	default:
		return t.items(items)
	}
}

// find gives the items that are asked for, at least one.
func (o *stateOptions) find(ctx context.Context, log *store.Reader, now time.Time) ([]store.KeptItem, error) {
	items, err := log.State(ctx, o.script, now)
	switch {
	case err != nil:
		return nil, err
	case len(items) == 0 && o.shared:
		return nil, errors.New("scripts share nothing")
	case len(items) == 0:
		return nil, o.unknownScript(ctx, log, now)
	case o.key == "":
		return items, nil
	}
	var keys []string
	for _, item := range items {
		if item.Key == o.key {
			return []store.KeptItem{item}, nil
		}
		keys = append(keys, item.Key)
	}
	return nil, fmt.Errorf("%s has no key %q%s", stateName(o.script), o.key, nearest.Hint(o.key, keys))
}

func (o *stateOptions) unknownScript(ctx context.Context, log *store.Reader, now time.Time) error {
	sizes, err := log.States(ctx, now)
	if err != nil {
		return err
	}
	var scripts []string
	for _, s := range sizes {
		if s.Script != "" {
			scripts = append(scripts, s.Script)
		}
	}
	return fmt.Errorf("%s keeps nothing%s", o.script, nearest.Hint(o.script, scripts))
}

// delete removes what is asked for, as long as no luahost has it in memory.
func (o *stateOptions) delete(ctx context.Context, out io.Writer) error {
	cfg, err := config.Load(o.config, os.LookupEnv)
	if err != nil {
		return err
	}
	var items []store.KeptItem
	if err := withLog(o.config, func(log *store.Reader) (err error) {
		items, err = o.find(ctx, log, time.Now())
		return err
	}); err != nil {
		return err
	}
	unlock, err := lockData(cfg.Data, "end it first, or have a script call store.delete")
	if err != nil {
		return err
	}
	defer unlock()
	kept, err := store.Open(store.Options{Path: filepath.Join(cfg.Data, "luahost.db")})
	if err != nil {
		return err
	}
	for _, item := range items {
		err = errors.Join(err, kept.State(o.script).Delete(ctx, item.Key))
	}
	if err := errors.Join(err, kept.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %s removed\n", stateName(o.script), counted(len(items), "key"))
	return err
}

// stateName is whose state it is, for a person.
func stateName(script string) string {
	if script == "" {
		return "(shared)"
	}
	return script
}
