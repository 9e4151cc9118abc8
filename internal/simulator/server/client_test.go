package server

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	gotdsession "github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// options of gotd's own client for this world.
func (w *world) options(storage telegram.SessionStorage) telegram.Options {
	return telegram.Options{
		DC:             2,
		DCList:         w.dcs(),
		PublicKeys:     []telegram.PublicKey{{RSA: w.server.PublicKey()}},
		Resolver:       dcs.Plain(dcs.PlainOptions{}),
		SessionStorage: storage,
		ReconnectionBackoff: func() backoff.BackOff {
			return backoff.NewConstantBackOff(time.Millisecond)
		},
	}
}

// stored is a session of gotd's with that key: the login that costs a second of
// prime tests happens in one test only.
func (w *world) stored(key crypto.AuthKey) telegram.SessionStorage {
	w.Helper()
	data, err := json.Marshal(map[string]any{"Version": 1, "Data": gotdsession.Data{
		DC: 2, AuthKey: key.Value[:], AuthKeyID: key.ID[:], Salt: w.server.key(key.ID).salt(),
	}})
	if err != nil {
		w.Fatal(err)
	}
	storage := new(gotdsession.StorageMemory)
	if err := storage.StoreSession(w.Context(), data); err != nil {
		w.Fatal(err)
	}
	return storage
}

// run runs f with gotd's client connected.
func run(t testing.TB, o telegram.Options, f func(ctx context.Context, c *telegram.Client) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	c := telegram.NewClient(1, "hash", o)
	if err := c.Run(ctx, func(ctx context.Context) error { return f(ctx, c) }); err != nil {
		t.Fatal(err)
	}
}

func TestGotdLogsInAndComesBackToANewServer(t *testing.T) {
	w := newWorld(t, Options{})
	id := w.user("+15550001")
	storage := new(gotdsession.StorageMemory)
	run(t, w.options(storage), func(ctx context.Context, c *telegram.Client) error {
		code := auth.CodeAuthenticatorFunc(func(context.Context, *tg.AuthSentCode) (string, error) {
			return simulator.LoginCode, nil
		})
		if err := auth.NewFlow(auth.CodeOnly("+15550001", code), auth.SendCodeOptions{}).Run(ctx, c.Auth()); err != nil {
			return err
		}
		self, err := c.Self(ctx)
		if err == nil && self.ID != id {
			t.Errorf("logged in as %d, want %d", self.ID, id)
		}
		return err
	})

	// The server is started anew, with the keys of the old one.
	keys := w.server.Keys()
	w.stop()
	w = newWorld(t, Options{Telegram: w.telegram, Key: w.server.rsa, Keys: keys})
	run(t, w.options(storage), func(ctx context.Context, c *telegram.Client) error {
		_, err := c.Self(ctx)
		return err
	})
	if n := len(w.server.Keys()); n != 1 {
		t.Errorf("the server has %d keys, want 1: no new one was made", n)
	}
}

