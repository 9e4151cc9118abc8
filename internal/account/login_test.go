package account_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/account"
	"luahost/internal/clock"
	"luahost/internal/simulator"
)

func newManual() *clock.Manual { return clock.NewManual(time.Unix(1_770_000_000, 0)) }

func make64(n int) []byte {
	return []byte(base64.StdEncoding.EncodeToString(make([]byte, n)))
}

// nobody is a prompt that must not be asked.
type nobody struct{}

func (nobody) Ask(context.Context, string, bool) (string, error) {
	return "", errors.New("somebody was asked")
}
func (nobody) Tell(string) {}

// login logs in with the lines as input, and returns what was shown.
func (w *world) login(o account.Options, lines ...string) (shown string, err error) {
	w.Helper()
	var out strings.Builder
	o.Prompt = account.NewPrompt(strings.NewReader(strings.Join(lines, "\n")), &out)
	err = w.account(o).Login(w.Context())
	return out.String(), err
}

// The one test that makes a new key: the first login there is.
func TestLoginFromNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.login(w.options(), simulator.LoginCode); err != nil {
		t.Fatal(err)
	}
	if shown, err := w.login(w.options()); err != nil || shown != "" {
		t.Errorf("the second login asked %q, %v", shown, err)
	}
	a := w.run(w.options())
	if a.Self().ID != w.ann {
		t.Errorf("logged in as %d", a.Self().ID)
	}
	for name, secret := range map[string]string{
		"code": simulator.LoginCode, "phone": "15550001", "api_hash": "hash=",
	} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the %s is in the log:\n%s", name, w.log)
		}
	}
}

func TestLoginAnswers(t *testing.T) {
	t.Parallel()
	const password = "correct horse"
	type result struct {
		asked, wrong int
		err          []string // nil: logged in
	}
	for name, test := range map[string]struct {
		password string
		lines    []string
		want     result
	}{
		"code":                     {"", []string{simulator.LoginCode}, result{1, 0, nil}},
		"code with spaces":         {"", []string{" " + simulator.LoginCode + "\r"}, result{1, 0, nil}},
		"third code":               {"", []string{"1", "", simulator.LoginCode}, result{3, 2, nil}},
		"wrong code thrice":        {"", []string{"1", "2", "3", simulator.LoginCode}, result{3, 2, []string{"the code was wrong 3 times"}}},
		"no code":                  {"", nil, result{1, 0, []string{"ask for the code", "the input ended"}}},
		"password":                 {password, []string{simulator.LoginCode, password}, result{2, 0, nil}},
		"second password":          {password, []string{simulator.LoginCode, "x", password}, result{3, 1, nil}},
		"wrong password thrice":    {password, []string{simulator.LoginCode, "x", "y", "z"}, result{4, 2, []string{"the two-step password was wrong 3 times"}}},
		"password with its spaces": {" open sesame ", []string{simulator.LoginCode, " open sesame "}, result{2, 0, nil}},
		"no password":              {password, []string{simulator.LoginCode}, result{2, 0, []string{"ask for the two-step password", "the input ended"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.user(simulator.User{Phone: "15550003", FirstName: "Cleo", Password: test.password})
			w.saveSession("main", w.keys[1]) // a key that nobody has logged in with
			o := w.options()
			o.Phone = "+15550003"
			shown, err := w.login(o, test.lines...)
			if asked, wrong := strings.Count(shown, ": "), strings.Count(shown, "is wrong"); asked != test.want.asked || wrong != test.want.wrong {
				t.Errorf("asked %d times, wrong %d times:\n%s", asked, wrong, shown)
			}
			if test.want.err == nil {
				if err != nil {
					t.Error(err)
				}
			} else {
				line(t, err, test.want.err...)
			}
			if test.password != "" && strings.Contains(w.log.String(), strings.TrimSpace(test.password)) {
				t.Errorf("the password is in the log:\n%s", w.log)
			}
		})
	}
}

// A login that stopped at the password is begun anew.
func TestLoginAfterHalfALogin(t *testing.T) {
	t.Parallel()
	const password = "correct horse"
	w := newWorld(t)
	w.user(simulator.User{Phone: "15550003", FirstName: "Cleo", Password: password})
	w.saveSession("main", w.keys[1])
	o := w.options()
	o.Phone = "+15550003"
	if _, err := w.login(o, simulator.LoginCode); err == nil {
		t.Fatal("logged in without the password")
	}
	a, _ := w.start(o)
	if err := a.ended(); !errors.Is(err, account.ErrUnauthorized) {
		t.Errorf("Run returned %v", err)
	}
	if _, err := w.login(o, simulator.LoginCode, password); err != nil {
		t.Error(err)
	}
}

func TestLoginRefused(t *testing.T) {
	for _, test := range []struct {
		method string
		fault  error
		want   string
	}{
		{"auth.sendCode", simulator.Refuse(400, "API_ID_INVALID"), "copy both from https://my.telegram.org"},
		{"auth.sendCode", simulator.Refuse(400, "PHONE_NUMBER_BANNED"), "banned"},
		{"auth.sendCode", simulator.FloodWait(2 * time.Hour), "try again in 2h0m0s"},
		{"auth.signIn", simulator.Refuse(400, "PHONE_CODE_EXPIRED"), "run luahost login again"},
		{"auth.signIn", simulator.Refuse(400, "SOMETHING_NEW"), "SOMETHING_NEW"},
	} {
		t.Run(test.want, func(t *testing.T) {
			w := newWorld(t)
			w.saveSession("main", w.keys[1])
			w.telegram.Inject(simulator.Fault{Method: test.method, Err: test.fault})
			_, err := w.login(w.options(), simulator.LoginCode)
			line(t, err, "log in: ", test.want)
		})
	}
	t.Run("nobody's number", func(t *testing.T) {
		w := newWorld(t)
		w.saveSession("main", w.keys[1])
		o := w.options()
		o.Phone = "+15559999"
		_, err := w.login(o, simulator.LoginCode)
		line(t, err, "make one with a Telegram app first")
	})
}

// Somebody changed phone in the configuration, or turned an account into a bot's.
func TestSessionOfSomebodyElse(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	phone, bot := w.options(), w.options()
	phone.Phone = "+15550002"
	bot.Phone, bot.BotToken = "", "42:token"
	for _, o := range []account.Options{phone, bot} {
		a, _ := w.start(o)
		line(t, a.ended(), w.sessionPath("main"), "belongs to somebody else", "remove the file")
		if a.Self() != nil {
			t.Error("the account takes over the session")
		}
	}
}

// What came before the first run after a login is not told.
func TestNewLoginBeginsInThePresent(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	a := w.run(w.options())
	a.stop()
	_ = a.ended()
	w.write("before")
	w.saveSession("main", w.keys[1])
	if _, err := w.login(w.options(), simulator.LoginCode); err != nil {
		t.Fatal(err)
	}
	w.write("after")
	w.run(w.options())
	w.write("running")
	w.message("running")
}

// A session that Telegram has ended cannot be logged in with: its key goes too.
func TestLoginAfterRevocation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.logIn()
	w.telegram.Revoke(w.ann)
	w.telegram.Inject(simulator.Fault{Method: "users.getUsers", Err: simulator.Refuse(401, "SESSION_REVOKED")})
	if _, err := w.login(w.options(), simulator.LoginCode); err != nil {
		t.Fatal(err)
	}
	w.run(w.options())
}

