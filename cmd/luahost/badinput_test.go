package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
)

// badInput is something that a person got wrong, and the one line that says so.
// ADDR stands for the address of an embedded Telegram, whose key is in server.pem
// and where +15550001 and +15550002 have phones.
type badInput struct {
	name  string
	args  string            // of luahost
	files map[string]string // "folder/" makes a folder
	env   string            // NAME=value
	stdin string
	first func(*badWorld) // does what files cannot say
	asked bool            // a person is asked, so that there are other lines
	want  string          // after "luahost: "
}

const (
	telegramTable = "[telegram]\napi_id = 1\napi_hash = \"abc\"\n"
	mainAccount   = "[[account]]\nname = \"main\"\nphone = \"+15550001\"\n"
	atServer      = telegramTable + "server = \"ADDR\"\nserver_key = \"server.pem\"\n" + mainAccount
	ringAt        = "ring --server ADDR --server-key server.pem "
	seeRing       = "; see 'luahost ring --help'"
	noneAt        = "127.0.0.1:1" // where nobody listens
)

// toml is a file luahost.toml with the text.
func toml(text string) map[string]string { return map[string]string{"luahost.toml": text} }

var badInputs = []badInput{
	// The command line.
	{name: "no such command", args: "dmeo", want: `unknown command "dmeo" (did you mean "demo"?); see 'luahost --help'`},
	{name: "help for no command", args: "help dmeo", want: `unknown command "dmeo" (did you mean "demo"?); see 'luahost --help'`},
	{name: "a time without a unit", args: "soak --for 5", want: `invalid argument "5" for "--for" flag: give a time such as 500ms, 20s or 10m; see 'luahost soak --help'`},
	{name: "no such flag", args: "run --confg x", want: `unknown flag: --confg; see 'luahost run --help'`},
	{name: "flag without its value", args: "run --config", want: `flag needs an argument: --config; see 'luahost run --help'`},
	{name: "one argument too many", args: "login main work", want: `unexpected argument "work"; see 'luahost login --help'`},

	// The configuration.
	{name: "no configuration", args: "run", want: "luahost.toml: there is no such file: write one as the README shows, or name another with --config"},
	{name: "configuration is a folder", args: "run", files: map[string]string{"luahost.toml/": ""}, want: "luahost.toml: is a directory"},
	{name: "no TOML", args: "run", files: toml("data = \"data\"\nscripts = \"scr\n"), want: "luahost.toml:2:15: basic strings cannot have new lines"},
	{name: "unknown key", args: "run", files: toml("script = \"x\"\n" + telegramTable + mainAccount), want: "luahost.toml:1:10: script wants a table, [[script]], not this string: did you mean scripts?"},
	{name: "permission misspelt", args: "run", files: toml("allow = [\"default\", \"acount.updateStatus\"]\n" + telegramTable + mainAccount), want: `luahost.toml:1: allow has "acount.updateStatus": Telegram has no such method, did you mean "account.updateStatus"?`},
	{name: "permission in a table", args: "run", files: toml(telegramTable + "allow = [\"*\"]\n" + mainAccount), want: "luahost.toml:4: unknown key telegram.allow: allow belongs above the first table, or [allow] after the keys of this one"},
	{name: "limit of nothing", args: "run", files: toml("[limits]\ninstructions = 0\n" + telegramTable + mainAccount), want: "luahost.toml:2: instructions is 0: write a whole number from 1000 to 1000000000000"},
	{name: "script without its ending", args: "run", files: toml(telegramTable + mainAccount + "[[script]]\nname = \"night\"\n"), want: `luahost.toml:8: script name is "night": write the name of the script's file, as in night.lua`},
	{name: "hooks for everybody", args: "run", env: "LUAHOST_HTTP_TOKEN=0123456789abcdef", files: toml("[http]\nlisten = \"0.0.0.0:8125\"\n" + telegramTable + mainAccount), want: `luahost.toml:2: listen is "0.0.0.0:8125", which others on the network could reach: listen on 127.0.0.1 and put a proxy with TLS in front`},
	{name: "hooks without a token", args: "run", files: toml("[http]\nlisten = \"127.0.0.1:8125\"\n" + telegramTable + mainAccount), want: "luahost.toml:2: listen needs a token: make one with 'openssl rand -hex 16', and write it as token or set LUAHOST_HTTP_TOKEN"},
	{name: "reload of no luahost", args: "reload", files: toml(telegramTable + mainAccount), want: "no luahost runs with the data folder data; start one with 'luahost run'"},
	{name: "reload with a flag for another", args: "reload --json", files: toml(telegramTable + mainAccount), want: "unknown flag: --json; see 'luahost reload --help'"},
	{
		name: "no api_id", args: "login", files: toml("[telegram]\napi_hash = \"abc\"\n" + mainAccount),
		want: "luahost.toml:1: api_id is missing: every application needs its own, get it at https://my.telegram.org under API development tools",
	},
	{
		name: "no api_hash", args: "login", files: toml("[telegram]\napi_id = 1\n" + mainAccount),
		want: "luahost.toml:1: api_hash is missing: copy it from https://my.telegram.org, beside the api_id, or set LUAHOST_API_HASH",
	},
	{
		name: "api_hash from the environment is empty", args: "login", env: "LUAHOST_API_HASH= ", files: toml("[telegram]\napi_id = 1\n" + mainAccount),
		want: "luahost.toml:1: api_hash is missing: copy it from https://my.telegram.org, beside the api_id, or set LUAHOST_API_HASH",
	},
	{name: "no account", args: "run", files: toml(telegramTable), want: "luahost.toml: there is no [[account]]: add one with a name and a phone, or a bot_token"},
	{name: "another account", args: "login work", files: toml(telegramTable + mainAccount), want: `no account "work" in luahost.toml; give the name of one of its [[account]] entries`},
	{name: "server without a port", args: "run", files: toml(telegramTable + "server = \"localhost\"\nserver_key = \"server.pem\"\n" + mainAccount), want: `luahost.toml:4: server is "localhost": write host:port, as in 127.0.0.1:9443`},
	{name: "no key file", args: "run", files: toml(telegramTable + "server = \"ADDR\"\nserver_key = \"other.pem\"\n" + mainAccount), want: "luahost.toml:5: server_key cannot be read: other.pem: no such file or directory"},
	{
		name: "key file holds none", args: "run", files: toml(telegramTable + "server = \"ADDR\"\nserver_key = \"luahost.toml\"\n" + mainAccount),
		want: "luahost.toml:5: server_key is luahost.toml, which holds no PEM: it must begin with -----BEGIN RSA PUBLIC KEY-----",
	},
	{name: "data folder is a file", args: "login", files: toml("data = \"luahost.toml\"\n" + atServer), want: "database luahost.toml/luahost.db: cannot be written: luahost.toml: not a directory"},

	// Logging in.
	{name: "no input", args: "login", files: toml(atServer), asked: true, want: "account main: log in: ask for the code: the input ended before an answer came"},
	{name: "wrong code", args: "login", files: toml(atServer), stdin: "1\n2\n3\n", asked: true, want: "account main: log in: the code was wrong 3 times: try again later"},
	{
		name: "wrong password", args: "login", files: toml(strings.Replace(atServer, "0001", "0003", 1)), stdin: "12345\na\nb\nc\n", asked: true,
		want: "account main: log in: the two-step password was wrong 3 times: try again later",
	},
	{
		name: "phone of nobody", args: "login", files: toml(strings.Replace(atServer, "0001", "0009", 1)), stdin: "12345\n", asked: true,
		want: "account main: log in: the phone number has no account: make one with a Telegram app first: sign in: rpc error code 400: PHONE_NUMBER_UNOCCUPIED",
	},
	{
		name: "another server", args: "login", files: toml(strings.Replace(atServer, "server.pem", "other.pem", 1)), first: (*badWorld).otherKey,
		want: "account main: the server has another key than server_key says: get the public key of ADDR anew",
	},

	// The host.
	{
		name: "the second on its data folder", args: "run", files: withScript(atServer), first: (*badWorld).taken,
		want: "a luahost runs with the data folder data: end that one first, or give this one a 'data' of its own",
	},
	{name: "no folder for data", args: "run", files: toml("data = \"luahost.toml\"\n" + atServer), want: "data folder: mkdir luahost.toml: not a directory"},
	{name: "no scripts folder", args: "run", files: toml(atServer), want: "the scripts folder scripts does not exist; make it, or correct its name"},
	{name: "not logged in", args: "run", files: withScript(atServer), want: "account main: not logged in: run luahost login main first"},
	{
		name: "session file is no such", args: "run", files: with(withScript(atServer), "data/main.session", "junk"),
		want: "account main: session file data/main.session is damaged (unmarshal: invalid character 'j' looking for beginning of value): remove it and log in again: luahost login main",
	},
	{
		name: "database is no such", args: "run", files: with(withScript(atServer), "data/luahost.db", "junk"),
		want: "database data/luahost.db: it is damaged (failed to initialize: file is not a database (26)): move it away, luahost starts a new one, without the calls of the past",
	},
	{name: "session was revoked", args: "run", files: withScript(atServer), first: (*badWorld).revoke, want: "account main: logged out by Telegram (SESSION_REVOKED): log in again: luahost login main"},

	// The demo.
	{name: "no such scripts", args: "demo --scripts nowhere", want: "no folder nowhere; make it and put a script in, or leave --scripts out"},
	{name: "scripts in a file", args: "demo --scripts a.lua", files: map[string]string{"a.lua": ""}, want: "a.lua is a file; give --scripts the folder of the scripts"},
	{name: "calls are no number", args: "demo --calls many", want: `invalid argument "many" for "--calls" flag; see 'luahost demo --help'`},
	{name: "no pace", args: "demo --pace 0s", want: "--pace 0s: give a time such as 500ms or 2s"},

	// The embedded Telegram.
	{name: "no address", args: "sim --public-key k.pem", want: "--listen is missing; see 'luahost sim --help'"},
	{name: "no key", args: "sim --listen 127.0.0.1:0", want: "--public-key is missing; see 'luahost sim --help'"},
	{name: "port taken", args: "sim --listen ADDR --public-key k.pem", want: "listen on ADDR: bind: address already in use; end what listens there, or give --listen another port (0: any free one)"},
	{name: "no port", args: "sim --listen localhost --public-key k.pem", want: "listen on localhost: address localhost: missing port in address"},
	{name: "no such port", args: "sim --listen 127.0.0.1:99999 --public-key k.pem", want: "listen on 127.0.0.1:99999: address 99999: invalid port"},
	{name: "no folder for the key", args: "sim --listen 127.0.0.1:0 --public-key nowhere/k.pem", want: "--public-key nowhere/k.pem: there is no folder nowhere"},
	{name: "key is a folder", args: "sim --listen 127.0.0.1:0 --public-key f", files: map[string]string{"f/": ""}, want: "--public-key f: is a directory"},
	{name: "key over something else", args: "sim --listen 127.0.0.1:0 --public-key a.lua", files: map[string]string{"a.lua": "print(1)"}, want: "--public-key a.lua: the file holds something else; name another one"},
	{name: "too few users", args: "sim --listen 127.0.0.1:0 --public-key k.pem --users 1", want: "--users 1: give a number from 2 to 9999"},
	{name: "too many users", args: "sim --listen 127.0.0.1:0 --public-key k.pem --users 10000", want: "--users 10000: give a number from 2 to 9999"},
	{
		name: "kept by something else", args: "sim --listen 127.0.0.1:0 --public-key k.pem --keep a.lua", files: map[string]string{"a.lua": "print(1)"},
		want: "--keep a.lua: the file is not what an earlier start has kept; name another one, or remove it",
	},
	{name: "kept in the key's file", args: "sim --listen 127.0.0.1:0 --public-key k.pem --keep ./k.pem", want: "--keep and --public-key name the same file, ./k.pem: give each its own"},
	{name: "no folder to keep in", args: "sim --listen 127.0.0.1:0 --public-key k.pem --keep nowhere/k.json", want: "--keep nowhere/k.json: there is no folder nowhere"},

	// Ringing.
	{name: "no server", args: "ring", want: "--server is missing" + seeRing},
	{name: "no server key", args: "ring --server ADDR --as +15550002 --to +15550001", want: "--server-key is missing" + seeRing},
	{name: "nobody to ring", args: ringAt + "--as +15550002", want: "--to is missing" + seeRing},
	{name: "ring at no port", args: "ring --server localhost --server-key server.pem --as +15550002 --to +15550001", want: `--server is "localhost": write host:port, as in 127.0.0.1:9443` + seeRing},
	{name: "no phone", args: ringAt + "--as Ben --to +15550001", want: "--as Ben: give a phone number with its country code, as in +15550001" + seeRing},
	{name: "oneself", args: ringAt + "--as +15550001 --to 15550001", want: "--to +15550001: nobody can ring himself" + seeRing},
	{name: "for no time", args: ringAt + "--as +15550002 --to +15550001 --for 0s", want: "--for 0s: give a time such as 20s" + seeRing},
	{name: "ring without a key file", args: "ring --server ADDR --server-key other.pem --as +15550002 --to +15550001", want: "--server-key cannot be read: other.pem: no such file or directory"},
	{name: "nobody listens", args: "ring --server " + noneAt + " --server-key server.pem --as +15550002 --to +15550001", want: "the server cannot be reached: " + noneAt + ": dial tcp " + noneAt + ": connect: connection refused"},
	{name: "ring another server", args: "ring --server ADDR --server-key other.pem --as +15550002 --to +15550001", first: (*badWorld).otherKey, want: "the server has another key than server_key says: get the public key of ADDR anew"},
	{name: "ring as nobody", args: ringAt + "--as +15550009 --to +15550001", want: "--as +15550009: nobody has this phone there"},
	{name: "ring nobody", args: ringAt + "--as +15550002 --to +15550009", want: "--to +15550009: nobody has this phone there"},
	{name: "ring who does not want it", args: ringAt + "--as +15550002 --to +15550003", want: "Telegram refuses the call: USER_PRIVACY_RESTRICTED (403)"},
	{
		name: "ring elsewhere than at an embedded Telegram", args: ringAt + "--as +15550002 --to +15550001", first: (*badWorld).pretend,
		want: "ADDR is no embedded Telegram, and ring logs in to no other: start one with 'luahost sim'",
	},
}