func TestGotdReconnectsAndGetsUpdates(t *testing.T) {
	w := newWorld(t, Options{})
	w.user("+15550001")
	w.user("+15550002")
	key := w.key()
	w.login(key, "+15550001")
	callerKey := w.key()
	w.login(callerKey, "+15550002")
	friend := w.device(callerKey)

	rings := make(chan tg.UpdatesClass, 10)
	o := w.options(w.stored(key))
	o.UpdateHandler = telegram.UpdateHandlerFunc(func(_ context.Context, u tg.UpdatesClass) error {
		rings <- u
		return nil
	})
	run(t, o, func(ctx context.Context, c *telegram.Client) error {
		for cut := range 3 {
			if cut > 0 {
				w.server.Disconnect()
				friend = w.device(callerKey)
			}
			// What is sent while the cut is not yet noticed fails in gotd.
			for _, err := c.Self(ctx); err != nil; _, err = c.Self(ctx) {
				if ctx.Err() != nil {
					return err
				}
			}
			friend.message("15550001")
			select {
			case u := <-rings:
				if _, ok := u.(*tg.Updates); !ok {
					t.Errorf("update %T", u)
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
}

// TestGotdOverEachTransport has gotd's own ends of the transports, which begin
// anew with each connection.
func TestGotdOverEachTransport(t *testing.T) {
	w := newWorld(t, Options{})
	id := w.user("+15550001")
	key := w.key()
	w.login(key, "+15550001")
	for name, protocol := range protocols {
		for _, hidden := range []bool{false, true} {
			if hidden && name == "full" {
				continue // it has no tag
			}
			o := w.options(w.stored(key))
			o.Resolver = dcs.Plain(dcs.PlainOptions{Protocol: protocol, Obfuscated: hidden})
			run(t, o, func(ctx context.Context, c *telegram.Client) error {
				for range 10 {
					self, err := c.Self(ctx)
					if err != nil {
						return err
					}
					if self.ID != id {
						t.Errorf("%s, obfuscated %v: logged in as %d, want %d", name, hidden, self.ID, id)
					}
				}
				return nil
			})
		}
	}
}

// TestManyClients has 50 clients go on while every connection is cut again and
// again.
func TestManyClients(t *testing.T) {
	w := newWorld(t, Options{})
	const clients, cuts = 50, 5
	each := counts(10, 50)
	done := make(chan struct{})
	steps := make(chan struct{}, clients*each)
	for i := range clients {
		phone := fmt.Sprintf("+155500%02d", i)
		w.user(phone)
		key := w.key()
		w.login(key, phone)
		client := telegram.NewClient(1, "hash", w.options(w.stored(key)))
		go func() {
			n := 0
			// Run's error may be that the last cut came at the end.
			err := client.Run(t.Context(), func(ctx context.Context) error {
				for n < each && ctx.Err() == nil {
					if _, err := client.Self(ctx); err == nil {
						n++
						steps <- struct{}{}
					}
				}
				return nil
			})
			if n < each {
				t.Errorf("%s: %d answers, then %v", phone, n, err)
			}
			done <- struct{}{}
		}()
	}
	for range cuts {
		for range clients * each / (cuts + 1) {
			<-steps
		}
		w.server.Disconnect()
	}
	for range clients {
		<-done
	}
}

func TestWrongKeyIsNotTrusted(t *testing.T) {
	w := newWorld(t, Options{})
	other, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	o := w.options(new(gotdsession.StorageMemory))
	o.PublicKeys = []telegram.PublicKey{{RSA: &other.PublicKey}}
	err = telegram.NewClient(1, "hash", o).Run(t.Context(), func(context.Context) error { return nil })
	if !errors.Is(err, exchange.ErrKeyFingerprintNotFound) {
		t.Errorf("error %v, want %v", err, exchange.ErrKeyFingerprintNotFound)
	}
}

func TestPublicKeyPEM(t *testing.T) {
	s, err := Listen(Options{Telegram: simulator.New(simulator.Options{})}) // with a key of its own
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := s.Run(ended); err != nil {
		t.Errorf("Run: %v", err)
	}
	keys, err := crypto.ParseRSAPublicKeys(s.PublicKeyPEM())
	if err != nil || len(keys) != 1 || !keys[0].Equal(s.PublicKey()) {
		t.Errorf("read back %d keys, error %v", len(keys), err)
	}
	if !strings.HasPrefix(string(s.PublicKeyPEM()), "-----BEGIN RSA PUBLIC KEY-----") {
		t.Error("not a PKCS#1 block")
	}
}

func TestAddressTakenIsNamed(t *testing.T) {
	w := newWorld(t, Options{})
	addr := w.server.Addr().String()
	_, err := Listen(Options{Addr: addr, Telegram: w.telegram, Key: w.server.rsa})
	if err == nil || !strings.Contains(err.Error(), "listen on "+addr) {
		t.Errorf("error %q, want one that names %s", err, addr)
	}
}

func TestSmallRSAKeyIsRefused(t *testing.T) {
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: dhPrime().Rsh(dhPrime(), 1024), E: 65537}}
	if _, err := Listen(Options{Key: key}); err == nil || !strings.Contains(err.Error(), "1024") {
		t.Errorf("error %v", err)
	}
}

func TestConfigNamesTheServer(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	var config tg.Config
	if err := config.Decode(&bin.Buffer{Buf: d.result(d.request(getConfig))}); err != nil {
		t.Fatal(err)
	}
	at := w.server.Addr().(*net.TCPAddr)
	if len(config.DCOptions) != 1 || config.DCOptions[0].Port != at.Port || config.DCOptions[0].IPAddress != at.IP.String() {
		t.Errorf("help.getConfig names %+v, the server is at %v", config.DCOptions, at)
	}
}
