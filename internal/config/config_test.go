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
	if !c.Telegram.Test || c.Telegram.Server != "" || c.Telegram.ServerKey != nil {
		t.Errorf("telegram is %+v", c.Telegram)
	}
}

// Each mistake is one line that begins with the file and goes on as given here.
func TestMistakes(t *testing.T) {
	server := telegram + "server = \"127.0.0.1:9443\"\n"
	for name, test := range map[string]struct{ text, want string }{
		"unknown key near a known one": {
			telegram + "api_hsah = \"x\"\n" + account,
			`:4: unknown key telegram.api_hsah: did you mean api_hash?`,
		},
		"unknown key of an account": {
			telegram + account + "fone = \"+1555\"\n",
			`:7: unknown key account.fone: did you mean phone?`,
		},
		"unknown key near nothing": {
			"colour = 1\n" + telegram + account,
			`:1: unknown key colour: known here are data, scripts, rules, calls, telegram, account`,
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
