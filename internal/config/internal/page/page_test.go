package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"luahost/internal/config"
)

func noEnv(string) (string, bool) { return "", false }

func TestPageIsCurrent(t *testing.T) {
	text, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != page() {
		t.Error("docs/configuration.md is not what the registry says: run go generate ./internal/config/...")
	}
}

func load(t *testing.T, text string) *config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "luahost.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The example is a configuration, and what it shows as defaults are the defaults.
func TestExample(t *testing.T) {
	shown := load(t, example())
	bare := load(t, "[telegram]\napi_id = 1\napi_hash = \"x\"\n[[account]]\nname = \"main\"\nphone = \"+15550001\"\n")
	if shown.Limits != bare.Limits || shown.Rules != bare.Rules || shown.Calls != bare.Calls {
		t.Errorf("the example has %+v %+v %+v\nand the defaults are %+v %+v %+v", shown.Limits, shown.Rules, shown.Calls, bare.Limits, bare.Rules, bare.Calls)
	}
	if shown.HTTP.Timeout != bare.HTTP.Timeout || shown.HTTP.MaxSize != bare.HTTP.MaxSize || len(shown.HTTP.Hosts("other.lua")) != 0 {
		t.Errorf("the example has %+v, the defaults are %+v", shown.HTTP, bare.HTTP)
	}
	for _, name := range []string{"phone.discardCall", "account.updateStatus"} {
		if shown.Allow.Of("other.lua").Allows(name) != bare.Allow.Of("other.lua").Allows(name) {
			t.Errorf("the example and the default differ in %s", name)
		}
	}
	if !shown.Allow.Of("night.lua").Allows("account.updateStatus") || shown.Allow.Of("night.lua").Allows("account.deleteAccount") {
		t.Error("night.lua of the example may not what is shown")
	}
}

// What is shown as a comment is right as well.
func TestRareKeys(t *testing.T) {
	hooks := strings.NewReplacer("# listen", "listen", `# token    = "…"`, `token = "0123456789abcdef"`).Replace(example())
	if c := load(t, hooks); c.HTTP.Listen != "127.0.0.1:8125" || c.HTTP.Token != "0123456789abcdef" {
		t.Errorf("web hooks are %+v", c.HTTP)
	}
	bot := strings.NewReplacer("phone     =", "# phone =", "# bot_token", "bot_token").Replace(example())
	if c := load(t, bot); c.Accounts[0].BotToken == "" {
		t.Errorf("the account is %+v", c.Accounts[0])
	}
}