func with(files map[string]string, name, text string) map[string]string {
	files[name] = text
	return files
}

// withScript is a configuration beside a folder with a script.
func withScript(text string) map[string]string {
	return with(toml(text), "scripts/quiet.lua", `on("call", function() end)`)
}

// Every mistake that a person can make here is said in one line, which names what
// is wrong and what to do, and the program ends with status 1.
func TestBadInput(t *testing.T) {
	w := newBadWorld(t)
	for _, bad := range badInputs {
		t.Run(bad.name, func(t *testing.T) {
			if bad.first == nil { // which may spoil the embedded Telegram for others
				t.Parallel()
			}
			w := &badWorld{T: t, telegram: w.telegram, server: w.server, ada: w.ada, dir: t.TempDir()}
			for name, text := range bad.files {
				w.write(name, text)
			}
			w.write("server.pem", string(w.server.PublicKeyPEM()))
			if bad.first != nil {
				bad.first(w)
			}
			code, out, errs := w.luahost(bad)
			lines := strings.Split(strings.TrimSuffix(errs, "\n"), "\n")
			last := len(lines) - 1
			if want := "luahost: " + w.named(bad.want); lines[last] != want {
				t.Errorf("it says\n%s\nand not\n%s", errs, want)
			}
			for _, line := range lines[:last] {
				if !bad.asked && !strings.Contains(line, "level=INFO") { // a script was loaded
					t.Errorf("it says more than one line:\n%s", errs)
				}
			}
			if code != 1 {
				t.Errorf("the status is %d", code)
			}
			if out != "" && !strings.HasPrefix(bad.args, ringAt) {
				t.Errorf("it prints\n%s", out)
			}
		})
	}
}

