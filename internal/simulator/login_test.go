package simulator_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

func (w *world) stranger() (*simulator.Client, *tg.Client) {
	c := w.sim.Client([8]byte{1})
	return c, tg.NewClient(c)
}

func code(answer string) auth.CodeAuthenticator {
	return auth.CodeAuthenticatorFunc(func(context.Context, *tg.AuthSentCode) (string, error) { return answer, nil })
}

// run logs in as gotd's users do.
func (w *world) run(c *tg.Client, phone, password, answer string) error {
	flow := auth.NewFlow(auth.Constant(phone, password, code(answer)), auth.SendCodeOptions{})
	return flow.Run(w.Context(), auth.NewClient(c, rand.Reader, 1, "hash"))
}

func TestLoginWithCode(t *testing.T) {
	w := newWorld(t)
	c, api := w.stranger()
	_, err := api.UpdatesGetState(t.Context())
	w.refused("before", err, "401 AUTH_KEY_UNREGISTERED")
	w.refused("wrong code", w.run(api, "+15550001", "", "54321"), "400 PHONE_CODE_INVALID")
	w.equal("logged in as", c.UserID(), int64(0))

	w.must(w.run(api, "+15550001", "", simulator.LoginCode))
	w.equal("logged in as", c.UserID(), w.ann)
	if again := w.sim.Client([8]byte{1}); again != c {
		t.Error("the key has another client")
	}

	_, err = api.AuthLogOut(t.Context())
	w.must(err)
	_, err = api.UpdatesGetState(t.Context())
	w.refused("after", err, "401 AUTH_KEY_UNREGISTERED")
	_, err = api.AuthLogOut(t.Context())
	w.refused("twice", err, "401 AUTH_KEY_UNREGISTERED")
}

func TestLoginWithPassword(t *testing.T) {
	w := newWorld(t)
	eve := w.add(simulator.User{Phone: "15550005", FirstName: "Eve", Password: "correct horse"})
	c, api := w.stranger()

	if err := w.run(api, "15550005", "battery staple", simulator.LoginCode); !errors.Is(err, auth.ErrPasswordInvalid) {
		t.Errorf("wrong password: %v", err)
	}
	_, err := api.UpdatesGetState(t.Context())
	w.refused("halfway", err, "401 SESSION_PASSWORD_NEEDED")
	w.equal("logged in as", c.UserID(), int64(0))
	w.must(w.run(api, "15550005", "correct horse", simulator.LoginCode))
	w.equal("logged in as", c.UserID(), eve)

	settings, err := api.AccountGetPassword(t.Context())
	w.must(err)
	w.equal("has_password", settings.HasPassword, true)
	settings, err = w.login(w.ann).api.AccountGetPassword(t.Context())
	w.must(err)
	w.equal("has_password of one without", settings.HasPassword, false)
}

func TestPasswordProofsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.add(simulator.User{Phone: "15550005", FirstName: "Eve", Password: "correct horse"})
	_, api := w.stranger()
	check := func(proof tg.InputCheckPasswordSRPClass) error {
		_, err := api.AuthCheckPassword(t.Context(), proof)
		return err
	}
	w.refused("before the code", check(&tg.InputCheckPasswordEmpty{}), "401 AUTH_KEY_UNREGISTERED")
	_, err := api.AccountGetPassword(t.Context())
	w.refused("password before the code", err, "401 AUTH_KEY_UNREGISTERED")

	w.refused("sign in", w.signIn(api, "15550005", simulator.LoginCode), "401 SESSION_PASSWORD_NEEDED")
	w.refused("nothing", check(&tg.InputCheckPasswordEmpty{}), "400 PASSWORD_HASH_INVALID")
	w.refused("no exchange", check(&tg.InputCheckPasswordSRP{SRPID: 1, A: []byte{2}}), "400 SRP_ID_INVALID")
	settings, err := api.AccountGetPassword(t.Context())
	w.must(err)
	proof, err := auth.PasswordHash([]byte("correct horse"), settings.SRPID, settings.SRPB, settings.SecureRandom, settings.CurrentAlgo)
	w.must(err)
	w.refused("another exchange", check(&tg.InputCheckPasswordSRP{SRPID: proof.SRPID + 1, A: proof.A, M1: proof.M1}), "400 SRP_ID_INVALID")
	w.refused("A = 0", check(&tg.InputCheckPasswordSRP{SRPID: proof.SRPID, A: make([]byte, 256), M1: proof.M1}), "400 PASSWORD_HASH_INVALID")
	w.refused("used up", check(proof), "400 SRP_ID_INVALID")
}

