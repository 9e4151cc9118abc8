package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/gotd/td/tg"
	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of luahost and the API layer that it speaks",
		Example: "  luahost version",
		Args:    atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "luahost %s, Telegram API layer %d, %s %s/%s\n",
				moduleVersion(), tg.Layer, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// moduleVersion is the version that `go install luahost/cmd/luahost@…` recorded,
// or the commit of a build in a clone.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "commit " + s.Value[:min(12, len(s.Value))]
		}
	}
	return "built from source"
}
