package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
)

// kept is what --keep carries over a restart: the server's private key, the
// clients' keys with who is logged in by them, and the seed of access hashes.
type kept struct {
	path string // "": nothing is kept
	key  *rsa.PrivateKey
	data keptData
}

type keptData struct {
	RSA     []byte // PKCS#1
	Seed    []byte
	Clients []keptClient
}

type keptClient struct {
	Key   []byte
	Layer int    `json:",omitempty"` // of the API, that the client speaks
	Phone string `json:",omitempty"` // "": nobody is logged in
}

// loadKept reads what an earlier start has kept; where there is no file it makes
// the keys anew, and the file when the server ends.
func loadKept(path string) (*kept, error) {
	k := &kept{path: path}
	if path == "" {
		return k, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("--keep %s: there is no folder %s", path, filepath.Dir(path))
		}
		k.data.Seed = make([]byte, seedSize)
		rand.Read(k.data.Seed) // never fails
		k.key, err = server.NewKey()
		return k, err
	}
	if err != nil {
		return nil, fmt.Errorf("--keep %s: %w", path, errors.Unwrap(err))
	}
	if json.Unmarshal(text, &k.data) == nil && len(k.data.Seed) == seedSize {
		k.key, _ = x509.ParsePKCS1PrivateKey(k.data.RSA)
	}
	if k.key == nil {
		return nil, fmt.Errorf("--keep %s: the file is not what an earlier start has kept; name another one, or remove it", path)
	}
	return k, nil
}

// seedSize is what the simulator reads of its randomness first, for the access
// hashes, which clients keep.
const seedSize = 32

func (k *kept) rand() io.Reader {
	return io.MultiReader(bytes.NewReader(k.data.Seed), rand.Reader)
}

// authKeys are the clients' keys, for the server.
func (k *kept) authKeys() []server.Key {
	keys := make([]server.Key, len(k.data.Clients))
	for i, c := range k.data.Clients {
		keys[i] = server.Key{AuthKey: c.authKey(), Layer: c.Layer}
	}
	return keys
}

func (c keptClient) authKey() crypto.AuthKey {
	var key crypto.Key
	copy(key[:], c.Key)
	return key.WithID()
}

// logIn logs in again who was logged in, whom the same users are there for.
func (k *kept) logIn(ctx context.Context, telegram *simulator.Telegram) error {
	for _, c := range k.data.Clients {
		if c.Phone == "" {
			continue
		}
		api := tg.NewClient(telegram.Client(c.authKey().ID))
		sent, err := api.AuthSendCode(ctx, &tg.AuthSendCodeRequest{PhoneNumber: c.Phone, APIID: 1, APIHash: "kept"})
		if err != nil {
			return fmt.Errorf("log %s in again: %w", c.Phone, err)
		}
		_, err = api.AuthSignIn(ctx, &tg.AuthSignInRequest{
			PhoneNumber: c.Phone, PhoneCode: simulator.LoginCode, PhoneCodeHash: sent.(*tg.AuthSentCode).PhoneCodeHash,
		})
		if err != nil && !tgerr.Is(err, "PHONE_NUMBER_UNOCCUPIED") { // there are fewer users now
			return fmt.Errorf("log %s in again: %w", c.Phone, err)
		}
	}
	return nil
}

// save writes what the next start wants to know. The file holds secrets, if only
// those of a Telegram that is none.
func (k *kept) save(s *server.Server, telegram *simulator.Telegram, people []*person) error {
	if k.path == "" {
		return nil
	}
	phones := make(map[int64]string, len(people))
	for _, p := range people {
		phones[p.ID] = p.Phone
	}
	k.data.RSA, k.data.Clients = x509.MarshalPKCS1PrivateKey(k.key), nil
	for _, key := range s.Keys() {
		k.data.Clients = append(k.data.Clients, keptClient{
			Key: key.Value[:], Layer: key.Layer, Phone: phones[telegram.Client(key.ID).UserID()],
		})
	}
	text, err := json.Marshal(k.data)
	if err != nil {
		return fmt.Errorf("keep for the next start: %w", err)
	}
	next := k.path + ".next" // renamed when it is whole: Ctrl-C twice leaves the old one
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return fmt.Errorf("keep for the next start: %w", err)
	}
	if err := os.Rename(next, k.path); err != nil {
		return fmt.Errorf("keep for the next start: %w", err)
	}
	return nil
}