func TestBotLogsInByItself(t *testing.T) {
	w := newWorld(t)
	bot := w.user(simulator.User{Bot: true, BotToken: "42:token", FirstName: "Robot"})
	w.saveSession("robot", w.keys[1])
	o := w.options()
	o.Name, o.Phone, o.BotToken = "robot", "", "42:token"
	a := w.run(o)
	if a.Self().ID != bot || !a.Bot() {
		t.Errorf("logged in as %d, bot %v", a.Self().ID, a.Bot())
	}
	if strings.Contains(w.log.String(), "42:token") {
		t.Errorf("the token is in the log:\n%s", w.log)
	}
	w.botMayNotCall(a)
}

func TestBotTokenRefused(t *testing.T) {
	w := newWorld(t)
	w.saveSession("robot", w.keys[1])
	o := w.options()
	o.Name, o.Phone, o.BotToken = "robot", "", "42:other"
	a, _ := w.start(o)
	line(t, a.ended(), "copy it from @BotFather")
}

func TestPromptEndsWithItsContext(t *testing.T) {
	in, typed := io.Pipe()
	defer typed.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := account.NewPrompt(in, io.Discard).Ask(ctx, "Code", false); !errors.Is(err, context.Canceled) {
		t.Errorf("Ask returned %v", err)
	}
}

// Whoever objects to a login does so before a code is sent.
func TestLoginThatSomebodyObjectsTo(t *testing.T) {
	w := newWorld(t)
	w.saveSession("main", w.keys[0])
	o := w.options()
	objection := errors.New("not here")
	o.Prompt = nobody{}
	o.BeforeLogin = func(ctx context.Context, through tg.Invoker) error {
		if _, err := tg.NewClient(through).HelpGetNearestDC(ctx); err != nil {
			t.Errorf("a request before the login: %v", err)
		}
		return objection
	}
	remove := w.telegram.Inject(simulator.Fault{Method: "auth.sendCode", Err: simulator.Refuse(400, "SENT_ALL_THE_SAME"), Times: -1})
	defer remove()
	if err := w.account(o).Login(t.Context()); !errors.Is(err, objection) {
		t.Errorf("Login returned %v", err)
	}
}
