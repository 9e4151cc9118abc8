package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
)

// TestMain gives the scripts of testdata the real program, "telegram": an
// embedded Telegram that other programs can log in to, and "calllog", which logs
// calls as a host does.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"luahost":  main,
		"telegram": telegramMain,
		"calllog":  callLogMain,
	})
}

func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Values[runningKey{}] = running{}
			return nil
		},
		Cmds: processes,
	})
}

// telegramMain serves until it is interrupted. It writes what a host needs, a
// configuration and the server's key, and then says that it serves.
func telegramMain() {
	out := flag.String("out", "", "the prefix of the files that it writes")
	addr := flag.String("addr", "127.0.0.1:0", "where to listen")
	password := flag.String("password", "", "the two-step password of +15550001")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serveTelegram(ctx, *addr, *out, *password); err != nil {
		fmt.Fprintln(os.Stderr, "telegram:", err)
		os.Exit(1)
	}
}

func serveTelegram(ctx context.Context, addr, out, password string) error {
	telegram := simulator.New(simulator.Options{})
	if _, err := telegram.AddUser(simulator.User{Phone: demoPhone, FirstName: "Ada", Password: password}); err != nil {
		return err
	}
	s, err := server.Listen(server.Options{Addr: addr, Telegram: telegram})
	if err != nil {
		return err
	}
	if err := os.WriteFile(out+"server.pub.pem", s.PublicKeyPEM(), 0o600); err != nil {
		return err
	}
	config := fmt.Sprintf(`data = "data"
scripts = "scripts"
[telegram]
api_id = 1
api_hash = "abc"
server = %q
server_key = %q
[[account]]
name = "main"
phone = %q
`, s.Addr(), out+"server.pub.pem", demoPhone)
	if err := os.WriteFile(out+"luahost.toml", []byte(config), 0o600); err != nil {
		return err
	}
	fmt.Println("serving on", s.Addr())
	return s.Run(ctx)
}
