package simulator

import (
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/gotd/td/tg"
)

// LoginCode is the code that Telegram sends to everybody who logs in.
const LoginCode = "12345"

// codeLife is how long a code of a login can be used. Our choice.
const codeLife = 5 * time.Minute

// loginCode is a code that was sent.
type loginCode struct {
	phone   string
	expires time.Time
}

// logIn puts a client in u's hands. Whoever had it before is logged out.
func (t *Telegram) logIn(c *Client, u *user) {
	t.logOut(c)
	c.user, c.noCalls, c.since = u, false, t.clock.Now()
	u.clients = append(u.clients, c)
}

// logOut takes a client out of its user's hands. A call that it was in loses
// that side, which Telegram's documentation does not speak of; our choice is
// that it ends as disconnected.
func (t *Telegram) logOut(c *Client) {
	c.halfway, c.srp = nil, nil
	u := c.user
	if u == nil {
		return
	}
	if line := u.line; line != nil && (line.from.device == c || line.to.device == c) {
		line.Duration = line.talked(t.clock.Now())
		t.end(line, c, Disconnect)
	}
	u.clients = slices.DeleteFunc(u.clients, func(o *Client) bool { return o == c })
	c.user = nil
}

// Revoke logs out every client of a user, as the user's app does under
// "terminate all other sessions": AUTH_KEY_UNREGISTERED from then on.
func (t *Telegram) Revoke(userID int64) {
	t.mu.Lock()
	defer t.release()
	u := t.users[userID]
	if u == nil {
		return
	}
	for _, c := range slices.Clone(u.clients) {
		t.logOut(c)
	}
}

// sendCode starts a login (https://core.telegram.org/api/auth). Whether the
// number belongs to anybody shows at auth.signIn.
func (t *Telegram) sendCode(_ *Client, in *tg.AuthSendCodeRequest) (tg.AuthSentCodeClass, error) {
	phone := digits(in.PhoneNumber)
	switch {
	case in.APIID <= 0 || in.APIHash == "":
		return nil, Refuse(400, "API_ID_INVALID")
	case !plausiblePhone(phone):
		return nil, Refuse(406, "PHONE_NUMBER_INVALID")
	}
	return t.newCode(phone), nil
}

// newCode sends a code, and forgets those that can no longer be used.
func (t *Telegram) newCode(phone string) *tg.AuthSentCode {
	now := t.clock.Now()
	maps.DeleteFunc(t.codes, func(_ string, c loginCode) bool { return !now.Before(c.expires) })
	hash := hex.EncodeToString(t.random(9))
	t.codes[hash] = loginCode{phone, now.Add(codeLife)}
	return &tg.AuthSentCode{Type: &tg.AuthSentCodeTypeApp{Length: len(LoginCode)}, PhoneCodeHash: hash}
}

// withdraw forgets a code that was sent to a number.
func (t *Telegram) withdraw(number, hash string) (phone string, err error) {
	phone = digits(number)
	code, sent := t.codes[hash]
	switch {
	case !plausiblePhone(phone):
		return "", Refuse(406, "PHONE_NUMBER_INVALID")
	case !sent || code.phone != phone || !t.clock.Now().Before(code.expires):
		return "", Refuse(400, "PHONE_CODE_EXPIRED")
	}
	delete(t.codes, hash)
	return phone, nil
}

// resendCode sends another code, which is the same, and forgets the first one.
func (t *Telegram) resendCode(_ *Client, in *tg.AuthResendCodeRequest) (tg.AuthSentCodeClass, error) {
	phone, err := t.withdraw(in.PhoneNumber, in.PhoneCodeHash)
	if err != nil {
		return nil, err
	}
	return t.newCode(phone), nil
}

// cancelCode gives a login up.
func (t *Telegram) cancelCode(_ *Client, in *tg.AuthCancelCodeRequest) (*tg.BoolTrue, error) {
	if _, err := t.withdraw(in.PhoneNumber, in.PhoneCodeHash); err != nil {
		return nil, err
	}
	return &tg.BoolTrue{}, nil
}

// signIn ends a login, or its first half if there is a password. Nobody can sign
// up here, so a number that nobody has is PHONE_NUMBER_UNOCCUPIED.
func (t *Telegram) signIn(from *Client, in *tg.AuthSignInRequest) (tg.AuthAuthorizationClass, error) {
	phone := digits(in.PhoneNumber)
	code, sent := t.codes[in.PhoneCodeHash]
	u := t.byPhone[phone]
	switch {
	case !plausiblePhone(phone):
		return nil, Refuse(406, "PHONE_NUMBER_INVALID")
	case in.PhoneCode == "":
		return nil, Refuse(400, "PHONE_CODE_EMPTY")
	case !sent || code.phone != phone || !t.clock.Now().Before(code.expires):
		return nil, Refuse(400, "PHONE_CODE_EXPIRED")
	case in.PhoneCode != LoginCode:
		return nil, Refuse(400, "PHONE_CODE_INVALID")
	case u == nil:
		return nil, Refuse(400, "PHONE_NUMBER_UNOCCUPIED")
	}
	delete(t.codes, in.PhoneCodeHash)
	if u.password != nil {
		t.logOut(from)
		from.halfway = u
		return nil, Refuse(401, "SESSION_PASSWORD_NEEDED")
	}
	return t.authorize(from, u), nil
}

func (t *Telegram) authorize(c *Client, u *user) *tg.AuthAuthorization {
	t.logIn(c, u)
	return &tg.AuthAuthorization{User: t.userSeenBy(u, u)}
}

// importBotAuthorization logs a bot in by its token.
func (t *Telegram) importBotAuthorization(from *Client, in *tg.AuthImportBotAuthorizationRequest) (tg.AuthAuthorizationClass, error) {
	if in.APIID <= 0 || in.APIHash == "" {
		return nil, Refuse(400, "API_ID_INVALID")
	}
	bot := t.byToken[in.BotAuthToken]
	if bot == nil {
		return nil, Refuse(400, "ACCESS_TOKEN_INVALID")
	}
	return t.authorize(from, bot), nil
}

// authLogOut logs the device out. Our choice: a call that it was in ends as
// disconnected.
func (t *Telegram) authLogOut(from *Client, _ *tg.AuthLogOutRequest) (*tg.AuthLoggedOut, error) {
	if from.user == nil && from.halfway == nil {
		return nil, Refuse(401, "AUTH_KEY_UNREGISTERED")
	}
	t.logOut(from)
	return &tg.AuthLoggedOut{}, nil
}