func (w *world) sendCode(api *tg.Client, phone string) string {
	w.Helper()
	sent, err := api.AuthSendCode(w.Context(), &tg.AuthSendCodeRequest{PhoneNumber: phone, APIID: 1, APIHash: "hash"})
	w.must(err)
	return sent.(*tg.AuthSentCode).PhoneCodeHash
}

func (w *world) signIn(api *tg.Client, phone, code string) error {
	w.Helper()
	_, err := api.AuthSignIn(w.Context(), &tg.AuthSignInRequest{
		PhoneNumber: phone, PhoneCodeHash: w.sendCode(api, phone), PhoneCode: code,
	})
	return err
}

func TestLoginIsRefused(t *testing.T) {
	w := newWorld(t)
	c, api := w.stranger()
	send := func(phone string, id int, hash string) error {
		_, err := api.AuthSendCode(t.Context(), &tg.AuthSendCodeRequest{PhoneNumber: phone, APIID: id, APIHash: hash})
		return err
	}
	sign := func(phone, hash, code string) error {
		_, err := api.AuthSignIn(t.Context(), &tg.AuthSignInRequest{PhoneNumber: phone, PhoneCodeHash: hash, PhoneCode: code})
		return err
	}
	w.refused("no api_id", send("15550001", 0, "hash"), "400 API_ID_INVALID")
	w.refused("no api_hash", send("15550001", 1, ""), "400 API_ID_INVALID")
	w.refused("not a number", send("call me", 1, "hash"), "406 PHONE_NUMBER_INVALID")
	w.refused("not a number, later", sign("call me", "x", "12345"), "406 PHONE_NUMBER_INVALID")
	w.refused("no code", w.signIn(api, "15550001", ""), "400 PHONE_CODE_EMPTY")
	w.refused("wrong code", w.signIn(api, "15550001", "00000"), "400 PHONE_CODE_INVALID")
	w.refused("nobody's number", w.signIn(api, "15559999", "12345"), "400 PHONE_NUMBER_UNOCCUPIED")
	w.refused("unknown hash", sign("15550001", "x", "12345"), "400 PHONE_CODE_EXPIRED")
	w.refused("another number's hash", sign("15550002", w.sendCode(api, "15550001"), "12345"), "400 PHONE_CODE_EXPIRED")
	late := w.sendCode(api, "15550001")
	w.clock.Advance(5 * time.Minute)
	w.refused("too late", sign("15550001", late, "12345"), "400 PHONE_CODE_EXPIRED")
	w.equal("logged in as", c.UserID(), int64(0))
}

func TestBots(t *testing.T) {
	w := newWorld(t)
	c, api := w.stranger()
	_, err := auth.NewClient(api, rand.Reader, 1, "hash").Bot(t.Context(), "2:nobody")
	w.refused("wrong token", err, "400 ACCESS_TOKEN_INVALID")
	_, err = auth.NewClient(api, rand.Reader, 0, "").Bot(t.Context(), "1:robot")
	w.refused("no api_id", err, "400 API_ID_INVALID")
	_, err = auth.NewClient(api, rand.Reader, 1, "hash").Bot(t.Context(), "1:robot")
	w.must(err)
	w.equal("logged in as", c.UserID(), w.robot)

	_, err = c.Ring(t.Context(), w.ann, false)
	w.refused("calling", err, "400 BOT_METHOD_INVALID")
	_, err = api.ContactsGetContacts(t.Context(), 0)
	w.refused("contacts", err, "400 BOT_METHOD_INVALID")
	_, err = api.AccountGetPassword(t.Context())
	w.refused("password", err, "400 BOT_METHOD_INVALID")
	_, err = api.UpdatesGetState(t.Context())
	w.must(err)
}

func TestRevokedClientsAreLoggedOut(t *testing.T) {
	w := newWorld(t)
	phone, tablet, ann := w.login(w.bob), w.login(w.bob), w.login(w.ann)
	w.sim.Revoke(w.bob)
	w.sim.Revoke(404)
	for _, d := range []*device{phone, tablet} {
		_, err := d.api.UpdatesGetState(t.Context())
		w.refused("revoked", err, "401 AUTH_KEY_UNREGISTERED")
	}
	_, err := ann.Ring(t.Context(), w.bob, false)
	w.must(err)
	w.equal("a revoked device", phone.heard(), "")
	w.equal("a client of nobody", w.sim.Login(404).UserID(), int64(0))
}
