package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// The tests of this file run programs alone: luahost sim, luahost run, and
// clients of Telegram by others, unchanged and configured at run time.

const clientsDir = "testdata/clients"

// needClients skips a test where the clients are not installed.
func needClients(t *testing.T) {
	t.Helper()
	_, noNode := exec.LookPath("node")
	_, noModules := os.Stat(filepath.Join(clientsDir, "node_modules", "telegram"))
	if noNode != nil || noModules != nil {
		t.Skip("install Node.js 20, and then the clients: npm ci --prefix cmd/luahost/" + clientsDir)
	}
}

// program is a program that runs beside the test, and what it prints.
type program struct {
	t     *testing.T
	name  string
	in    io.WriteCloser
	cmd   *exec.Cmd
	lines chan string // closed when it ends
	ended chan struct{}
}

// stop interrupts the program and waits for its end.
func (p *program) stop() {
	p.in.Close()
	p.cmd.Process.Signal(os.Interrupt)
	<-p.ended
}

// launch starts a program that is interrupted when the test ends, if not before.
func launch(t *testing.T, dir, name string, args ...string) *program {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	out, printed := io.Pipe()
	cmd.Stdout, cmd.Stderr = printed, printed
	p := &program{t: t, name: name + " " + args[0], cmd: cmd, lines: make(chan string, 10_000), ended: make(chan struct{})}
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	go func() {
		cmd.Wait()
		printed.Close()
		close(p.ended)
	}()
	t.Cleanup(p.stop)
	return p
}

// printed waits for a line, and gives what matched in it.
func (p *program) printed(pattern string) []string {
	p.t.Helper()
	want := regexp.MustCompile(pattern)
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	var before []string
	for {
		select {
		case line, open := <-p.lines:
			if !open {
				p.t.Fatalf("%s ended without printing %q:\n%s", p.name, pattern, strings.Join(before, "\n"))
			}
			if found := want.FindStringSubmatch(line); found != nil {
				return found
			}
			before = append(before, line)
		case <-ctx.Done():
			p.t.Fatalf("%s did not print %q:\n%s", p.name, pattern, strings.Join(before, "\n"))
		}
	}
}

func (p *program) tell(line string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		p.t.Fatal(err)
	}
}

// stage is luahost sim, with a luahost that declines whoever rings +15550001.
type stage struct {
	*testing.T
	dir  string
	addr string
	key  string // the file
	sim  *program
	host *program
	cut  *cutter
}

// serve starts luahost sim, anew where it was stopped.
func (s *stage) serve() {
	s.Helper()
	s.sim = launch(s.T, s.dir, "luahost", "sim", "--listen", s.addr, "--public-key", s.key, "--users", "10", "--keep", "sim.json")
	s.addr = s.sim.printed(`serves on (\S+)\.`)[1]
}

const declineScript = `
on("updatePhoneCall", function(update)
  local c = update.phone_call
  if c._ ~= "phoneCallRequested" then return end
  assert(phone.discardCall{peer=c, duration=0, reason={_="phoneCallDiscardReasonBusy"}, connection_id="0"})
end)
`

func newStage(t *testing.T) *stage {
	dir := t.TempDir()
	s := &stage{T: t, dir: dir, addr: "127.0.0.1:0", key: filepath.Join(dir, "server.pub.pem")}
	s.serve()
	s.cut = newCutter(t, s.addr)

	for name, text := range map[string]string{
		"scripts/decline.lua": declineScript,
		"luahost.toml": fmt.Sprintf(`data = "data"
scripts = "scripts"
[telegram]
api_id = 1
api_hash = "abc"
server = %q
server_key = %q
[[account]]
name = "main"
phone = "+15550001"
`, s.addr, s.key),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	login := launch(t, dir, "luahost", "login", "--config", "luahost.toml")
	login.tell(simulator.LoginCode)
	login.printed("is logged in")
	<-login.ended
	s.host = launch(t, dir, "luahost", "run", "--config", "luahost.toml")
	s.host.printed("account ready")
	return s
}

// client runs a script of testdata/clients as a user, over connections that can
// be cut.
func (s *stage) client(t *testing.T, script, phone, other string, args ...string) *program {
	t.Helper()
	return launch(t, clientsDir, "node", append([]string{script, s.cut.addr(), s.key, phone, other}, args...)...)
}

func TestClientsByOthersAreDeclinedAndComeBack(t *testing.T) {
	needClients(t)
	s := newStage(t)
	all := os.Getenv("LUAHOST_FULL") != ""
	for _, tt := range []struct {
		name   string
		always bool
		args   []string
	}{
		{"gramjs", true, []string{"gramjs.mjs", "+15550002", "+15550001", "20"}},
		{"mtcute", true, []string{"mtcute.mjs", "+15550003", "+15550001", "20"}},
		{"gramjs obfuscated", false, []string{"gramjs.mjs", "+15550004", "+15550001", "20", "obfuscated"}},
		{"mtcute with temporary keys", false, []string{"mtcute.mjs", "+15550005", "+15550001", "20", "pfs"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !all && !tt.always {
				t.Skip("runs in full only: LUAHOST_FULL=1")
			}
			c := s.client(t, tt.args[0], tt.args[1], tt.args[2], tt.args[3:]...)
			c.printed(`^logged in as \d+`)
			c.printed(`^resolved \d+`)
			c.tell("ring")
			c.printed("^busy 20 of 20$")
			if s.cut.all() == 0 {
				t.Error("the client had no connection to cut")
			}
			c.tell("ring")
			c.printed("^busy 20 of 20$")
			s.sim.stop()
			s.serve()
			s.host.printed("connected again")
			c.tell("ring")
			c.printed("^busy 20 of 20$")
		})
	}
}

// cutter passes bytes on between clients and a server until it is told to stop,
// as a network does that fails.
type cutter struct {
	listener net.Listener
	mu       sync.Mutex
	near     map[net.Conn]struct{} // the clients' ends of what is connected
}

func newCutter(t *testing.T, to string) *cutter {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: listener, near: make(map[net.Conn]struct{})}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.near[near] = struct{}{}
			c.mu.Unlock()
			all.Go(func() { c.pass(near, to) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		c.all()
		all.Wait()
	})
	return c
}

