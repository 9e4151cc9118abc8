package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"luahost/internal/config"
	"luahost/internal/script"
)

// What the configuration's page calls the defaults are those of internal/script,
// and none of its limits is forgotten on the way there.
func TestLimitsOfTheConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.toml")
	if err := os.WriteFile(path, []byte(telegramTable+mainAccount), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	if got, want := limitsOf(cfg.Limits), (script.Limits{}).WithDefaults(); got != want {
		t.Errorf("by default the limits are\n%+v\nand those of scripts are\n%+v", got, want)
	}
	for _, of := range []any{limitsOf(cfg.Limits), limitsOf(cfg.Limits).Limits} {
		v := reflect.ValueOf(of)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("the configuration has nothing for %s", v.Type().Field(i).Name)
			}
		}
	}
}
