package config_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"luahost/internal/config"
)

const telegram = "[telegram]\napi_id = 12345\napi_hash = \"0123\"\n"

const account = "[[account]]\nname = \"main\"\nphone = \"+15550001\"\n"

func noEnv(string) (string, bool) { return "", false }

// write puts the file into a fresh folder and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "luahost.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func publicKey(t *testing.T, bits int) (*rsa.PublicKey, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return &key.PublicKey, x509.MarshalPKCS1PublicKey(&key.PublicKey)
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	path := write(t, `
data    = "state"
scripts = "/srv/rules"

[rules]
decide_within = "1500ms"

[calls]
keep     = "30d"
max_size = "2 GB"

[telegram]
api_id     = 12345
api_hash   = "0123456789abcdef"
server     = "localhost:9443"
server_key = "keys/server.pem"

[[account]]
name  = "main"
phone = "+15550001"

[[account]]
name      = "robot"
bot_token = "42:AAbb-cc_dd"
`)
	folder := filepath.Dir(path)
	if err := os.Mkdir(filepath.Join(folder, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	key, der := publicKey(t, 2048)
	writePEM(t, filepath.Join(folder, "keys/server.pem"), "RSA PUBLIC KEY", der)

	c, err := config.Load(path, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(folder, "state"); c.Data != want {
		t.Errorf("data is %s, want %s", c.Data, want)
	}
	if c.Scripts != "/srv/rules" {
		t.Errorf("scripts is %s", c.Scripts)
	}
	if c.Rules.DecideWithin != 1500*time.Millisecond {
		t.Errorf("rules is %+v", c.Rules)
	}
	if want := (config.Calls{Keep: 30 * 24 * time.Hour, MaxSize: 2e9}); c.Calls != want {
		t.Errorf("calls is %+v, want %+v", c.Calls, want)
	}
	if !key.Equal(c.Telegram.ServerKey) {
		t.Error("the server's key is another")
	}
	c.Telegram.ServerKey = nil
	if want := (config.Telegram{APIID: 12345, APIHash: "0123456789abcdef", Server: "localhost:9443"}); c.Telegram != want {
		t.Errorf("telegram is %+v, want %+v", c.Telegram, want)
	}
	want := []config.Account{{Name: "main", Phone: "+15550001"}, {Name: "robot", BotToken: "42:AAbb-cc_dd"}}
	if len(c.Accounts) != 2 || c.Accounts[0] != want[0] || c.Accounts[1] != want[1] {
		t.Errorf("accounts are %+v, want %+v", c.Accounts, want)
	}
}

// What scripts may use and call, and whom they may ask.
func TestScripts(t *testing.T) {
	c, err := config.Load(write(t, `
allow = ["default", "-messages.sendMessage"]
`+telegram+account+`
[limits]
instructions    = 5_000
time            = "250ms"
depth           = 20
string          = "64KiB"
pattern         = 2_000
source          = "64KB"
in_flight       = 2
handlers        = 3
log_lines       = 4
memory          = "1GiB"
values          = "2MiB"
suspend_after   = 5
old_generations = "7d"

[[script]]
name  = "night.lua"
allow = ["phone.*"]

[[script]]
name  = "home.lua"
hosts = ["private:homeassistant.local:8123"]

[[script]]
name  = "quiet.lua"
hosts = []
allow = []

[http]
hosts    = ["api.example.com", "*.example.com:8443", "127.0.0.1:8123", "[::1]:80"]
timeout  = "5s"
max_size = "2MiB"
listen   = "[::1]:8125"
token    = "0123456789abcdef"
`), noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if want := (config.Limits{
		Instructions: 5000, Time: 250 * time.Millisecond, Depth: 20, String: 65536, Pattern: 2000, Source: 64000, InFlight: 2, Handlers: 3,
		LogLines: 4, Memory: 1 << 30, Values: 2 << 20, SuspendAfter: 5, OldGenerations: 7 * 24 * time.Hour,
	}); c.Limits != want {
		t.Errorf("limits are %+v, want %+v", c.Limits, want)
	}
	for _, may := range []struct {
		script, method string
		want           bool
	}{
		{"other.lua", "phone.discardCall", true},
		{"other.lua", "messages.sendMessage", false},
		{"home.lua", "messages.sendMessage", false},
		{"night.lua", "phone.createGroupCall", true},
		{"night.lua", "users.getUsers", false},
		{"quiet.lua", "phone.discardCall", false},
	} {
		if c.Allow.Of(may.script).Allows(may.method) != may.want {
			t.Errorf("%s may call %s: %v", may.script, may.method, !may.want)
		}
	}
	if err := c.Allow.Check("quiet.lua", "phone.discardCall"); err == nil || !strings.Contains(err.Error(), `add "phone.discardCall" to allow of the [[script]] "quiet.lua" in /`) {
		t.Errorf("the refusal is %v", err)
	}
	if got := strings.Join(c.Configured, " "); got != "night.lua home.lua quiet.lua" {
		t.Errorf("something is said of %s", got)
	}
	h := c.HTTP
	if len(h.Hosts("other.lua")) != 4 || len(h.Hosts("night.lua")) != 4 || len(h.Hosts("quiet.lua")) != 0 || h.Hosts("home.lua")[0] != "private:homeassistant.local:8123" {
		t.Errorf("hosts are %v, %v, %v, %v", h.Hosts("other.lua"), h.Hosts("night.lua"), h.Hosts("quiet.lua"), h.Hosts("home.lua"))
	}
	if h.Timeout != 5*time.Second || h.MaxSize != 2<<20 || h.Listen != "[::1]:8125" || h.Token != "0123456789abcdef" {
		t.Errorf("http is %+v", h)
	}
}

// The token of the environment wins, is checked, and alone is no mistake.
func TestToken(t *testing.T) {
	env := func(token string) func(string) (string, bool) {
		return func(name string) (string, bool) { return token, name == "LUAHOST_HTTP_TOKEN" }
	}
	path := write(t, "[http]\nlisten = \"localhost:8125\"\ntoken = \"0123456789abcdef\"\n"+telegram+account)
	if c, err := config.Load(path, env("abcdefghijklmnopq")); err != nil || c.HTTP.Token != "abcdefghijklmnopq" {
		t.Errorf("the token is %+v, %v", c, err)
	}
	if c, err := config.Load(path, env(" abcdefghijklmnopq\n")); err != nil || c.HTTP.Token != "abcdefghijklmnopq" {
		t.Errorf("the token is %+v, %v", c, err)
	}
	if _, err := config.Load(path, env("\n")); err == nil || !strings.Contains(err.Error(), "listen needs a token") {
		t.Errorf("the error is %v", err)
	}
	want := path + ":2: listen needs a token of 16 characters or more, and that of LUAHOST_HTTP_TOKEN has 5: make one with 'openssl rand -hex 16'"
	if _, err := config.Load(path, env("short")); err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
	if c, err := config.Load(write(t, telegram+account), env("abcdefghijklmnopq")); err != nil || c.HTTP.Listen != "" {
		t.Errorf("a token alone: %+v, %v", c, err)
	}
}

func TestDefaults(t *testing.T) {
	path := write(t, "[telegram]\napi_id = 12345\ntest = true\n"+account)
	env := func(name string) (string, bool) { return "from " + name, true }
	c, err := config.Load(path, env)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(path)
	if c.Data != filepath.Join(folder, "data") || c.Scripts != filepath.Join(folder, "scripts") {
		t.Errorf("folders are %s and %s", c.Data, c.Scripts)
	}
	if c.Rules.DecideWithin != 2*time.Second || c.Calls != (config.Calls{Keep: 90 * 24 * time.Hour, MaxSize: 500e6}) {
		t.Errorf("rules is %+v, calls is %+v", c.Rules, c.Calls)
	}
	if want := "from LUAHOST_API_HASH"; c.Telegram.APIHash != want {
		t.Errorf("api_hash is %q, want %q", c.Telegram.APIHash, want)
	}
	if want := (config.Limits{
		Instructions: 10_000_000, Time: 5 * time.Second, Depth: 200, String: 1 << 20, Pattern: 4_000_000, Source: 1 << 20, InFlight: 1000,
		Handlers: 10_000, LogLines: 100, Memory: 384 << 20, Values: 32 << 20, SuspendAfter: 3, OldGenerations: 24 * time.Hour,
	}); c.Limits != want {
		t.Errorf("limits are %+v, want %+v", c.Limits, want)
	}
	if c.HTTP.Timeout != 30*time.Second || c.HTTP.MaxSize != 1<<20 || c.HTTP.Listen != "" || len(c.HTTP.Hosts("night.lua")) != 0 {
		t.Errorf("http is %+v", c.HTTP)
	}
	if may := c.Allow.Of("night.lua"); !may.Allows("phone.discardCall") || may.Allows("account.deleteAccount") {
		t.Error("allow is not the default")
	}
	if !c.Telegram.Test || c.Telegram.Server != "" || c.Telegram.ServerKey != nil {
		t.Errorf("telegram is %+v", c.Telegram)
	}
}

type mistake = struct{ text, want string }

// limit is a wrong value of a limit, script of an entry of a script, http of a key
// of [http].
func limit(key, value, want string) mistake {
	return mistake{"[limits]\n" + key + " = " + value + "\n" + telegram + account, ":2: " + key + " " + want}
}

func script(name, more, want string) mistake {
	return mistake{telegram + account + "[[script]]\nname = " + name + "\n" + more + "\n", want}
}

func http(more, want string) mistake {
	return mistake{"[http]\n" + more + "\n" + telegram + account, want}
}

const hostForm = `write a host as in "api.example.com", "api.example.com:8443", "*.example.com", "127.0.0.1:8123" or "private:nas.local:5000"`

// Each mistake is one line that begins with the file and goes on as given here.
func TestMistakes(t *testing.T) {
	server := telegram + "server = \"127.0.0.1:9443\"\n"
	for name, test := range map[string]mistake{
		"unknown key near a known one": {
			telegram + "api_hsah = \"x\"\n" + account,
			`:4: unknown key telegram.api_hsah: did you mean api_hash?`,
		},
		"unknown key of an account": {
			telegram + account + "phon = \"+1555\"\n",
			`:7: unknown key account.phon: did you mean phone?`,
		},
		"unknown key near nothing": {
			"colour = 1\n" + telegram + account,
			`:1: unknown key colour: known here are data, scripts, poll, allow, telegram, account, rules, calls, limits, script, http`,
		},
		"unknown table": {
			telegram + "[[acount]]\nname = \"main\"\n",
			`:4: unknown key acount: did you mean account?`,
		},
		"unknown table below a table": {
			telegram + "[telegram.proxy]\nhost = \"x\"\n" + account,
			`:4: unknown key telegram.proxy: known here are api_id, api_hash, server, server_key, test`,
		},
		"not TOML":           {telegram + "server = \n" + account, `:4:10: unexpected character U+000A at start of value`},
		"given twice":        {telegram + "api_id = 7\n", `:4:1: key api_id is already defined`},
		"wrong type":         {"[telegram]\napi_id = \"12345\"\n", `:2:10: telegram.api_id wants a whole number, not this string`},
		"wrong type, text":   {"data = 5\n", `:1:8: data wants text in quotes, not this integer`},
		"wrong type, table":  {"telegram = 5\n", `:1:12: telegram wants a table, [telegram], not this integer`},
		"wrong type, switch": {telegram + "test = \"yes\"\n", `:4:8: telegram.test wants true or false, not this string`},

		"empty folder": {
			"scripts = \"\"\n" + telegram + account,
			`:1: scripts is empty: name a folder, or leave the line out for "scripts"`,
		},
		"a poll without rest": {
			"poll = \"50ms\"\n" + telegram + account,
			`:1: poll is "50ms": write how often the scripts are looked at, as in "10s", at least "1s", or "0" for never`,
		},
		"a rule that decides at once": {
			"[rules]\ndecide_within = \"0s\"\n" + telegram + account,
			`:2: decide_within is "0s": write how long a rule may hold up the next one, as in "2s"`,
		},
		"no duration": {
			"[calls]\nkeep = \"a while\"\n" + telegram + account,
			`:2: keep is "a while": write how long calls are kept, as in "90d", or "0" for ever`,
		},
		"no size": {
			"[calls]\nmax_size = \"500\"\n" + telegram + account,
			`:2: max_size is "500": write how large the log may grow, as in "500MB" or "2GB", or "0" for no limit`,
		},
		"no api_id": {
			"[telegram]\napi_hash = \"0123\"\n" + account,
			`:1: api_id is missing: every application needs its own, get it at https://my.telegram.org under API development tools`,
		},
		"no telegram": {
			account,
			`: api_id is missing: every application needs its own, get it at https://my.telegram.org under API development tools`,
		},
		"negative api_id": {
			"[telegram]\napi_id = -1\n",
			`:2: api_id is negative: copy it from https://my.telegram.org`,
		},
		"no api_hash": {
			"[telegram]\napi_id = 1\n" + account,
			`:1: api_hash is missing: copy it from https://my.telegram.org, beside the api_id, or set LUAHOST_API_HASH`,
		},
		"test and server": {
			server + "server_key = \"k\"\ntest = true\n" + account,
			`:6: test and server exclude each other: test means Telegram's own test servers`,
		},
		"server without key": {
			server + account,
			`:4: server needs server_key: the file with that server's public RSA key`,
		},
		"key without server": {
			telegram + "server_key = \"k\"\n" + account,
			`:4: server_key is of no use without server: name the server too, or remove the key`,
		},
		"server without port": {
			telegram + "server = \"localhost\"\nserver_key = \"k\"\n" + account,
			`:4: server is "localhost": write host:port, as in 127.0.0.1:9443`,
		},
		"server without host": {
			telegram + "server = \":9443\"\nserver_key = \"k\"\n" + account,
			`:4: server is ":9443": write host:port, as in 127.0.0.1:9443`,
		},
		"server with a wrong port": {
			telegram + "server = \"localhost:65536\"\nserver_key = \"k\"\n" + account,
			`:4: server is "localhost:65536": the port is a number from 1 to 65535`,
		},

		"key of the top in a table": {
			telegram + "allow = [\"*\"]\n" + account,
			`:4: unknown key telegram.allow: allow belongs above the first table, or [allow] after the keys of this one`,
		},
		"limit of no such name": {
			"[limits]\ninstruction = 5\n" + telegram + account,
			`:2: unknown key limits.instruction: did you mean instructions?`,
		},
		"limit as text": {
			"[limits]\ndepth = \"200\"\n" + telegram + account,
			`:2:9: limits.depth wants a whole number, not this string`,
		},
		"limit with a fraction": {
			"[limits]\ndepth = 20.5\n" + telegram + account,
			`:2:9: limits.depth wants a whole number, not this float`,
		},
		"duration as a number": {
			"[limits]\ntime = 5\n" + telegram + account,
			`:2:8: limits.time wants a duration in quotes, as in "1h30m", not this integer`,
		},
		"size as a number": {
			"[limits]\nmemory = 384\n" + telegram + account,
			`:2:10: limits.memory wants a size in quotes, as in "500MB", not this integer`,
		},
		"instructions":    limit("instructions", "0", "is 0: write a whole number from 1000 to 1000000000000"),
		"depth":           limit("depth", "100_000", "is 100000: write a whole number from 20 to 1000"),
		"pattern":         limit("pattern", "-1", "is -1: write a whole number from 1000 to 1000000000"),
		"in_flight":       limit("in_flight", "0", "is 0: write a whole number from 1 to 100000"),
		"handlers":        limit("handlers", "0", "is 0: write a whole number from 1 to 1000000"),
		"log_lines":       limit("log_lines", "0", "is 0: write a whole number from 1 to 100000"),
		"suspend_after":   limit("suspend_after", "0", "is 0: write a whole number from 1 to 1000000"),
		"string":          limit("string", `"1TB"`, `is "1TB": write it as in "500MB", "64KB" or "1MiB"`),
		"source":          limit("source", `"0"`, `is "0": write from 1KiB to 1GiB`),
		"memory":          limit("memory", `"1MB"`, `is "1MB": write from 64MiB to 1024GiB`),
		"time":            limit("time", `"0s"`, `is "0s": write 10ms or more`),
		"time in words":   limit("time", `"long"`, `is "long": write it as in "7d", "1h30m", "20s" or "250ms"`),
		"old_generations": limit("old_generations", `"0"`, `is "0": write 1s or more`),

		"allow as text": {
			"allow = \"default\"\n" + telegram + account,
			`:1:9: allow wants a list, as in ["one", "two"], not this string`,
		},
		"allow of numbers": {
			"allow = [1]\n" + telegram + account,
			`:1:10: allow wants a list, as in ["one", "two"], not this integer`,
		},
		"allow misspelt": {
			"allow = [\"default\", \"acount.updateStatus\"]\n" + telegram + account,
			`:1: allow has "acount.updateStatus": Telegram has no such method, did you mean "account.updateStatus"?`,
		},
		"allow takes from nothing": {
			"allow = [\"-phone.*\"]\n" + telegram + account,
			`:1: allow begins with "-phone.*", which takes away from nothing: put "default" before it`,
		},
		"script's allow misspelt": script(`"night.lua"`, `allow = ["phone"]`, `:9: script allow has "phone": for all methods of phone write "phone.*"`),
		"script's key misspelt":   script(`"night.lua"`, `alow = ["phone.*"]`, `:9: unknown key script.alow: did you mean allow?`),
		"script's host":           script(`"night.lua"`, `hosts = ["a b"]`, `:9: script hosts has "a b": `+hostForm),
		"script without a name":   {telegram + account + "[[script]]\nallow = []\n", `:7: script name is missing: name the file of the script, as in night.lua`},
		"script of no ending":     script(`"night"`, "", `:8: script name is "night": write the name of the script's file, as in night.lua`),
		"script in a folder":      script(`"lib/night.lua"`, "", `:8: script name is "lib/night.lua": a script lies directly in the scripts folder, so write its name alone, as in night.lua`),
		"script that is a test":   script(`"night_test.lua"`, "", `:8: script name is "night_test.lua", which is no script: tests and hidden files are not loaded`),
		"script for scripts":      {"script = \"rules\"\n" + telegram + account, `:1:10: script wants a table, [[script]], not this string: did you mean scripts?`},
		"script twice":            script(`"night.lua"`, "[[script]]\nname = \"night.lua\"", `:10: script name is "night.lua", which stands above already: put both into one [[script]]`),

		"host that is a URL":          http(`hosts = ["https://api.example.com/x"]`, `:2: hosts has "https://api.example.com/x": write the host alone, as in "api.example.com"`),
		"any host":                    http(`hosts = ["*"]`, `:2: hosts has "*": name those that scripts may ask, as in "api.example.com" or "*.example.com"`),
		"host with a port of letters": http(`hosts = ["a.example.com:http"]`, `:2: hosts has "a.example.com:http": `+hostForm),
		"host twice":                  http(`hosts = ["a.example.com", "a.example.com"]`, `:2: hosts has "a.example.com" twice: remove one`),
		"timeout":                     http(`timeout = "1ms"`, `:2: timeout is "1ms": write 100ms or more`),
		"max_size":                    http(`max_size = "1"`, `:2: max_size is "1": write it as in "500MB", "64KB" or "1MiB"`),
		"listen without port":         http(`listen = "127.0.0.1"`, `:2: listen is "127.0.0.1": write host:port, as in 127.0.0.1:9443`),
		"listen to the world":         http("listen = \"0.0.0.0:8125\"\ntoken = \"0123456789abcdef\"", `:2: listen is "0.0.0.0:8125", which others on the network could reach: listen on 127.0.0.1 and put a proxy with TLS in front`),
		"listen without token":        http(`listen = "127.0.0.1:8125"`, `:2: listen needs a token: make one with 'openssl rand -hex 16', and write it as token or set LUAHOST_HTTP_TOKEN`),
		"short token":                 http("listen = \"127.0.0.1:8125\"\ntoken = \"secret\"", `:3: token has 6 characters: it needs 16 or more, as 'openssl rand -hex 16' makes`),
		"token without listen":        http(`token = "0123456789abcdef"`, `:2: token is of no use without listen: say where web hooks come in, or remove the token`),

		"no account": {
			telegram,
			`: there is no [[account]]: add one with a name and a phone, or a bot_token`,
		},
		"no name": {
			telegram + "[[account]]\nphone = \"+15550001\"\n",
			`:4: account name is missing: the account needs one for its session file and the log`,
		},
		"name unsafe as a file": {
			telegram + "[[account]]\nname = \"../main\"\nphone = \"+15550001\"\n",
			`:5: account name is "../main": it names a file, so use up to 64 letters, digits, - and _`,
		},
		"name twice": {
			telegram + account + strings.Replace(account, "main", "Main", 1),
			`:8: account name is "Main", but an account "main" stands above: give each its own`,
		},
		"phone twice": {
			telegram + account + strings.Replace(account, "main", "work", 1),
			`:9: account phone is that of account "main" as well: remove one of the two, or both handle every call`,
		},
		"token twice": {
			telegram + "[[account]]\nname = \"a\"\nbot_token = \"1:a\"\n[[account]]\nname = \"b\"\nbot_token = \"1:a\"\n",
			`:9: account bot_token is that of account "a" as well: remove one of the two, or both handle every call`,
		},
		"neither phone nor token": {
			telegram + "[[account]]\nname = \"main\"\n",
			`:4: account "main" has neither phone nor bot_token: give it one`,
		},
		"both phone and token": {
			telegram + account + "bot_token = \"1:a\"\n",
			`:4: account "main" has both phone and bot_token: remove one`,
		},
		"phone without country code": {
			telegram + "[[account]]\nname = \"main\"\nphone = \"5550001\"\n",
			`:6: account phone is not a number with its country code: write + and 5 to 15 digits, as in +15550001`,
		},
		"token that is none": {
			telegram + "[[account]]\nname = \"main\"\nbot_token = \"secret\"\n",
			`:6: account bot_token is not a token: copy it from @BotFather, digits, a colon and the rest`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, test.text)
			_, err := config.Load(path, noEnv)
			if err == nil {
				t.Fatal("no error")
			}
			if want := path + test.want; err.Error() != want {
				t.Errorf("the error is\n%s\nwant\n%s", err, want)
			}
		})
	}
}

func TestServerKeys(t *testing.T) {
	_, der := publicKey(t, 2048)
	_, short := publicKey(t, 1024)
	path := write(t, telegram+"server = \"localhost:9443\"\nserver_key = \"server.pem\"\n"+account)
	keyPath := filepath.Join(filepath.Dir(path), "server.pem")
	for _, test := range []struct {
		name  string
		write func()
		want  string
	}{
		{"missing", func() {}, "cannot be read: " + keyPath + ": no such file or directory"},
		{
			"no PEM", func() { _ = os.WriteFile(keyPath, []byte("key"), 0o600) },
			"is " + keyPath + ", which holds no PEM: it must begin with -----BEGIN RSA PUBLIC KEY-----",
		},
		{
			"PKIX", func() { writePEM(t, keyPath, "PUBLIC KEY", der) },
			"is " + keyPath + ", which is PKIX, not PKCS#1: convert it with openssl rsa -pubin -RSAPublicKey_out",
		},
		{
			"private", func() { writePEM(t, keyPath, "RSA PRIVATE KEY", der) },
			"is " + keyPath + ", which holds a RSA PRIVATE KEY, not the RSA PUBLIC KEY of the server",
		},
		{
			"cut off", func() { writePEM(t, keyPath, "RSA PUBLIC KEY", der[:9]) },
			"is " + keyPath + ", which is damaged: asn1: syntax error: data truncated",
		},
		{
			"short", func() { writePEM(t, keyPath, "RSA PUBLIC KEY", short) },
			"is " + keyPath + ", which has 1024 bits: Telegram's key exchange needs 2048",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.write()
			_, err := config.Load(path, noEnv)
			if want := path + ":5: server_key " + test.want; err == nil || err.Error() != want {
				t.Errorf("the error is\n%v\nwant\n%s", err, want)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	folder := t.TempDir()
	missing := filepath.Join(folder, "luahost.toml")
	for path, want := range map[string]string{
		missing: missing + ": there is no such file: write one as the README shows, or name another with --config",
		folder:  folder + ": is a directory",
	} {
		if _, err := config.Load(path, noEnv); err == nil || err.Error() != want {
			t.Errorf("the error is\n%v\nwant\n%s", err, want)
		}
	}
}

// The registry and the struct that the file is decoded into have the same keys:
// each is known, so that the decoder takes it and an unknown one is answered with
// those there are.
func TestRegistry(t *testing.T) {
	for _, k := range config.Keys() {
		if strings.HasPrefix(k.Holds, "a table") {
			continue
		}
		value := k.Default
		for _, v := range []string{k.Example, k.Rare} {
			if v != "" {
				value = v
			}
		}
		table, name := "", k.Name
		if i := strings.LastIndexByte(k.Name, '.'); i >= 0 {
			table, name = "["+k.Name[:i]+"]\n", k.Name[i+1:]
		}
		_, err := config.Load(write(t, table+name+" = "+value+"\n"), noEnv)
		if err != nil && (strings.Contains(err.Error(), "unknown key") || strings.Contains(err.Error(), "wants")) {
			t.Errorf("%s: %v", k.Name, err)
		}
		if k.Doc == "" || value == "" {
			t.Errorf("%s is not described", k.Name)
		}
	}
}