// pass connects a client and carries both ways until either end is cut.
func (c *cutter) pass(near net.Conn, to string) {
	defer func() {
		near.Close()
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.near, near)
	}()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		io.Copy(near, far)
		near.Close()
	}()
	io.Copy(far, near)
	far.Close()
	<-back
}

func (c *cutter) addr() string { return c.listener.Addr().String() }

// all cuts every connection, and says how many there were; new ones are served.
func (c *cutter) all() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.near {
		conn.Close()
	}
	return len(c.near)
}

// TestCallBetweenMtcuteAndGotd has mtcute agree with gotd on the key of a call,
// as the callee and as the caller.
func TestCallBetweenMtcuteAndGotd(t *testing.T) {
	needClients(t)
	s := newStage(t)
	gotd := s.gotd("+15550006")
	mtcute := s.client(t, "mtcute.mjs", "+15550005", "+15550006", "1")
	mtcute.printed(`^resolved \d+`)

	// mtcute accepts.
	found, err := gotd.api.ContactsResolvePhone(t.Context(), "15550005")
	if err != nil {
		t.Fatal(err)
	}
	out, err := simulator.Ring(t.Context(), gotd.api.Invoker(), found.Users[0].(*tg.User).AsInput(), false)
	if err != nil {
		t.Fatal(err)
	}
	accepted := await[*tg.PhoneCallAccepted](gotd)
	if err := out.Confirm(t.Context(), accepted); err != nil {
		t.Fatal(err)
	}
	if f := mtcute.printed(`^fingerprint (\S+) theirs (\S+)$`); f[1] != f[2] {
		t.Errorf("mtcute has the key %s, and was told %s", f[1], f[2])
	}
	if err := out.HangUp(t.Context(), &tg.PhoneCallDiscardReasonHangup{}, 0); err != nil {
		t.Fatal(err)
	}
	mtcute.printed("^ended with phoneCallDiscardReasonHangup$")

	// mtcute confirms.
	mtcute.tell("talk")
	in := simulator.Answering(gotd.api.Invoker(), await[*tg.PhoneCallRequested](gotd))
	if err := in.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	theirs := mtcute.printed(`^confirmed (\S+)$`)[1]
	call := await[*tg.PhoneCall](gotd)
	if !in.Confirmed(call) || theirs != fmt.Sprint(call.KeyFingerprint) {
		t.Errorf("gotd has another key than mtcute, which has %s and told %d", theirs, call.KeyFingerprint)
	}
	if err := in.HangUp(t.Context(), &tg.PhoneCallDiscardReasonHangup{}, 0); err != nil {
		t.Fatal(err)
	}
	mtcute.printed("^ended with phoneCallDiscardReasonHangup$")
}

// gotdClient is gotd, logged in, with the calls that it is told of.
type gotdClient struct {
	t     *testing.T
	api   *tg.Client
	calls chan tg.PhoneCallClass
}

func (s *stage) gotd(phone string) *gotdClient {
	s.Helper()
	pem, err := os.ReadFile(s.key)
	if err != nil {
		s.Fatal(err)
	}
	keys, err := crypto.ParseRSAPublicKeys(pem)
	if err != nil {
		s.Fatal(err)
	}
	at, err := net.ResolveTCPAddr("tcp", s.addr)
	if err != nil {
		s.Fatal(err)
	}
	g := &gotdClient{t: s.T, calls: make(chan tg.PhoneCallClass, 100)}
	client := telegram.NewClient(1, "hash", telegram.Options{
		DC:         simulator.DC,
		DCList:     dcs.List{Options: []tg.DCOption{{ID: simulator.DC, IPAddress: at.IP.String(), Port: at.Port}}},
		PublicKeys: []telegram.PublicKey{{RSA: keys[0]}},
		Resolver:   dcs.Plain(dcs.PlainOptions{}),
		UpdateHandler: telegram.UpdateHandlerFunc(func(_ context.Context, u tg.UpdatesClass) error {
			if u, ok := u.(*tg.Updates); ok {
				for _, u := range u.Updates {
					if u, ok := u.(*tg.UpdatePhoneCall); ok {
						g.calls <- u.PhoneCall
					}
				}
			}
			return nil
		}),
	})
	g.api = client.API()
	ready, done := make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- client.Run(ctx, func(ctx context.Context) error {
			code := auth.CodeAuthenticatorFunc(func(context.Context, *tg.AuthSentCode) (string, error) {
				return simulator.LoginCode, nil
			})
			flow := auth.NewFlow(auth.CodeOnly(phone, code), auth.SendCodeOptions{})
			if err := flow.Run(ctx, client.Auth()); err != nil {
				return err
			}
			close(ready)
			<-ctx.Done()
			return nil
		})
	}()
	s.Cleanup(func() { cancel(); <-done })
	select {
	case <-ready:
	case err := <-done:
		done <- err
		s.Fatal(err)
	}
	return g
}

// await waits for a call to come to a state.
func await[Call tg.PhoneCallClass](g *gotdClient) Call {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	for {
		select {
		case c := <-g.calls:
			if c, ok := c.(Call); ok {
				return c
			}
		case <-ctx.Done():
			var none Call
			g.t.Fatalf("%T did not come", none)
			return none
		}
	}
}
