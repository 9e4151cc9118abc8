package server

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
)

// temporary makes a temporary key, without the exchange.
func (w *world) temporary(life time.Duration) crypto.AuthKey {
	var key crypto.Key
	rand.Read(key[:])
	w.server.addKey(&agreed{key: key.WithID(), life: life})
	return key.WithID()
}

// binding is a request to bind the device's key to another, which spoil may spoil.
func (d *device) binding(perm crypto.AuthKey, spoil func(*crypto.BindAuthKeyInner, *tg.AuthBindTempAuthKeyRequest)) incoming {
	d.Helper()
	id := func(k crypto.AuthKey) int64 { return int64(binary.LittleEndian.Uint64(k.ID[:])) }
	expires := int(d.clock.Now().Add(time.Hour).Unix())
	inner := &crypto.BindAuthKeyInner{
		Nonce: 5, TempAuthKeyID: id(d.key), PermAuthKeyID: id(perm), TempSessionID: d.session, ExpiresAt: expires,
	}
	req := &tg.AuthBindTempAuthKeyRequest{PermAuthKeyID: id(perm), Nonce: 5, ExpiresAt: expires}
	if spoil != nil {
		spoil(inner, req)
	}
	m := incoming{id: d.nextID(), seq: d.nextSeq(true)}
	if req.EncryptedMessage == nil {
		message, err := crypto.EncryptBindMessage(rand.Reader, perm, m.id, inner)
		if err != nil {
			d.Fatal(err)
		}
		req.EncryptedMessage = message
	}
	m.body = encode(req)
	return d.put(m)
}

// refused awaits the refusal of a request.
func (d *device) refused(of incoming) string {
	d.Helper()
	var e mt.RPCError
	if err := e.Decode(&bin.Buffer{Buf: d.result(of)}); err != nil {
		d.Fatal(err)
	}
	return e.ErrorMessage
}

func (d *device) wantUnknownKey() {
	d.Helper()
	for {
		_, err := d.next()
		var e *codec.ProtocolErr
		if errors.As(err, &e) && e.Code == codec.CodeAuthKeyNotFound {
			return
		}
		if err != nil {
			d.Fatal(err)
		}
	}
}

func TestTemporaryKeyStandsForThePermanentOne(t *testing.T) {
	m := manual()
	w := newWorld(t, Options{Clock: m})
	w.user("15550001")
	w.user("15550002")
	perm := w.key()
	w.login(perm, "15550001")
	d := w.device(w.temporary(time.Hour))
	self := &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}}
	if got := d.refused(d.request(self)); got != "AUTH_KEY_PERM_EMPTY" {
		t.Errorf("before it is bound: %s", got)
	}
	for range 2 { // again changes nothing
		d.wantResult(d.binding(perm, nil), tg.BoolTrueTypeID)
	}
	d.wantResult(d.request(self), bin.TypeVector)

	// It gets the updates, as one device of the user's.
	otherKey := w.key()
	w.login(otherKey, "15550002")
	w.device(otherKey).message("15550001")
	d.await(tg.UpdatesTypeID, nil)

	m.Advance(time.Hour)
	d.notify(&mt.PingRequest{})
	d.wantUnknownKey()
	if keys := w.server.Keys(); len(keys) != 2 {
		t.Errorf("the server hands on %d keys, want the 2 permanent ones", len(keys))
	}
}

func TestTemporaryKeyGoesWithThePermanentOne(t *testing.T) {
	w := newWorld(t, Options{})
	perm := w.key()
	d := w.device(w.temporary(time.Hour))
	d.wantResult(d.binding(perm, nil), tg.BoolTrueTypeID)
	var b bin.Buffer
	b.PutID(destroyAuthKeyTypeID)
	owner := w.device(perm)
	owner.put(incoming{owner.nextID(), 1, b.Buf})
	owner.await(destroyAuthKeyOkTypeID, nil)
	d.notify(&mt.PingRequest{})
	d.wantUnknownKey()
}

