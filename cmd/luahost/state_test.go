package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"luahost/bindings/value"
	"luahost/internal/store"
)

// stateIn runs the command in a folder with a configuration, and gives what it says.
func stateIn(folder string, args ...string) (string, error) {
	cmd := stateCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"--config", filepath.Join(folder, "luahost.toml")}, args...))
	err := cmd.ExecuteContext(context.Background())
	return out.String(), err
}

// stateFolder is a data folder with a configuration.
func stateFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	config := fmt.Sprintf("data = %q\n[telegram]\napi_id = 1\napi_hash = \"abc\"\n[[account]]\nname = \"main\"\nphone = \"+15550001\"\n", folder)
	if err := os.WriteFile(filepath.Join(folder, "luahost.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestStateCommand(t *testing.T) {
	folder := stateFolder(t)
	if _, err := stateIn(folder); err == nil || !strings.Contains(err.Error(), "there is none yet: 'luahost run' makes it") {
		t.Errorf("without a database: %v", err)
	}
	s, err := store.Open(store.Options{Path: filepath.Join(folder, "luahost.db")})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stateIn(folder); got != "No script keeps anything.\n" || err != nil {
		t.Errorf("without state: %q, %v", got, err)
	}
	for _, item := range []struct {
		script, key string
		n           float64
		keep        time.Duration
	}{
		{"night.lua", "rings:777000", 3, 10 * 24 * time.Hour},
		{"night.lua", "last\x1b[2J", 1.5, 0},
		{"night.lua", "gone", 1, time.Microsecond},
		{"shop.lua", strings.Repeat("k", 200), -1, 90 * 24 * time.Hour},
		{"", "presence", 7, 0},
	} {
		if err := s.State(item.script).Set(t.Context(), item.key, value.EncodeNumber(item.n), item.keep); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "script     keys  size\n(shared)   1     11 B\nnight.lua  2     33 B\nshop.lua   1     203 B\n"},
		{[]string{"night"}, "key           expires in  value\nlast [2J                  1.5\nrings:777000  9 days      3\n"},
		{[]string{"shop.lua"}, "key                                expires in  value\n" + strings.Repeat("k", 32) + "…  89 days     -1\n"},
		{[]string{"night.lua", "rings:777000"}, "3\n"},
		{[]string{"--shared"}, "key       expires in  value\npresence              7\n"},
		{[]string{"--shared", "presence"}, "7\n"},
	} {
		if got, err := stateIn(folder, c.args...); got != c.want || err != nil {
			t.Errorf("%q: %v\n%s\nwant\n%s", c.args, err, got, c.want)
		}
	}
	for want, args := range map[string][]string{
		`nigth.lua keeps nothing (did you mean "night.lua"?)`:                {"nigth"},
		`night.lua has no key "rings:777001" (did you mean "rings:777000"?)`: {"night", "rings:777001"},
		`(shared) has no key "presense" (did you mean "presence"?)`:          {"--shared", "presense"},
		`unexpected argument "c"; see 'state --help'`:                        {"a", "b", "c"},
		`unexpected argument "b"; see 'state --help'`:                        {"--shared", "a", "b"},
		`--delete: give a script, or --shared; see 'state --help'`:           {"--delete"},
	} {
		if _, err := stateIn(folder, args...); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", args, err, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	deleteState(t, folder)
}

// deleteState is what --delete does to the folder of the test.
func deleteState(t *testing.T, folder string) {
	t.Helper()
	unlock, err := lockData(folder, "wait")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stateIn(folder, "night", "--delete"); err == nil || !strings.HasPrefix(err.Error(), "a luahost runs with the data folder "+folder) {
		t.Errorf("while one runs: %v", err)
	}
	unlock()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"night", "rings:777000"}, "night.lua: 1 key removed\n"},
		{[]string{"--shared"}, "(shared): 1 key removed\n"},
		{[]string{"shop"}, "shop.lua: 1 key removed\n"},
	} {
		if got, err := stateIn(folder, append(c.args, "--delete")...); got != c.want || err != nil {
			t.Errorf("%q: %q, %v", c.args, got, err)
		}
	}
	if got, err := stateIn(folder); got != "script     keys  size\nnight.lua  1     18 B\n" || err != nil {
		t.Errorf("left: %q, %v", got, err)
	}
}