// badWorld is an embedded Telegram to get things wrong with.
type badWorld struct {
	*testing.T
	telegram *simulator.Telegram
	server   *server.Server
	ada      int64
	dir      string // of the program
}

func newBadWorld(t *testing.T) *badWorld {
	w := &badWorld{T: t, telegram: simulator.New(simulator.Options{})}
	for i, u := range []simulator.User{
		{Phone: "+15550001", FirstName: "Ada"},
		{Phone: "+15550002", FirstName: "Ben"},
		{Phone: "+15550003", FirstName: "Carla", Password: "secret", CallsFrom: simulator.Nobody},
	} {
		id, err := w.telegram.AddUser(u)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			w.ada = id
		}
	}
	var err error
	if w.server, err = server.Listen(server.Options{Telegram: w.telegram}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = w.server.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		serving.Wait()
	})
	return w
}

func (w *badWorld) named(text string) string {
	return strings.ReplaceAll(text, "ADDR", w.server.Addr().String())
}

func (w *badWorld) write(name, text string) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	folder := filepath.Dir(path)
	if strings.HasSuffix(name, "/") {
		folder = path
	}
	err := os.MkdirAll(folder, 0o700)
	if err == nil && folder != path {
		err = os.WriteFile(path, []byte(w.named(text)), 0o600)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// luahost runs the real program.
func (w *badWorld) luahost(bad badInput) (code int, out, errs string) {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "luahost", strings.Fields(w.named(bad.args))...)
	cmd.Dir, cmd.Stdin = w.dir, io.Reader(strings.NewReader(bad.stdin))
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	if bad.env != "" {
		cmd.Env = append(cmd.Env, bad.env)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// taken has another luahost run, whose database stays as it is: that of a newer
// luahost would change under it.
func (w *badWorld) taken() {
	w.Helper()
	unlock, err := lockData(filepath.Join(w.dir, "data"), "wait")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		unlock()
		if _, err := os.Stat(filepath.Join(w.dir, "data", "luahost.db")); !errors.Is(err, fs.ErrNotExist) {
			w.Errorf("the second opened the database: %v", err)
		}
	})
}

// otherKey puts the key of another server into other.pem.
func (w *badWorld) otherKey() {
	w.Helper()
	other, err := server.Listen(server.Options{Telegram: simulator.New(simulator.Options{})})
	if err != nil {
		w.Fatal(err)
	}
	over, cancel := context.WithCancel(w.Context())
	cancel()
	_ = other.Run(over) // lets go of the port
	w.write("other.pem", string(other.PublicKeyPEM()))
}

// revoke logs Ada in and has Telegram end that session.
func (w *badWorld) revoke() {
	w.Helper()
	if code, _, errs := w.luahost(badInput{args: "login", stdin: "12345\n"}); code != 0 {
		w.Fatal(errs)
	}
	w.Cleanup(w.telegram.Inject(simulator.Fault{
		Method: "users.getUsers", Err: simulator.Refuse(401, "SESSION_REVOKED"), User: w.ada, Times: -1,
	}))
}

// pretend has the embedded Telegram look like another one.
func (w *badWorld) pretend() {
	w.Cleanup(w.telegram.Inject(simulator.Fault{
		Method: (&tg.HelpGetNearestDCRequest{}).TypeName(), Err: simulator.Refuse(400, "METHOD_INVALID"), Times: -1,
	}))
}