func TestBindingsAreRefused(t *testing.T) {
	w := newWorld(t, Options{})
	perm, other := w.key(), w.key()
	for name, spoil := range map[string]func(*crypto.BindAuthKeyInner, *tg.AuthBindTempAuthKeyRequest){
		"another nonce":         func(i *crypto.BindAuthKeyInner, _ *tg.AuthBindTempAuthKeyRequest) { i.Nonce++ },
		"another temporary key": func(i *crypto.BindAuthKeyInner, _ *tg.AuthBindTempAuthKeyRequest) { i.TempAuthKeyID++ },
		"another session":       func(i *crypto.BindAuthKeyInner, _ *tg.AuthBindTempAuthKeyRequest) { i.TempSessionID++ },
		"another end":           func(i *crypto.BindAuthKeyInner, _ *tg.AuthBindTempAuthKeyRequest) { i.ExpiresAt++ },
		"another permanent key": func(i *crypto.BindAuthKeyInner, _ *tg.AuthBindTempAuthKeyRequest) { i.PermAuthKeyID++ },
		"an unknown key":        func(_ *crypto.BindAuthKeyInner, r *tg.AuthBindTempAuthKeyRequest) { r.PermAuthKeyID++ },
		"no message":            func(_ *crypto.BindAuthKeyInner, r *tg.AuthBindTempAuthKeyRequest) { r.EncryptedMessage = []byte{} },
		"garbage": func(_ *crypto.BindAuthKeyInner, r *tg.AuthBindTempAuthKeyRequest) {
			r.EncryptedMessage = append(perm.ID[:], make([]byte, 16+80)...)
		},
		"a key that it is not proved with": func(_ *crypto.BindAuthKeyInner, r *tg.AuthBindTempAuthKeyRequest) {
			r.PermAuthKeyID = int64(binary.LittleEndian.Uint64(other.ID[:]))
		},
	} {
		d := w.device(w.temporary(time.Hour))
		if got := d.refused(d.binding(perm, spoil)); got != "ENCRYPTED_MESSAGE_INVALID" {
			t.Errorf("%s: %s", name, got)
		}
	}
	d := w.device(perm)
	if got := d.refused(d.binding(other, nil)); got != "TEMP_AUTH_KEY_EMPTY" {
		t.Errorf("a permanent key: %s", got)
	}
	d = w.device(w.temporary(time.Hour))
	d.wantResult(d.binding(perm, nil), tg.BoolTrueTypeID)
	if got := d.refused(d.binding(other, nil)); got != "TEMP_AUTH_KEY_ALREADY_BOUND" {
		t.Errorf("a second permanent key: %s", got)
	}
}

func TestGotdWithTemporaryKeys(t *testing.T) {
	w := newWorld(t, Options{})
	id := w.user("+15550001")
	key := w.key()
	w.login(key, "+15550001")
	o := w.options(w.stored(key))
	o.EnablePFS = true
	run(t, o, func(ctx context.Context, c *telegram.Client) error {
		self, err := c.Self(ctx)
		if err == nil && self.ID != id {
			t.Errorf("logged in as %d, want %d", self.ID, id)
		}
		return err
	})
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	if len(w.server.keys) != 2 {
		t.Errorf("the server has %d keys, want the permanent one and the temporary one", len(w.server.keys))
	}
}

func TestKeysAreBounded(t *testing.T) {
	m := manual()
	w := newWorld(t, Options{Clock: m})
	w.server.maxKeys = 4
	w.user("15550001")
	user := w.key()
	w.login(user, "15550001")
	connected := w.key()
	d := w.device(connected)
	d.wantResult(d.request(getConfig), tg.ConfigTypeID)
	idle := w.temporary(time.Hour)
	expired := w.temporary(time.Minute)
	m.Advance(time.Minute)
	known := func(key crypto.AuthKey) bool { return w.server.key(key.ID) != nil }

	w.key() // in place of the one that has expired
	if known(expired) || !known(idle) {
		t.Error("the expired key was to go first")
	}
	for range 10 { // in place of those that nobody is logged in with
		w.key()
	}
	if known(idle) || !known(user) || !known(connected) {
		t.Errorf("idle key: %v, user's: %v, connected: %v; want only the last two", known(idle), known(user), known(connected))
	}
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	if len(w.server.keys) != 4 {
		t.Errorf("%d keys, want 4", len(w.server.keys))
	}
}
