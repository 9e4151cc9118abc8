package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/store"
)

// attempts is how often a code or a password may be wrong.
const attempts = 3

// Login logs in, asking Options.Prompt for code and password, and leaves the
// session in its file. When somebody is logged in already it says so and is
// done.
func (a *Account) Login(ctx context.Context) error {
	if !a.mayLogIn() {
		return errors.New("account: Login needs a Prompt")
	}
	file, err := openSession(a.opts.Dir, a.opts.Name)
	if err != nil {
		return err
	}
	defer file.close()
	err = a.login(ctx, file)
	if errors.Is(err, ErrRevoked) { // the key is dead: only a new one can log in
		if err := file.remove(); err != nil {
			return fmt.Errorf("remove the dead session: %w", err)
		}
		err = a.login(ctx, file)
	}
	return err
}

func (a *Account) login(ctx context.Context, file *sessionFile) error {
	return a.connect(ctx, file, false, func(ctx context.Context, s *session) error {
		return s.authorise(ctx)
	})
}

func (s *session) logIn(ctx context.Context) error {
	if s.opts.BeforeLogin != nil {
		if err := s.opts.BeforeLogin(ctx, s); err != nil {
			return err
		}
	}
	flow := login{
		session: s,
		client:  auth.NewClient(tg.NewClient(s), crypto.DefaultRand(), s.opts.APIID, s.opts.APIHash),
		prompt:  s.opts.Prompt,
	}
	how := flow.user
	if s.Bot() {
		how = flow.bot
	}
	if err := how(ctx); err != nil {
		return s.loginError(err)
	}
	self, err := s.fetchSelf(ctx)
	if err != nil {
		return err
	}
	if s.opts.Store != nil { // a new login begins in the present, as every app does
		s.opts.Store.NoteUpdateState(self.ID, store.UpdateState{})
	}
	return s.become(self)
}

// login is one go at it, by way of https://core.telegram.org/api/auth.
type login struct {
	session *session
	client  *auth.Client
	prompt  Prompt
}

func (l *login) bot(ctx context.Context) error {
	_, err := l.client.Bot(ctx, l.session.opts.BotToken)
	return err
}

func (l *login) user(ctx context.Context) error {
	phone := l.session.opts.Phone
	sent, err := l.client.SendCode(ctx, phone, auth.SendCodeOptions{})
	if err != nil {
		return err
	}
	code, ok := sent.(*tg.AuthSentCode)
	if !ok {
		return fmt.Errorf("answered with %s, which luahost cannot follow", sent.TypeName())
	}
	question := "Code for " + l.session.opts.Name + ", sent " + where(code.Type)
	err = l.ask(ctx, question, false, func(answer string) error {
		_, err := l.client.SignIn(ctx, phone, strings.TrimSpace(answer), code.PhoneCodeHash)
		if tgerr.Is(err, "PHONE_CODE_INVALID", "PHONE_CODE_EMPTY") {
			return errWrong
		}
		return err
	})
	if errors.Is(err, auth.ErrPasswordAuthNeeded) {
		return l.password(ctx)
	}
	return err
}

func (l *login) password(ctx context.Context) error {
	question := "Two-step password for " + l.session.opts.Name
	if p, err := tg.NewClient(l.session).AccountGetPassword(ctx); err == nil && p.Hint != "" {
		question += " (hint: " + p.Hint + ")"
	}
	return l.ask(ctx, question, true, func(answer string) error {
		_, err := l.client.Password(ctx, answer)
		if errors.Is(err, auth.ErrPasswordInvalid) {
			return errWrong
		}
		return err
	})
}

// errWrong is what an answer that may be given again is.
var errWrong = errors.New("wrong")

// ask puts the question until the answer is not wrong.
func (l *login) ask(ctx context.Context, question string, secret bool, try func(answer string) error) error {
	what, _, _ := strings.Cut(strings.ToLower(question), " for ")
	for left := attempts; ; {
		answer, err := l.prompt.Ask(ctx, question, secret)
		if err != nil {
			return fmt.Errorf("ask for the %s: %w", what, err)
		}
		if err := try(answer); !errors.Is(err, errWrong) {
			return err
		}
		left--
		if left == 0 {
			return fmt.Errorf("the %s was wrong %d times: try again later", what, attempts)
		}
		l.prompt.Tell("That " + what + " is wrong. Please try again.")
	}
}

// where says how the code travels.
func where(t tg.AuthSentCodeTypeClass) string {
	switch t.(type) {
	case *tg.AuthSentCodeTypeApp:
		return "to your other Telegram apps"
	case *tg.AuthSentCodeTypeSMS, *tg.AuthSentCodeTypeSMSWord, *tg.AuthSentCodeTypeSMSPhrase, *tg.AuthSentCodeTypeFirebaseSMS:
		return "by SMS"
	case *tg.AuthSentCodeTypeCall:
		return "by a call that says it"
	case *tg.AuthSentCodeTypeFlashCall, *tg.AuthSentCodeTypeMissedCall:
		return "by a call: it is the end of the caller's number"
	case *tg.AuthSentCodeTypeEmailCode:
		return "by e-mail"
	default:
		return "by Telegram"
	}
}

// advice says what to do about what Telegram refuses.
var advice = map[string]string{
	"PHONE_NUMBER_INVALID":      "Telegram knows no such phone number: correct phone in the configuration",
	"PHONE_NUMBER_BANNED":       "Telegram has banned the phone number",
	"PHONE_NUMBER_FLOOD":        "too many codes were asked for: try again tomorrow",
	"PHONE_NUMBER_UNOCCUPIED":   "the phone number has no account: make one with a Telegram app first",
	"PHONE_CODE_EXPIRED":        "the code has expired: run luahost login again",
	"API_ID_INVALID":            "Telegram does not know api_id with this api_hash: copy both from https://my.telegram.org",
	"CONNECTION_API_ID_INVALID": "Telegram does not know the api_id: copy it from https://my.telegram.org",
	"API_ID_PUBLISHED_FLOOD":    "the api_id is a public one that Telegram refuses: get your own at https://my.telegram.org",
	"ACCESS_TOKEN_INVALID":      "Telegram does not know the bot_token: copy it from @BotFather",
	"ACCESS_TOKEN_EXPIRED":      "the bot_token was replaced: copy the new one from @BotFather",
}

func (s *session) loginError(err error) error {
	var signUp *auth.SignUpRequired
	kind := ""
	if rpc, ok := tgerr.As(err); ok {
		kind = rpc.Type
	}
	if errors.As(err, &signUp) {
		kind = "PHONE_NUMBER_UNOCCUPIED"
	}
	if wait, flood := tgerr.AsFloodWait(err); flood {
		return fmt.Errorf("log in: Telegram wants a pause: try again in %v: %w", wait, err)
	}
	if hint, ok := advice[kind]; ok {
		return fmt.Errorf("log in: %s: %w", hint, err)
	}
	return fmt.Errorf("log in: %w", err)
}
